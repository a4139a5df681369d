"""Errors that end a run, or keep it from beginning."""


class InputError(Exception):
    """A setting or a file that the suite cannot work with.

    Its text is one line: which key, which value, and what is allowed.
    """


class DivergedError(Exception):
    """A score or a loss stopped being finite."""
