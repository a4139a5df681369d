"""The user's own parts, described by a YAML file with `_target_`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

from isbe_bench.settings.fields import Settings

OWN, BUILT_IN = "own", "built-in"
"""Tags of the two kinds of parts."""

PartName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$")]
"""Letters, digits, `_` and `-`: `@` and `:` mark variants of a loss in records."""
DottedPath = Annotated[str, Field(pattern=r"^[^\W\d]\w*(\.[^\W\d]\w*)+$")]
"""`package.module.Name`."""


class OwnPart(Settings, extra="allow"):
    """The user's own part of a run; all other keys are its parameters.

    Attributes
    ----------
    name
        The name of the YAML file.
    target
        Dotted path of the class or function that creates it, `_target_` in the file.
    """

    name: PartName
    target: DottedPath = Field(alias="_target_")

    @property
    def parameters(self) -> dict[str, Any]:
        """The arguments for the target."""
        return dict(self.model_extra or {})


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
