"""Libraries that only some choices need: the extras of the package."""

import importlib
from typing import Any

from isbe_bench.errors import InputError


def imported(module: str, choice: str) -> Any:
    """A module that a choice such as `launch=slurm` needs, imported.

    Raises
    ------
    InputError
        A library is not installed. The extra that installs it is called like the choice.
    """
    try:
        return importlib.import_module(module)
    except ImportError as error:
        extra = choice.partition("=")[2]
        raise InputError(f"{choice}: allowed after pip install 'isbe-bench[{extra}]'") from error
