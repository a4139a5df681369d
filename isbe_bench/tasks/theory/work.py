"""The work of `task=theory`: checks all statements for all numbers of classes."""

from collections.abc import Sequence

from isbe_bench.data import seeding
from isbe_bench.measuring import devices, environment
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import THEORY, StatementCheck
from isbe_bench.tasks.theory.settings import ReadyTheory
from isbe_bench.theory import mathematics
from isbe_bench.theory.statements import STATEMENTS


def run(ready: ReadyTheory, folder: RunFolder) -> str:
    """Check all statements for all numbers of classes; returns a note of those that do not hold."""
    device = devices.activate(ready.device)
    folder.clear()
    folder.begin(environment.describe(device))
    samples = ready.theory.samples
    rows = []
    for classes in ready.theory.classes:
        generator = seeding.generator(ready.seed, "theory", classes)
        draws = mathematics.draw(classes, samples, generator, device)
        for statement in STATEMENTS:
            result = statement.check(draws)
            rows.append(
                StatementCheck(
                    statement.name,
                    statement.subject,
                    statement.printed,
                    classes,
                    samples,
                    result.quantity,
                    result.value,
                    result.relation,
                    result.bound,
                    int(result.holds),
                    result.note,
                )
            )
    folder.write_rows(THEORY, rows)
    return _note(rows)


def _note(rows: Sequence[StatementCheck]) -> str:
    names = dict.fromkeys(row.statement for row in rows)  # in the order of the paper
    wrong = dict.fromkeys(row.statement for row in rows if not row.holds)
    note = f"{len(names) - len(wrong)} of {len(names)} statements hold as printed"
    return f"{note}; those that do not: {', '.join(wrong)}" if wrong else note
