"""The theorems of the paper, checked numerically statement by statement."""
