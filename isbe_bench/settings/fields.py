"""The base of all groups of settings, and the types of their values.

Every group is a frozen pydantic model. Types are strict: an integer is neither a float nor a boolean,
and numbers are finite. `words.py` describes the allowed values of a field from its JSON schema.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from annotated_types import Ge, Gt, Le, Lt, MinLen
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    WithJsonSchema,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

T = TypeVar("T")


class Settings(BaseModel):
    """A group of settings: all keys are required, and no others are allowed."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    def plain(self) -> dict[str, Any]:
        """The group as a nested dictionary of plain values, with keys as in YAML."""
        return self.model_dump(by_alias=True)


@dataclass(frozen=True)
class OneOf:
    """Marks a name that must be among `names()` at the time of the check."""

    names: Callable[[], Iterable[str]]

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "enum": list(self.names())}

    def _check(self, name: str) -> str:
        if name not in self.names():
            raise ValueError("not one of the names")
        return name


def _different(values: tuple[T, ...]) -> tuple[T, ...]:
    if len(set(values)) < len(values):
        raise ValueError("a value appears more than once")
    return values


def _path(text: str) -> str:
    """The text, if it is a valid path on this system, existing or not."""
    if not text.strip():
        raise ValueError("empty")
    try:
        Path(text).expanduser().exists()
    except (OSError, RuntimeError) as error:  # too long, no such user
        raise ValueError("not a path") from error
    return text


AtLeastZero = Annotated[int, Ge(0)]
AtLeastOne = Annotated[int, Ge(1)]
AtLeastTwo = Annotated[int, Ge(2)]
NotNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
BelowOne = Annotated[float, Ge(0), Lt(1)]
Seed = Annotated[int, Ge(0), Le(2**32 - 1)]
PathText = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "format": "path"})]
Listed = Annotated[tuple[T, ...], MinLen(1), Field(strict=False)]
"""One value or more; YAML writes a list, which becomes a tuple."""
Different = Annotated[
    tuple[T, ...],
    Field(strict=False, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_different),
]
"""Different values, or none."""
Several = Annotated[
    tuple[T, ...],
    MinLen(1),
    Field(strict=False, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_different),
]
"""One or more different values."""
