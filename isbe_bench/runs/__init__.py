"""Run folders, their files and the rows of these; without torch."""
