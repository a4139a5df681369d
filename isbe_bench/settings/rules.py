"""What a configuration value may be, declared on the dataclass field that holds it.

A field reads `epochs: Annotated[int, integer(1)]`. Its rule carries a check and the words for what it
allows, so that every refusal reads alike: `train.epochs=-1: allowed is an integer, 1 or more`.
"""

import dataclasses
import math
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from isbe_bench.errors import InputError

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Rule:
    """What a value may be: a check, its words, and what an accepted value becomes."""

    check: Callable[[Any], bool]
    allowed: str
    convert: Callable[[Any], Any] = lambda value: value


@dataclasses.dataclass(frozen=True)
class Variant:
    """One of several dataclasses: the one whose `name` rule accepts the value's `name`."""

    schemas: tuple[type, ...]


@dataclasses.dataclass(frozen=True)
class Items:
    """A list of one dataclass or more; it becomes a tuple."""

    schema: type


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    try:
        return (_is_integer(value) or isinstance(value, float)) and math.isfinite(value)
    except OverflowError:  # an integer that no float can hold
        return False


def integer(minimum: int, maximum: int | None = None) -> Rule:
    """An integer in [minimum, maximum]; a float is refused even where it is whole."""
    words = f"{minimum} or more" if maximum is None else f"{minimum} to {maximum}"
    return Rule(
        lambda v: _is_integer(v) and minimum <= v and (maximum is None or v <= maximum),
        f"an integer, {words}",
    )


def number(minimum: float, below: float = math.inf) -> Rule:
    """A finite number in [minimum, below)."""
    words = f"{minimum} or more" + (f" and below {below}" if below < math.inf else "")
    return Rule(lambda v: _is_number(v) and minimum <= v < below, f"a number, {words}", float)


def positive(maximum: float = math.inf) -> Rule:
    """A finite number in (0, maximum]."""
    words = "above 0" + (f" and at most {maximum}" if maximum < math.inf else "")
    return Rule(lambda v: _is_number(v) and 0 < v <= maximum, f"a number {words}", float)


def choice(*values: str | int) -> Rule:
    """One of the given values."""
    return Rule(lambda v: not isinstance(v, bool) and v in values, either(values))


def several(*values: str) -> Rule:
    """A list of one or more different values of those given; it becomes a tuple."""
    return Rule(
        lambda v: (
            isinstance(v, list)
            and bool(v)
            and all(isinstance(each, str) and each in values for each in v)
            and len(set(v)) == len(v)
        ),
        f"a list, [A,B], of one or more different of {', '.join(values)}",
        tuple,
    )


def several_of(rule: Rule) -> Rule:
    """A list of one or more different values, each of which the rule allows; it becomes a tuple."""
    return Rule(
        lambda v: isinstance(v, list) and bool(v) and all(map(rule.check, v)) and len(set(v)) == len(v),
        f"a list, [A,B], of one or more different values, each {rule.allowed}",
        lambda v: tuple(map(rule.convert, v)),
    )


def one_or_each(rule: Rule) -> Rule:
    """What the rule allows, for all; or a list of such, one for each, which becomes a tuple."""
    return Rule(
        lambda v: bool(v) and all(map(rule.check, v)) if isinstance(v, list) else rule.check(v),
        f"{rule.allowed}, or a list, [A,B], of such",
        lambda v: tuple(map(rule.convert, v)) if isinstance(v, list) else rule.convert(v),
    )


def boolean() -> Rule:
    """True or false."""
    return Rule(lambda v: isinstance(v, bool), "true or false")


def path() -> Rule:
    """A path that this system can look up, whether anything is there or not; `~` is a home folder."""
    return Rule(_is_path, "a path")


def _is_path(value: Any) -> bool:
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        Path(value).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long, no such user, a NUL
        return False
    return True


def text() -> Rule:
    """A string."""
    return Rule(lambda v: isinstance(v, str), "a text")


