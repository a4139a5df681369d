"""isbe-bench: can a classifier be trained without computing cross-entropy?"""

__version__ = "0.1.0"
