"""Errors that end a run, or keep it from beginning."""


class InputError(Exception):
    """A setting or a file that the suite cannot work with.

    Its text is one line: which key, which value, and what is allowed.
    """


class DivergedError(Exception):
    """A score or a loss stopped being finite."""


def describe_error(error: Exception) -> str:
    """An error of a user's code in one line of at most 200 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