def optional(rule: Rule) -> Rule:
    """What the rule allows, or null for "not set"."""
    return Rule(
        lambda v: v is None or rule.check(v),
        f"{rule.allowed}, or null",
        lambda v: None if v is None else rule.convert(v),
    )


def unset() -> Rule:
    """Null: a value that the suite fills in."""
    return Rule(lambda v: v is None, "null; the suite sets it")


def items(schema: type) -> Items:
    """See `Items`."""
    return Items(schema)


def variant(*schemas: type) -> Variant:
    """See `Variant`."""
    return Variant(schemas)


def build(schema: type[T], values: Any, key: str = "") -> T:
    """Fill a dataclass, and those nested in it, from plain values, checking each.

    Parameters
    ----------
    schema
        A dataclass whose fields are annotated with rules, or are dataclasses of such fields.
    values
        What the configuration holds at `key`: a mapping with exactly the schema's fields.
    key
        The dotted key of `values`, empty at the root; it names values in errors.

    Raises
    ------
    InputError
        A value that its rule refuses, a key that is missing, or one that the schema does not know.
    """
    fields = _fields(schema)
    prefix = f"{key}." if key else ""
    if not isinstance(values, Mapping):
        raise InputError(f"{key}={_shown(values)}: allowed is a group with the keys {', '.join(fields)}")
    for unknown in values.keys() - fields.keys():
        raise InputError(
            f"{prefix}{unknown}={_shown(values[unknown])}: unknown key; {suggest(unknown, list(fields))}"
        )
    if missing := [f"{prefix}{name}" for name in fields if name not in values]:
        raise InputError(f"{', '.join(missing)}: missing")
    return schema(
        **{name: _value(rule, values[name], f"{prefix}{name}") for name, rule in fields.items()}
    )


def _value(rule: Rule | Variant | Items | type, value: Any, key: str) -> Any:
    if isinstance(rule, Items):
        if not isinstance(value, list) or not value:
            known = ", ".join(f"{name}: …" for name in _fields(rule.schema))
            raise InputError(
                f"{key}={_shown(value)}: allowed is a list of one or more groups {{{known}}}"
            )
        return tuple(build(rule.schema, each, f"{key}[{at}]") for at, each in enumerate(value))
    if isinstance(rule, Variant):
        return build(_choose(rule.schemas, value, key), value, key)
    if isinstance(rule, type):
        return build(rule, value, key)
    if not rule.check(value):
        raise InputError(f"{key}={_shown(value)}: allowed is {rule.allowed}")
    return rule.convert(value)


def _fields(schema: type) -> dict[str, Rule | Variant | Items | type]:
    """A dataclass's fields, each with its rule, or the dataclass that it nests."""
    hints = get_type_hints(schema, include_extras=True)
    names = [field.name for field in dataclasses.fields(schema)]
    return {name: (*getattr(hints[name], "__metadata__", ()), hints[name])[0] for name in names}


def _choose(schemas: tuple[type, ...], values: Any, key: str) -> type:
    name = values.get("name") if isinstance(values, Mapping) else values
    allowed = []
    for schema in schemas:
        rule = _fields(schema)["name"]
        assert isinstance(rule, Rule)
        if rule.check(name):
            return schema
        allowed.append(rule.allowed)
    raise InputError(f"{key}.name={_shown(name)}: allowed is {', or '.join(allowed)}")


def _shown(value: Any) -> str:
    """As it was typed, not as Python writes it, and in one line."""
    words = {None: "null", True: "true", False: "false"}
    known = words.get(value) if value is None or isinstance(value, bool) else None
    if isinstance(value, list):
        return f"[{','.join(map(_shown, value))}]"
    return known or " ".join(str(value).split())


def either(values: Iterable[object]) -> str:
    """`a, b or c`."""
    *head, last = map(str, values)
    return f"{', '.join(head)} or {last}" if head else last


def suggest(word: str, known: list[str]) -> str:
    """What to say of an unknown word: the known word that is close to it, else all of them."""
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
