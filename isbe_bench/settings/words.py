"""Validation errors in one line: key, value and what is allowed.

The allowed values are read from the JSON schema of the field, so that a constraint is stated once.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from isbe_bench.errors import InputError

Schema = Mapping[str, Any]


def validate(kind: Any, values: Any, key: str = "") -> Any:
    """`values` as an instance of `kind`: a model, or a union of models.

    Parameters
    ----------
    kind
        Any type that pydantic can validate.
    values
        Plain values, as YAML gives them.
    key
        The dotted key of `values` in messages, empty at the root.

    Raises
    ------
    InputError
        The first invalid value, in one line.
    """
    adapter = _adapter(kind)
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        schema = adapter.json_schema(by_alias=True)
        problems = [(each["type"], each["loc"]) for each in error.errors(include_url=False)]
        raise InputError(_Explanation(schema).line(problems, values, key)) from None


@functools.cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)


class _Explanation:
    """Describes pydantic's errors by the values and schema at their locations."""

    def __init__(self, schema: Schema) -> None:
        self._root = schema

    def line(self, problems: list[tuple[str, tuple[int | str, ...]]], values: Any, key: str) -> str:
        """The message: unknown keys first, then missing keys, then the first invalid value."""
        for kind, location in problems:
            if kind == "extra_forbidden":
                group, value, node = self._walk(location[:-1], values, key)
                name, known = str(location[-1]), list(node["properties"])
                return f"{_join(group, name)}={shown(value[name])}: unknown key; {suggest(name, known)}"
        missing = [location for kind, location in problems if kind == "missing"]
        if missing:
            keys = [_join(self._walk(each[:-1], values, key)[0], str(each[-1])) for each in missing]
            return f"{', '.join(keys)}: missing"
        where, value, node = self._walk(problems[0][1], values, key)
        if isinstance(value, Mapping) and (names := self._names(node)):  # fits no member of the union
            key = self._discriminator(node)
            return f"{where}.{key}={shown(value.get(key))}: allowed is {either(names)}"
        return f"{where}={shown(value)}: allowed is {self._allowed(node)}"

    def _walk(self, location: Sequence[int | str], values: Any, key: str) -> tuple[str, Any, Schema]:
        """Dotted key, value and schema at a location, up to the first value that is not a group.

        Names in a location that are neither keys nor indices are tags of unions.
        """
        node = self._member(self._root, values)
        for part in location:
            if isinstance(part, int):
                items = self._member(node.get("items", {}), values[part])
                if "properties" not in items and "oneOf" not in items:
                    break  # a list of plain values is shown whole
                key, values, node = f"{key}[{part}]", values[part], items
            elif part in node.get("properties", {}) and isinstance(values, Mapping):
                key, values = _join(key, part), values.get(part)
                node = self._member(node["properties"][part], values)
        return key, values, node

    def _member(self, node: Schema, values: Any) -> Schema:
        """The schema behind a reference, or the member of a union of groups that the values select."""
        node = self._resolved(node)
        for member in node.get("oneOf", ()):
            chosen = self._member(member, values)
            if "properties" in chosen and _fits(chosen, values, _key(node)):
                return chosen
        return node

    def _resolved(self, node: Schema) -> Schema:
        while "$ref" in node:
            node = self._root["$defs"][node["$ref"].rpartition("/")[2]]
        return node

    def _names(self, node: Schema) -> list[str]:
        """All values of its discriminator that a union of groups allows; empty for other schemas."""
        names: list[str] = []
        key = _key(node) or "name"
        for member in map(self._resolved, node.get("oneOf", ())):
            names += self._names(member) or _options(member.get("properties", {}).get(key, {}))
        return list(dict.fromkeys(names))

    def _discriminator(self, node: Schema) -> str:
        """The key whose value selects the member of a union, or of a union within it."""
        inner = (_key(self._resolved(member)) for member in node.get("oneOf", ()))
        return _key(node) or next(filter(None, inner), "name")

    def _allowed(self, node: Schema) -> str:
        """The values that a schema allows, such as `an integer, 1 or more`."""
        node = self._resolved(node)
        if options := node.get("anyOf"):
            kinds = [option.get("type") for option in options]
            first = self._allowed(options[0])
            return f"{first}, or {'null' if 'null' in kinds else 'a list, [A,B], of such'}"
        if names := _options(node):
            return either(names)
        match node.get("type"):
            case "object":
                return f"a group with the keys {', '.join(node['properties'])}"
            case "array":
                return self._list(node)
            case "boolean":
                return "true or false"
            case "integer":
                return f"an integer, {_range(node)}"
            case "number":
                return f"a number{_range(node) if _is_open(node) else f', {_range(node)}'}"
            case "string" if node.get("format") == "path":
                return "a path"
            case "string" if node.get("format") == "name":
                taken = ", ".join(node.get("not", {}).get("enum", ()))
                return f"a name of letters, digits, _ and -{f', other than {taken}' if taken else ''}"
            case "string" if node.get("format") == "option":
                return "an option of sbatch, as --account=mine"
            case "string" if "pattern" in node:
                return "a dotted path, as package.module.Name"
        if "oneOf" in node:
            return f"a group with a {self._discriminator(node)}: {either(self._names(node))}"
        return "a text"

    def _list(self, node: Schema) -> str:
        items = self._resolved(node["items"])
        if "properties" in items:
            keys = ", ".join(f"{name}: …" for name in items["properties"])
            return f"a list of one or more groups {{{keys}}}"
        least = "one" if node.get("minItems") else "none"
        if "enum" in items:
            return f"a list, [A,B], of {least} or more different of {', '.join(items['enum'])}"
        different = "different " if node.get("uniqueItems") else ""
        return f"a list, [A,B], of {least} or more {different}values, each {self._allowed(items)}"


