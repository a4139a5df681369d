"""Other tasks in two results folders: those that check statements, and tasks of the user's own."""

from collections.abc import Iterator
from typing import Any

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.others import OtherRuns
from isbe_bench.statistics.intervals import mean_interval, welch_interval

CHECKED = {
    "theory": ("subject", ("settings", "seed", "statement", "classes")),
    "oracle": ("loss", ("dataset", "net", "settings", "seed", "check")),
}
"""The tasks that check statements: the column of what a check is about, and those that tell it apart."""


def check_members(analysis: Analysis) -> Iterator[tuple[Key, dict[str, Any]]]:
    """Each check of a statement."""
    for task, (subject, columns) in CHECKED.items():
        measured = analysis.collection.measurements[task]
        if measured.runs.empty:
            continue
        places = ["run", *(name for name in columns if name in measured.runs)]
        checks = measured.samples.merge(measured.runs[places], on="run")
        for check in checks.to_dict("records"):
            row = {str(name): value for name, value in check.items()}
            yield Key.of(task, {name: row[name] for name in columns}, row[subject]), row


def check_differences(key: Key, a: dict[str, Any], b: dict[str, Any]) -> Iterator[Difference]:
    """The checked value: whether it is identical, and if not, whether the statement still holds."""
    one, other = float(a["value"]), float(b["value"])
    verdict = "other outcome"
    if a["holds"] == b["holds"]:
        verdict = "identical" if one == other else "same outcome"
    holds = {1: "holds", 0: "does not hold"}
    words = f"A {holds[a['holds']]}, B {holds[b['holds']]}" if verdict == "other outcome" else verdict
    a_value, b_value, difference = (mean_interval([each]) for each in (one, other, other - one))
    yield Difference(key, "value", a_value, b_value, difference, verdict=verdict, words=words)


def own_members(analysis: Analysis) -> Iterator[tuple[Key, OtherRuns]]:
    """Each subject of each group of runs of a task that the suite does not ship."""
    for group in analysis.others:
        for subject in dict.fromkeys(subject for subject, _ in group.values):
            yield Key.of(group.task, group.where, subject), group


def own_differences(key: Key, a: OtherRuns, b: OtherRuns) -> Iterator[Difference]:
    """The mean of each quantity, without a verdict: nobody has said which difference matters."""
    for quantity in a.headings:
        one, other = (group.values[key.mode, quantity] for group in (a, b))
        difference = welch_interval(other, one)
        same = "identical" if one == other else ""
        yield Difference(
            key,
            quantity,
            mean_interval(one),
            mean_interval(other),
            difference,
            "Welch" if difference.count > 1 else "",
            same,
            same,
        )
