"""Times in two results folders: what was measured side by side in each, judged by an A/A control.

Shares and ratios of times are formed within each round of one folder, and so can be compared across
folders. Milliseconds carry no verdict: the machine itself may be in another state, which no interval
over the processes of one folder shows.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.heads import Heads
from isbe_bench.analysis.timings import Timings, verdict, words
from isbe_bench.catalogue.heads import FLOORS, floor
from isbe_bench.catalogue.losses import TWIN
from isbe_bench.statistics.comparison import Comparison, percent_change
from isbe_bench.statistics.intervals import (
    MeanInterval,
    mean_interval,
    ratio_interval,
    welch_interval,
    welch_ratio,
    welch_ratio_difference,
)
from isbe_bench.statistics.verdicts import Verdict

_Group = Timings | Heads
_Values = list[float]
"""A value for each process."""


def timing_members(analysis: Analysis) -> Iterator[tuple[Key, Timings]]:
    """Each loss of each group, and the A/A twin."""
    for group in analysis.timings:
        for mode in group.comparison.modes:
            yield Key.of("timing", group.where, mode, group.comparison.reference), group


def head_members(analysis: Analysis) -> Iterator[tuple[Key, Heads]]:
    """Each way at each size, and the A/A twin."""
    for group in analysis.heads:
        for way in group.comparison.modes:
            yield Key.of("head", group.where, way, group.comparison.reference), group


def timing_differences(key: Key, a: Timings, b: Timings) -> Iterator[Difference]:
    """Tau, the change of the total against the reference, and milliseconds."""
    if not key.mode.endswith(TWIN):
        yield _compared(_TAU, key, a, b)
    if key.mode != key.reference:
        yield _compared(_change("total_percent", "total_ms"), key, a, b, key.reference)
    for quantity in ("forward_ms", "backward_ms", "total_ms"):
        yield _milliseconds(quantity, key, a, b)


def head_differences(key: Key, a: Heads, b: Heads) -> Iterator[Difference]:
    """The change against the reference, the ratio to the floor, and milliseconds."""
    if key.mode not in (key.reference, *FLOORS):
        yield _compared(_change("change_percent", "gradient_ms"), key, a, b, key.reference)
    if key.mode not in FLOORS:
        yield _compared(_TIMES_FLOOR, key, a, b, floor(a.comparison.modes))
    yield _milliseconds("gradient_ms", key, a, b)


@dataclass(frozen=True)
class _Quantity:
    """A quantity that was formed within rounds.

    Attributes
    ----------
    name
        As in `Cell`.
    unit
        Of differences, for words.
    values, mean
        The quantity of one mode, by process, and their mean.
    twins, control
        The A/A difference, by process, and their mean: zero but for noise.
    difference
        Of the values, or of the twins, of B and of A.
    """

    name: str
    unit: str
    values: Callable[[Comparison, str], _Values]
    mean: Callable[[_Values], MeanInterval]
    twins: Callable[[Comparison], _Values]
    control: Callable[[_Values], MeanInterval]
    difference: Callable[[_Values, _Values], MeanInterval]


def _percent(ratios: _Values) -> MeanInterval:
    return percent_change(ratio_interval(ratios))


def _points(b: _Values, a: _Values) -> MeanInterval:
    found = welch_ratio_difference(b, a)
    return MeanInterval(100 * found.mean, 100 * found.low, 100 * found.high, found.count)


def _change(name: str, milliseconds: str) -> _Quantity:
    """The change of a time against the reference in percent; differences in points."""

    def ratios(comparison: Comparison, mode: str) -> _Values:
        return comparison.ratios(milliseconds, mode, comparison.reference)

    return _Quantity(name, "%", ratios, _percent, lambda c: ratios(c, c.control), _percent, _points)


_TAU = _Quantity(
    "tau",
    "",
    lambda comparison, mode: comparison.values("tau", mode),
    mean_interval,
    lambda comparison: comparison.differences("tau", comparison.control, comparison.reference),
    mean_interval,
    welch_interval,
)
_TIMES_FLOOR = _Quantity(
    "times_floor",
    "%",
    lambda comparison, way: comparison.ratios("gradient_ms", way, floor(comparison.modes)),
    ratio_interval,
    lambda comparison: comparison.ratios("gradient_ms", comparison.control, comparison.reference),
    _percent,
    lambda b, a: percent_change(welch_ratio(b, a)),
)


def _compared(
    quantity: _Quantity, key: Key, a: _Group, b: _Group, reference: str | None = None
) -> Difference:
    """The difference between two groups and its verdict; one group that is untrusted is enough."""
    values = [quantity.values(each.comparison, key.mode) for each in (a, b)]
    if values[0] == values[1]:
        return _identical(quantity, key, values[0], reference, (a.disturbed, b.disturbed))
    twins = [quantity.twins(each.comparison) for each in (a, b)]
    difference = quantity.difference(values[1], values[0])
    control = quantity.difference(twins[1], twins[0])
    disturbed = max(each.disturbed / each.comparison.processes for each in (a, b))
    judged = verdict(difference, control, disturbed)
    if not all(quantity.control(each).holds_zero for each in twins):
        judged = Verdict("untrusted", judged.within)
    return Difference(
        key,
        quantity.name,
        quantity.mean(values[0]),
        quantity.mean(values[1]),
        difference,
        "Welch",
        judged.kind,
        "A/A" if key.mode.endswith(TWIN) else words(judged, "lower", "higher", quantity.unit),
        judged.within,
        reference,
        disturbed=(a.disturbed, b.disturbed),
    )


def _identical(
    quantity: _Quantity, key: Key, values: _Values, reference: str | None, disturbed: tuple[int, int]
) -> Difference:
    """One measurement and its copy, which are not independent."""
    mean = quantity.mean(values)
    zero = MeanInterval(0.0, 0.0, 0.0, mean.count)
    words = "identical"
    return Difference(
        key, quantity.name, mean, mean, zero, "", words, words, 0.0, reference, disturbed=disturbed
    )


def _milliseconds(quantity: str, key: Key, a: _Group, b: _Group) -> Difference:
    means = [each.comparison.mean(quantity, key.mode) for each in (a, b)]
    return Difference(key, quantity, means[0], means[1], None, disturbed=(a.disturbed, b.disturbed))
