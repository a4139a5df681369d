"""From the files of runs, and from records of them, to checked frames; without torch."""
