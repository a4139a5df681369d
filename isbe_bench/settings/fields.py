"""The base of all groups of settings, and the types of their values.

Every group is a frozen pydantic model. Values are strict: an integer is neither a float nor a boolean, a
number is finite. `words.py` puts into words what a field allows, from its JSON schema.
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
    """A group of settings: all of its keys are required, and no other is known."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid", allow_inf_nan=False)

    def plain(self) -> dict[str, Any]:
        """The nested `{key: value}` of plain values, with keys as they are written in YAML."""
        return self.model_dump(by_alias=True)


@dataclass(frozen=True)
class OneOf:
    """A name that is one of those which `names` gives when it is checked."""

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
        raise ValueError("a value is there more than once")
    return values


def _path(text: str) -> str:
    """The text, if this system can look it up as a path, whether anything is there or not."""
    if not text.strip():
        raise ValueError("empty")
    try:
        Path(text).expanduser().exists()
    except (OSError, RuntimeError) as error:  # too long, no such user
        raise ValueError("no path") from error
    return text


AtLeastOne = Annotated[int, Ge(1)]
AtLeastTwo = Annotated[int, Ge(2)]
NotNegative = Annotated[float, Ge(0)]
Positive = Annotated[float, Gt(0)]
BelowOne = Annotated[float, Ge(0), Lt(1)]
Seed = Annotated[int, Ge(0), Le(2**32 - 1)]
PathText = Annotated[str, AfterValidator(_path), WithJsonSchema({"type": "string", "format": "path"})]
Listed = Annotated[tuple[T, ...], MinLen(1), Field(strict=False)]
"""One value or more; YAML writes a list, which becomes a tuple."""
Several = Annotated[
    tuple[T, ...],
    MinLen(1),
    Field(strict=False, json_schema_extra={"uniqueItems": True}),
    AfterValidator(_different),
]
"""One or more different values."""