_OWN = ("_target_", "activation", "train")
"""Keys of the user's own parts, by which pydantic tells them from built-in ones."""


def _fits(group: Schema, values: Any, key: str | None) -> bool:
    """Whether values select this group: by the value of `key`, if any, and by having its own parts."""
    if not isinstance(values, Mapping):
        return False
    own = {mark for mark in _OWN if isinstance(values.get(mark), Mapping)} | (
        {"_target_"} & values.keys()
    )
    if own != set(_OWN) & group["properties"].keys():
        return False
    return key is None or values.get(key) in _options(group["properties"][key])


def _key(node: Schema) -> str | None:
    """The key whose value selects the member of a union; None if none does."""
    key: str | None = node.get("discriminator", {}).get("propertyName")
    return key


def _options(node: Schema) -> list[Any]:
    """The allowed values of a field that lists them."""
    return list(node.get("enum", [node["const"]] if "const" in node else []))


def _is_open(node: Schema) -> bool:
    return "exclusiveMinimum" in node


def _range(node: Schema) -> str:
    """`1 or more`, `1 to 3`, `0 or more and below 1`, ` above 0 and at most 1`."""
    match node:
        case {"exclusiveMinimum": low, "maximum": high}:
            return f" above {low} and at most {high}"
        case {"exclusiveMinimum": low, "exclusiveMaximum": high}:
            return f" above {low} and below {high}"
        case {"exclusiveMinimum": low}:
            return f" above {low}"
        case {"minimum": low, "maximum": high}:
            return f"{low} to {high}"
        case {"minimum": low, "exclusiveMaximum": high}:
            return f"{low} or more and below {high}"
        case {"minimum": low}:
            return f"{low} or more"
    return "of any size"


def _join(group: str, name: str) -> str:
    return f"{group}.{name}" if group else name


def shown(value: Any) -> str:
    """A value as it is typed on the command line, in one line."""
    if isinstance(value, list):
        return f"[{','.join(map(shown, value))}]"
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{name}:{shown(each)}" for name, each in value.items()) + "}"
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    text = " ".join(str(value).split())
    return f"'{text}'" if isinstance(value, str) and _reads_otherwise(text) else text


def _reads_otherwise(text: str) -> bool:
    """Whether a text looks like a number, true, false or null."""
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def either(values: Iterable[object]) -> str:
    """`a, b or c`."""
    *head, last = map(str, values)
    return f"{', '.join(head)} or {last}" if head else last


def plural(count: int, word: str) -> str:
    """`1 seed`, `3 seeds`, `5 processes`."""
    ending = "" if count == 1 else "es" if word.endswith("s") else "s"
    return f"{count} {word}{ending}"


def suggest(word: str, known: Sequence[str]) -> str:
    """Advice on an unknown word: the closest known word, or else all of them."""
    close = get_close_matches(word, known, n=1)
    return f"did you mean {close[0]}?" if close else f"known are {', '.join(known)}"
