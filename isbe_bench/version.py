"""The version, and the number of the numerics."""

__version__ = "0.2.0"

NUMERICS = 1
"""Raised when the reference trainings change their bits; runs of one number may be averaged."""
