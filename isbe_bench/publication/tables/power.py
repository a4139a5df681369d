"""How many more seeds or processes would decide what is undecided."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from isbe_bench.analysis import Analysis, origin
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.losses import CROSS_ENTROPY, is_compared
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.shortage import Shortage, of_pair
from isbe_bench.publication.table import Row, Table, interval_columns
from isbe_bench.publication.words import interval_text
from isbe_bench.statistics.power import MOST, POWER, MeanTest
from isbe_bench.statistics.verdicts import MIN_RUNS

_NOTE = (
    "What is undecided: claims, and losses against the first cross-entropy of their group. mean: of the "
    "comparison that takes the most seeds, with its 95% Student interval, in the unit given; log is the "
    "natural logarithm of a ratio. test: where the mean has to lie, shown by a one-sided t test at this "
    f"level against each bound. more: how many more bring the expected verdict with {POWER:.0%} power, "
    "if mean and sd are those seen so far. These are estimates from few values, so more is an estimate "
    "from estimates. Beside a single value, sd is that of other modes of its group. at least: no spread "
    f"is known; {MIN_RUNS} values make a verdict possible. more than {MOST}: the mean is too close to "
    "the bound, or beyond it. Several tests that have to pass together are taken for independent. "
    "Processes: at least so many, since the noise floor has to fall as well."
)


def make(analysis: Analysis, claims: Sequence[Claim]) -> list[Table]:
    """The table `power`; its claims are those of the report."""
    lacking = [
        *(
            (claim.title, finding.where, finding.shortage)
            for claim in claims
            for finding in claim.findings
        ),
        *(each for group in analysis.shown for each in _comparisons(group)),
    ]
    short = [(what, where, shortage) for what, where, shortage in lacking if shortage]
    commands = list(dict.fromkeys(each for *_, shortage in short for each in shortage.commands))
    numbers = {command: str(number) for number, command in enumerate(commands, 1)}
    rows = [_row(*each, numbers) for each in short]
    lines = [line for command, number in numbers.items() for line in (f"# {number}", command)]
    return [
        Table.of(
            "power",
            "How many more seeds would decide",
            rows,
            _NOTE,
            f"Commands, by their number:\n\n{origin.command_block(lines)}\n" if lines else "",
        )
    ]


def _comparisons(group: Trainings) -> Iterator[tuple[str, str, Shortage | None]]:
    reference = next((mode for mode in CROSS_ENTROPY if mode in group.modes), None)
    if reference:
        for mode in filter(is_compared, group.modes):
            place = f"{group.title} {group.other_settings}".strip()
            yield f"{mode} against {reference}", place, of_pair(group, mode, reference)


def _row(what: str, where: str, shortage: Shortage, commands: Mapping[str, str]) -> Row:
    """A comparison in numbers and in texts, with the numbers of its commands."""
    numbers: dict[str, Any] = {"undecided": what, "where": where, "sample": shortage.sample}
    texts = dict(numbers)
    if shortage.modes:
        numbers["comparison"] = texts["comparison"] = f"not trained: {shortage.modes}"
    if shortage.need:
        test = shortage.need.test
        cell, digits = test.seen, 2 if shortage.unit == "points" else 3
        numbers |= {"comparison": test.name, "unit": shortage.unit, "so_far": cell.count}
        numbers |= interval_columns("mean", cell) | {"sd": cell.deviation}
        numbers |= {"above": test.low, "below": test.high, "level": test.level}
        texts |= {
            "comparison": test.name,
            "so far": str(cell.count),
            "mean": interval_text(cell, digits),
            "sd": f"{cell.deviation:.{digits}f}" if math.isfinite(cell.deviation) else "-",
            "unit": shortage.unit,
            "test": _bounds(test),
        }
    known = shortage.need is None or shortage.need.more is not None
    numbers |= {"power": POWER, "more": shortage.more if known else None, "more_words": shortage.count}
    numbers |= {"expected": shortage.outcome, "command": "; ".join(shortage.commands)}
    texts |= {"more": shortage.count, "expected": shortage.outcome}
    return numbers, texts | {"command": ", ".join(commands[each] for each in shortage.commands)}


def _bounds(test: MeanTest) -> str:
    """Such as `within -0.1 and 0.1 (5%)`."""
    level = f"({test.level:.1%})".replace(".0", "")
    if test.low == -test.high:
        return f"within ±{test.high:.3g} {level}"
    bounds = [f"above {test.low:.3g}"] if test.low > float("-inf") else []
    bounds += [f"below {test.high:.3g}"] if test.high < float("inf") else []
    return f"{' and '.join(bounds)} {level}"
