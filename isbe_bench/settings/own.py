"""The user's own parts: groups of settings with `_target_`, as Hydra writes them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    SerializerFunctionWrapHandler,
    model_serializer,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from isbe_bench.settings.fields import Settings

OWN, BUILT_IN = "own", "built-in"
"""Tags of the two kinds of parts."""

PartName = Annotated[
    str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", json_schema_extra={"format": "name"})
]
"""Letters, digits, `_` and `-`: `@` and `:` mark variants of a loss in records."""
DottedPath = Annotated[str, Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)+$")]
"""`package.module.Name`."""


class Own(Settings, extra="allow"):
    """Something of the user's own; all keys but those named here are its parameters.

    Attributes
    ----------
    target
        Dotted path of the class or function that creates it, `_target_` in the file.
    partial
        Whether it is the target itself, with these parameters bound, and not what a call of the target
        returns; `_partial_` in the file.
    """

    target: DottedPath = Field(alias="_target_")
    partial: bool = Field(False, alias="_partial_")

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments for the target."""
        return dict(self.model_extra or {})

    @model_serializer(mode="wrap")
    def _without_default(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        values: dict[str, Any] = serialize(self)
        return values if self.partial else {key: values[key] for key in values if key not in _PARTIAL}


_PARTIAL = ("partial", "_partial_")


class OwnPart(Own):
    """The user's own part of a run; `name` is the name of its YAML file."""

    name: PartName


@dataclass(frozen=True)
class NoneOf:
    """Marks a name that must not be one of these, which records use for the built-in parts."""

    names: tuple[str, ...]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "not": {"enum": list(self.names)}}

    def _check(self, name: str) -> str:
        if name in self.names:
            raise ValueError("one of the names")
        return name


def origin(values: Any) -> str:
    """The tag of a part, given as plain values or validated."""
    own = "_target_" in values if isinstance(values, Mapping) else isinstance(values, OwnPart)
    return OWN if own else BUILT_IN


def targets(values: Any) -> Iterator[str]:
    """The targets named in settings, at any depth, in order."""
    if isinstance(values, Mapping):
        if "_target_" in values:
            yield str(values["_target_"])
        values = list(values.values())
    if isinstance(values, (list, tuple)):
        for each in values:
            yield from targets(each)
