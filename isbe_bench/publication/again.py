"""A run that was done again beside its record, as Markdown."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from isbe_bench import literal
from isbe_bench.analysis.again import Change, Compared, Deviation
from isbe_bench.literal import in_markdown
from isbe_bench.runs.recorded import RecordedRun
from isbe_bench.runs.rows import PREDICTIONS
from isbe_bench.settings.words import plural


@dataclass(frozen=True)
class Verdict:
    """Whether a run was reproduced.

    Attributes
    ----------
    same
        Whether all that was compared has the same bits.
    expected
        Whether that is as it has to be: other bits need another environment.
    words
        In a paragraph.
    """

    same: bool
    expected: bool
    words: str


def environment(changes: Sequence[Change]) -> str:
    """What differs in where and how both were made, and on what of it bits depend."""
    if not changes:
        return "Nothing differs in hardware, versions, numerics or threads."
    rows = [(each.key, each.recorded, each.now, "yes" if each.matters else "") for each in changes]
    columns = ["environment", "recorded", "now", "bits depend on it"]
    return literal.table(pd.DataFrame(rows, columns=columns))


def bits(files: Sequence[Compared]) -> str:
    """For each file, how many values are another than recorded, and the first of them."""
    if not files:
        return ""
    rows = []
    for each in files:
        first = _words(each.deviations[0]) if each.deviations else ""
        rows.append((each.file, each.count, len(each.deviations), first))
    return literal.table(pd.DataFrame(rows, columns=["file", "values", "differ", "the first"]))


def verdict(
    recorded: RecordedRun, now: RecordedRun, changes: Sequence[Change], files: Sequence[Compared]
) -> Verdict:
    """Whether the new run ends as recorded, and with the bits that it has to have."""
    ends = [f"{each.state.state} {_reason(each)}".strip() for each in (recorded, now)]
    diverged = [each.state.state == "diverged" for each in (recorded, now)]
    if diverged[0] != diverged[1]:
        return Verdict(False, False, f"Not reproduced: recorded {ends[0]}, now {ends[1]}.")
    begin = f"The recorded run is {ends[0]}, the new one {ends[1]}. " if ends[0] != ends[1] else ""
    if not files and not all(diverged):
        return Verdict(False, True, f"{begin}Nothing of it has bits to reproduce, as times have none.")
    deviations = [each for file in files for each in file.deviations]
    values = plural(sum(file.count for file in files), "value")
    if not deviations and not (all(diverged) and ends[0] != ends[1]):
        both = f"Both {ends[0]}. " if all(diverged) else begin
        same = f": {values} compared, the same to the bit" if files else ""
        return Verdict(True, True, f"{both}Reproduced{same}.")
    where = f" The first: {deviations[0].file}, {_words(deviations[0])}." if deviations else ""
    counts = f"{len(deviations)} of {values} differ{_predictions(deviations)}."
    reasons = [in_markdown(each.key) for each in changes if each.matters]
    if not (recorded.environment.get("deterministic", True) or _on_cpu(recorded)):
        reasons.append("deterministic=false")
    if not reasons:
        note = "nothing differs on which bits depend"
        return Verdict(False, False, f"{begin}Not reproduced, although {note}: {counts}{where}")
    return Verdict(False, True, f"{begin}Other bits, as {', '.join(reasons)} may cause: {counts}{where}")


def _on_cpu(run: RecordedRun) -> bool:
    return run.settings.get("device.name") == "cpu"


def _reason(run: RecordedRun) -> str:
    return f"({in_markdown(run.state.reason)})" if run.state.reason else ""


def _predictions(deviations: Sequence[Deviation]) -> str:
    """How many images are predicted otherwise, if any."""
    images = sum(each.file == PREDICTIONS and each.column == "prediction" for each in deviations)
    return f", {plural(images, 'image')} predicted otherwise" if images else ""


def _words(each: Deviation) -> str:
    return in_markdown(f"{each.row}, {each.column}: recorded {each.recorded[:40]}, now {each.now[:40]}")
