"""Catalogue entries: how tables and figures show a name, known or not."""

import dataclasses
from collections.abc import Iterable, Iterator

OWN = "own"
"""The family of everything that the suite does not ship."""

# Tol's colour-blind safe colours, without those close to the colour of a known entry.
_CYCLE = ("#882255", "#44AA99", "#DDCC77", "#AA4499", "#117733", "#CC6677", "#88CCEE", "#999933")
_LINES = ("-", "--", "-.", ":")


@dataclasses.dataclass(frozen=True)
class Entry:
    """How one loss, head way or network is shown.

    Attributes
    ----------
    name
        As on the command line, in `conf/` and in every record.
    label
        Its name in tables and figures.
    family
        The group of entries that it is listed with.
    colour, line
        Matplotlib colour and line style, the same in every figure.
    about
        Explanation for `--help` and captions; empty if none is needed.
    """

    name: str
    label: str
    family: str
    colour: str = "#000000"
    line: str = "-"
    about: str = ""


class Catalogue:
    """The entries of one kind, in the order in which they are shown.

    An unknown name is shown as well: after the known ones, in the family `own`, with its own name as
    label and a colour from a colour-blind safe cycle.
    """

    def __init__(self, *known: Entry) -> None:
        self._known = {entry.name: entry for entry in known}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._known.values())

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def names(self, *families: str) -> tuple[str, ...]:
        """The known names in order, all or those of some families."""
        return tuple(
            entry.name for entry in self._known.values() if not families or entry.family in families
        )

    def label(self, name: str) -> str:
        """The label of a name, or the name itself if it is unknown."""
        return self._known[name].label if name in self._known else name

    def family(self, name: str) -> str:
        """The family of a name, known or not."""
        return self._known[name].family if name in self._known else OWN

    def place(self, name: str) -> tuple[int, str]:
        """Sort key: known names in catalogue order, then unknown ones by name."""
        order = list(self._known)
        return (order.index(name) if name in self._known else len(order)), name

    def entries(self, names: Iterable[str]) -> dict[str, Entry]:
        """The entry of each name, in order; unknown names get colours from the cycle."""
        ordered = sorted(set(names), key=self.place)
        own = [name for name in ordered if name not in self._known]
        return {
            name: self._known[name] if name in self._known else _own(name, own.index(name))
            for name in ordered
        }


def _own(name: str, number: int) -> Entry:
    rounds, colour = divmod(number, len(_CYCLE))
    return Entry(name, name, OWN, _CYCLE[colour], _LINES[rounds % len(_LINES)])
