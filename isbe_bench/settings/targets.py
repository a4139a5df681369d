"""Imports the target of a user's own part and checks its parameters.

Parameters are checked against the target's signature and type annotations before any work starts.
"""

import difflib
import importlib
import inspect
from collections.abc import Callable, Mapping
from typing import Any

import pydantic
import pydantic_core

from isbe_bench.errors import InputError
from isbe_bench.settings.own import OwnPart


def resolve(group: str, part: OwnPart) -> Callable[..., Any]:
    """Import the target of a part of a group such as `loss`.

    Raises
    ------
    InputError
        The module or name does not exist, the module fails on import, or the target is not callable.
    """
    key = f"{group}._target_={part.target}"
    module, _, name = part.target.rpartition(".")
    if not module:
        raise InputError(f"{key}: allowed is a dotted path, MODULE.NAME")
    try:
        imported = importlib.import_module(module)
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            reason = f"no module is called {error.name}"
        else:
            reason = f"{module} imports {error.name}, which is not installed"
        raise InputError(
            f"{key}: {reason}; allowed is a module that is installed, on PYTHONPATH, or in the folder "
            "of --config-dir"
        ) from error
    except Exception as error:
        raise InputError(f"{key}: {module} cannot be imported ({describe_error(error)})") from error
    if not hasattr(imported, name):
        raise InputError(f"{key}: {module} has no {name}{_suggestion(name, vars(imported))}")
    target = getattr(imported, name)
    if not callable(target):
        raise InputError(f"{key}: is of type {type(target).__name__}; allowed is a class or a function")
    return target  # type: ignore[no-any-return]


def arguments(
    group: str, part: OwnPart, target: Callable[..., Any], supplied: Mapping[str, Any]
) -> dict[str, Any]:
    """All keyword arguments for a target: the part's parameters, and those that the suite supplies.

    `supplied` holds values that follow from the data set, such as `num_classes`; the target gets those
    that its signature names and the user did not set. `group`, such as `loss`, appears in messages.

    Raises
    ------
    InputError
        An unknown parameter, a missing one, or a value of the wrong type.
    """
    signature = _signature(target)
    if signature is None:
        return dict(part.parameters)
    named = {
        name: parameter
        for name, parameter in signature.parameters.items()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    values = {name: value for name, value in supplied.items() if name in named}
    for name, value in part.parameters.items():
        if name in named:
            values[name] = _converted(f"{group}.{name}", value, named[name].annotation)
        elif accepts_any_keyword(target):
            values[name] = value
        else:
            advice = _suggestion(name, named) or f"; allowed is {', '.join(named) or 'none'}"
            raise InputError(f"{group}.{name}={value}: {part.target} has no parameter {name}{advice}")
    for name, parameter in named.items():
        if name not in values and parameter.default is parameter.empty:
            raise InputError(f"{group}.{name}: missing; {part.target} needs it")
    return values


def accepts_any_keyword(target: Callable[..., Any]) -> bool:
    """Whether a target's signature ends in `**kwargs`."""
    signature = _signature(target)
    return signature is not None and any(
        parameter.kind is parameter.VAR_KEYWORD for parameter in signature.parameters.values()
    )


def describe_error(error: Exception) -> str:
    """An error of a user's code in one line of at most 200 characters."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]


def _signature(target: Callable[..., Any]) -> inspect.Signature | None:
    """The signature, with annotations evaluated if possible; None if there is none."""
    try:
        return inspect.signature(target, eval_str=True)
    except NameError:  # a name that is imported only for type checkers
        return inspect.signature(target)
    except (TypeError, ValueError):
        return None


def _converted(key: str, value: Any, annotation: Any) -> Any:
    """The value converted to the annotated type: a list may become a tuple, a text an enum member."""
    if annotation is inspect.Parameter.empty or isinstance(annotation, str):
        return value
    try:
        adapter = pydantic.TypeAdapter(annotation)
    except (pydantic.errors.PydanticUserError, TypeError, NameError):
        return value  # a type that pydantic does not know
    try:
        # Strict JSON is as strict as YAML: "3" is no integer, but a list may stand for a tuple.
        text = pydantic_core.to_json(value, inf_nan_mode="constants")
        return adapter.validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        allowed = dict.fromkeys(each["msg"].removeprefix("Input should be ") for each in error.errors())
        raise InputError(f"{key}={value}: allowed is {' or '.join(allowed)}") from error


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
