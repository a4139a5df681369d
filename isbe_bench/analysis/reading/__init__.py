"""Reads run folders and records into checked frames, without torch."""
