"""What a page has to know of a figure's curves, to hide them, name their values and enlarge a part."""

from dataclasses import dataclass

PART = "part-"
"""Ids of an SVG's elements that a `Chart` speaks of begin with it."""


@dataclass(frozen=True)
class Axis:
    """Name, and the values at both ends; `log` if values between them are spaced logarithmically."""

    name: str
    low: float
    high: float
    log: bool


@dataclass(frozen=True)
class Panel:
    """A pair of axes with curves.

    Attributes
    ----------
    box
        Left, top, right, bottom in the units of the SVG.
    curves
        Names of the curves by the id of their element.
    """

    box: tuple[float, float, float, float]
    x: Axis
    y: Axis
    curves: dict[str, str]


@dataclass(frozen=True)
class Key:
    """An entry of a legend: its text, the ids of its own elements, and of those that it stands for."""

    name: str
    own: list[str]
    stands_for: list[str]


@dataclass(frozen=True)
class Chart:
    """The curves of a figure."""

    panels: list[Panel]
    keys: list[Key]
