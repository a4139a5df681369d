"""Creates the user's own parts: imports their targets, checks their parameters, and calls them.

Parameters are checked against the target's signature and type annotations before any work starts.
"""

import difflib
import functools
import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pydantic
import pydantic_core

from isbe_bench.errors import InputError, describe_error
from isbe_bench.settings.own import Own


@dataclass(frozen=True)
class Target:
    """An imported target with checked arguments.

    Attributes
    ----------
    key
        Names it in messages: `loss._target_=focal.Focal`.
    function
        The class or function.
    arguments
        Its keyword arguments.
    partial
        Whether `create` binds the arguments and does not call the function.
    """

    key: str
    function: Callable[..., Any]
    arguments: Mapping[str, Any]
    partial: bool

    def create(self, *positional: Any) -> Any:
        """Call the function, with these positional arguments before the keyword arguments.

        Raises
        ------
        InputError
            The function fails.
        """
        if self.partial:
            return functools.partial(self.function, *positional, **self.arguments)
        try:
            return self.function(*positional, **self.arguments)
        except InputError:
            raise
        except Exception as error:
            raise InputError(f"{self.key}: cannot be built ({describe_error(error)})") from error


def prepare(
    group: str,
    own: Own,
    supplied: Mapping[str, Any],
    positional: int = 0,
    for_any_keyword: Mapping[str, Any] | None = None,
) -> Target:
    """Import a target and check its parameters.

    Parameters
    ----------
    group
        The dotted key of the part in messages, such as `loss`.
    own
        The target and its parameters; a parameter may have a target too, and is created first.
    supplied
        Values that the suite knows, such as `num_classes`: the target gets those that its signature
        names and the user did not set.
    positional
        How many positional arguments `create` will get.
    for_any_keyword
        Values that a target with `**kwargs` gets, if the user did not set them.

    Raises
    ------
    InputError
        A target that cannot be imported or called; an unknown parameter, a missing one, or a value of
        the wrong type.
    """
    function = _resolved(group, own)
    key = f"{group}._target_={own.target}"
    parameters = {name: _nested(f"{group}.{name}", each) for name, each in own.parameters.items()}
    signature = _signature(function)
    if signature is None:
        return Target(key, function, parameters, own.partial)
    named = {
        name: parameter
        for name, parameter in list(signature.parameters.items())[positional:]
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    any_keyword = any(each.kind is each.VAR_KEYWORD for each in signature.parameters.values())
    values = {name: value for name, value in supplied.items() if name in named}
    if any_keyword and not own.partial:
        values = {**(for_any_keyword or {}), **values}
    for name, value in parameters.items():
        if name in named:
            values[name] = _converted(f"{group}.{name}", value, named[name].annotation)
        elif any_keyword:
            values[name] = value
        else:
            advice = _suggestion(name, named) or f"; allowed is {', '.join(named) or 'none'}"
            raise InputError(f"{group}.{name}={value}: {own.target} has no parameter {name}{advice}")
    for name, parameter in named.items():
        if name not in values and parameter.default is parameter.empty and not own.partial:
            later = f"; is {group}._partial_=true meant, to call it later?"
            advice = later if inspect.isfunction(function) else ""
            raise InputError(f"{group}.{name}: missing; {own.target} needs it{advice}")
    return Target(key, function, values, own.partial)


def create(group: str, own: Own, supplied: Mapping[str, Any]) -> Any:
    """`prepare` a target and create it."""
    return prepare(group, own, supplied).create()


def names(group: str, own: Own) -> frozenset[str]:
    """The parameters that a target's signature names; InputError if it cannot be imported."""
    signature = _signature(_resolved(group, own))
    return frozenset(signature.parameters if signature else ())


def _resolved(group: str, own: Own) -> Callable[..., Any]:
    """Import a target; InputError if there is none, or its module fails."""
    key = f"{group}._target_={own.target}"
    path, _, name = own.target.rpartition(".")
    if not path:
        raise InputError(f"{key}: allowed is a dotted path, MODULE.NAME")
    imported = _imported(key, path)
    if not hasattr(imported, name):
        raise InputError(f"{key}: {path} has no {name}{_suggestion(name, vars(imported))}")
    target = getattr(imported, name)
    if not callable(target):
        raise InputError(f"{key}: is of type {type(target).__name__}; allowed is a class or a function")
    return target  # type: ignore[no-any-return]


def _imported(key: str, module: str) -> Any:
    try:
        return _import(module)
    except ModuleNotFoundError as error:
        if f"{module}.".startswith(f"{error.name}."):
            parent, _, name = module.rpartition(".")
            if parent and error.name == module:  # a class whose method is meant
                owner = getattr(_imported(key, parent), name, None)
                if inspect.isclass(owner):
                    return owner
            reason = f"no module is called {error.name}"
        else:
            reason = f"{module} imports {error.name}, which is not installed"
        raise InputError(
            f"{key}: {reason}; allowed is a module that is installed, on PYTHONPATH, or in the folder "
            "of --config-dir"
        ) from error
    except Exception as error:
        raise InputError(f"{key}: {module} cannot be imported ({describe_error(error)})") from error


def _import(module: str) -> Any:
    try:
        return importlib.import_module(module)
    except RuntimeError as error:
        if "torchvision::" not in str(error):
            raise
        from isbe_bench.parts import torchvision_cpu  # imports torch

        torchvision_cpu.torchvision("models")
        return importlib.import_module(module)


def _nested(key: str, value: Any) -> Any:
    """A parameter's value, created if it has a target, as in Hydra's `instantiate`."""
    if isinstance(value, list):
        return [_nested(f"{key}[{index}]", each) for index, each in enumerate(value)]
    if isinstance(value, Mapping) and "_target_" in value:
        return create(key, Own.model_validate(value), {})
    return value


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
        # Strict JSON is as strict as YAML: "3" is no integer, but a list may stand for a tuple.
        text = pydantic_core.to_json(value, inf_nan_mode="constants")
    except (
        pydantic.errors.PydanticUserError,
        pydantic_core.PydanticSerializationError,
        TypeError,
        NameError,
    ):
        return value  # a type that pydantic does not know, or an object that was created
    try:
        return adapter.validate_json(text, strict=True)
    except pydantic.ValidationError as error:
        allowed = dict.fromkeys(each["msg"].removeprefix("Input should be ") for each in error.errors())
        raise InputError(f"{key}={value}: allowed is {' or '.join(allowed)}") from error


def _suggestion(word: str, known: Mapping[str, object]) -> str:
    close = difflib.get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]}?" if close else ""
