"""Errors that end a run, or keep it from beginning."""

from isbe_bench.literal import plain


class InputError(Exception):
    """A setting or a file that the suite cannot work with.

    Its text is one line: which key, which value, and what is allowed.
    """

    def __str__(self) -> str:
        return plain(" ".join(super().__str__().splitlines()))


class DivergedError(Exception):
    """A score or a loss stopped being finite."""


def describe_error(error: BaseException) -> str:
    """An error of a user's code, or of a library, in one line of at most 200 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the machine or the device had too little memory, by Python's error or PyTorch's."""
    if isinstance(error, MemoryError) or type(error).__name__ == "OutOfMemoryError":
        return True
    words = ("not enough memory", "can't allocate memory", "out of memory")
    return isinstance(error, RuntimeError) and any(each in str(error) for each in words)
