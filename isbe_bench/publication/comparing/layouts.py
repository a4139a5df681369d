"""How each compared quantity is shown: title, digits, and the notes that explain it."""

import dataclasses

from isbe_bench import tasks
from isbe_bench.publication.tables import notes

_PAIRS = (
    "Trainings: A and B are means over the seeds that both folders have, B - A is the mean over pairs "
    "of runs with the same seed, with its 95% Student interval. only A, only B: seeds that one folder "
    "lacks; they are not used. identical: seeds for which every test image has the same prediction in "
    "both. Without a common seed: means over all seeds, Welch's interval, and no verdict. "
    f"{notes.ACCURACY_VERDICTS}"
)
_PROCESSES = (
    "Times: A and B are means over the processes of each folder, whose modes took turns on the same "
    "input; B - A has Welch's 95% interval, since the processes of two folders are independent. A/A: "
    "the reference entered a second time; how far its B - A may be from zero is the noise floor. "
    f"{notes.time_verdicts('lower', 'higher', '')} One such folder is enough. identical: a copy of the "
    f"same measurement. {notes.DISTURBED}"
)
_MILLISECONDS = (
    "Milliseconds have no verdict: between two measurements a machine may change its clock, its load or "
    "its memory, and no interval over processes shows that."
)


@dataclasses.dataclass(frozen=True)
class Layout:
    """The table of one quantity.

    Attributes
    ----------
    title
        With the unit.
    notes
        What explains it; tables may share some.
    digits
        After the decimal point.
    heading
        Of the column of differences.
    """

    title: str
    notes: tuple[str, ...]
    digits: int = 2
    heading: str = "B - A, points"


LAYOUTS = {
    ("train", "alpha"): Layout("Trainings: alpha, %", (notes.ALPHA, _PAIRS)),
    ("timing", "tau"): Layout("Times: tau, %", (notes.TAU, _PROCESSES)),
    ("timing", "total_percent"): Layout("Times: total against the reference, %", (_PROCESSES,)),
    ("timing", "total_ms"): Layout("Times: total, ms", (_MILLISECONDS,), 3),
    ("head", "change_percent"): Layout("Loss head: time against the reference, %", (_PROCESSES,), 1),
    ("head", "times_floor"): Layout(
        "Loss head: time over that of a copy of the scores", (_PROCESSES,), heading="B / A - 1, %"
    ),
    ("head", "gradient_ms"): Layout("Loss head: time, ms", (_MILLISECONDS,), 4),
}
"""By task and quantity, in the order of the tables."""

ONLY_IN_CSV = {("timing", "forward_ms"), ("timing", "backward_ms")}
CHECKS = {
    task: Layout(
        title,
        (f"{title}: checks are identical if they give the same value, to the last bit.",),
        6,
        "B - A",
    )
    for task, title in (("theory", "Theory"), ("oracle", "Gradients by hand"))
}
"""By task; the tables show checks with another outcome alone."""


def own(task: str, quantity: str) -> Layout:
    """The layout of a quantity of a task that the suite does not ship."""
    unit = tasks.find(task).quantities[quantity]
    title = f"task={task}: {quantity}, {unit}" if unit else f"task={task}: {quantity}"
    note = f"task={task}: means over runs, Welch's 95% interval, no verdict."
    return Layout(title, (note,), 4, "B - A")
