"""The one error that a user's input can cause."""


class InputError(Exception):
    """A setting or a file that the suite cannot work with.

    Its text is one line: which key, which value, and what is allowed.
    """
