"""The theorems of the paper, and the check of each statement."""
