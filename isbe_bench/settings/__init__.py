"""What a run is asked to be, and what identifies it."""
