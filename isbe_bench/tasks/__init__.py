"""The tasks that runs can do, by name; `task.py` defines what a task is."""

import importlib
from typing import Any

from isbe_bench.errors import InputError, describe_error
from isbe_bench.settings import search_path
from isbe_bench.settings.words import either
from isbe_bench.tasks.task import Task


def names() -> tuple[str, ...]:
    """All tasks: the files of `conf/task/`."""
    return tuple(search_path.choices("task"))


def find(name: object) -> Task[Any, Any]:
    """The task of this name: `TASK` of the module `isbe_bench.tasks.<name>`; imports no torch.

    Raises
    ------
    InputError
        The name is not that of a task, or its module cannot be used.
    """
    if name not in names():
        raise InputError(f"task={name}: allowed is {either(names())}")
    module = f"{__name__}.{name}"
    try:
        task: Task[Any, Any] = importlib.import_module(module).TASK
    except (ImportError, AttributeError, SyntaxError, TypeError) as error:
        raise InputError(f"task={name}: {module} cannot be used ({describe_error(error)})") from error
    return task
