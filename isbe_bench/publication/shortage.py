"""What an undecided comparison lacks: how many more seeds or processes, and the commands for them."""

from dataclasses import dataclass

from isbe_bench.analysis import origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.losses import label
from isbe_bench.settings.words import plural
from isbe_bench.statistics.power import MOST, POWER, Need
from isbe_bench.statistics.verdicts import MIN_RUNS

_UNDECIDED = ("undecided", "too few runs")
_OUTCOMES = ("same", "lower", "higher")
"""Of `Paired.need`, in the order of its alternatives."""


@dataclass(frozen=True)
class Shortage:
    """The seeds or processes that would decide something.

    Attributes
    ----------
    need
        By the tests that decide; None where the number alone does.
    outcome
        The expected verdict, such as `holds`; empty if none is.
    more
        How many more the commands make; 0 without commands.
    commands
        The sweeps that do so.
    unit
        Of the values: `points`, `log` for the logarithm of a ratio, and so on.
    sample
        `seed` or `process`.
    modes
        The loss modes to train that many seeds of, if not those of the comparison.
    """

    need: Need | None
    outcome: str
    more: int
    commands: list[str]
    unit: str = "points"
    sample: str = "seed"
    modes: str = ""

    @property
    def count(self) -> str:
        """How many more: `12`, `more than 100`, or `at least 5` where the spread is not known."""
        if self.need is None:
            return str(self.more)
        if self.need.more is not None:
            return str(self.need.more)
        return f"more than {MOST}" if self.need.spread_known else f"at least {self.more}"

    @property
    def words(self) -> str:
        """The same in a clause."""
        if self.modes:
            return f"{plural(self.more, self.sample)} of {self.modes} would have to be added first"
        more = plural(self.more, f"more {self.sample}")
        if self.need is None:
            return f"{more} would decide"
        if self.need.more is not None:
            expected = f", expected: {self.outcome}" if self.outcome else ""
            least = "at least" if self.sample == "process" else "about"
            return f"{least} {more} would decide with {POWER:.0%} power{expected}"
        if self.need.spread_known:
            test = self.need.test
            near = test.low < test.seen.mean < test.high
            place = "too close to the bound" if near else "on the wrong side of the bound"
            return f"more than {MOST} more {self._samples} at this spread: the mean is {place}"
        return f"at least {more}, since the spread over {self._samples} is not known from one"

    @property
    def _samples(self) -> str:
        return plural(2, self.sample).partition(" ")[2]


def of_pair(group: Trainings, mode: str, reference: str) -> Shortage | None:
    """What the comparison of two modes lacks; None if it is decided, or has no pair."""
    pair = group.difference(mode, reference)
    if not pair or pair.verdict not in _UNDECIDED:
        return None
    name = f"{label(mode)} minus {label(reference)}"
    need = pair.need(name, group.pair_deviation)
    if need.more is None and need.spread_known:
        return Shortage(need, "", 0, [])
    more = MIN_RUNS - need.count if need.more is None else need.more
    commands = origin.further_trainings(group.paired_runs(mode, reference), more)
    outcome = _OUTCOMES[need.alternative] if need.spread_known else ""
    return Shortage(need, outcome, more, commands)
