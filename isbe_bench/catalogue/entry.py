"""How tables and figures show a name, known or not."""

import dataclasses
from collections.abc import Iterable, Iterator

OWN = "own"
"""The family of everything that the suite does not ship."""

# Tol's colours for people with any kind of colour vision, without those that come close to a known one.
_CYCLE = ("#882255", "#44AA99", "#DDCC77", "#AA4499", "#117733", "#CC6677", "#88CCEE", "#999933")
_LINES = ("-", "--", "-.", ":")


@dataclasses.dataclass(frozen=True)
class Entry:
    """One loss, head way or network, as a reader sees it.

    Attributes
    ----------
    name
        As on the command line, in `conf/` and in every record.
    label
        As tables and figures write it.
    family
        What it is listed with.
    colour, line
        Matplotlib's, the same in every figure.
    about
        What `--help` and captions say of an entry that needs an explanation.
    """

    name: str
    label: str
    family: str
    colour: str = "#000000"
    line: str = "-"
    about: str = ""


class Catalogue:
    """The entries of one kind, in the order in which they are shown.

    A name that is not among them has a place all the same: behind the known ones, in the family `own`,
    under its own name, with a colour of a colour-blind safe cycle.
    """

    def __init__(self, *known: Entry) -> None:
        self._known = {entry.name: entry for entry in known}

    def __iter__(self) -> Iterator[Entry]:
        return iter(self._known.values())

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def names(self, *families: str) -> tuple[str, ...]:
        """The known names, or those of some families, in order."""
        return tuple(
            entry.name for entry in self._known.values() if not families or entry.family in families
        )

    def label(self, name: str) -> str:
        """How a name is written: its label, or the name itself where it is not known."""
        return self._known[name].label if name in self._known else name

    def family(self, name: str) -> str:
        """The family of a name, known or not."""
        return self._known[name].family if name in self._known else OWN

    def place(self, name: str) -> tuple[int, str]:
        """A sort key: known names in their order, others behind them by name."""
        order = list(self._known)
        return (order.index(name) if name in self._known else len(order)), name

    def entries(self, names: Iterable[str]) -> dict[str, Entry]:
        """All names with their entries, in order; those that are not known share out the cycle."""
        ordered = sorted(set(names), key=self.place)
        own = [name for name in ordered if name not in self._known]
        return {
            name: self._known[name] if name in self._known else _own(name, own.index(name))
            for name in ordered
        }


def _own(name: str, number: int) -> Entry:
    rounds, colour = divmod(number, len(_CYCLE))
    return Entry(name, name, OWN, _CYCLE[colour], _LINES[rounds % len(_LINES)])
