"""Data sets: where images come from, how they are split and augmented, and every random stream."""
