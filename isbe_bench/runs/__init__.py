"""What a run leaves: its folder, its files and their rows; without torch."""
