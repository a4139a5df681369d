"""`task=theory`: the statements of Theorem 1 and Theorem A1, checked in float64 on random arguments."""

from collections.abc import Sequence
from dataclasses import dataclass

from isbe_bench import devices, environment, seeding, theory
from isbe_bench.config import TheoryConfig
from isbe_bench.records import RunFolder
from isbe_bench.statements import STATEMENTS

FILE = "theory.csv"


@dataclass(frozen=True)
class Row:
    """A row of `theory.csv`: one statement on one function, for one number of classes.

    `statement`, `subject` and `printed` are as in `Statement`; `classes` and `samples` count classes and
    draws; the comparison `value relation bound` of `quantity` is what the statement comes to, `holds`
    is 1 where it is true, so that the statement holds as printed, else 0; `note` is never empty.
    """

    statement: str
    subject: str
    printed: str
    classes: int
    samples: int
    quantity: str
    value: float
    relation: str
    bound: float
    holds: int
    note: str


def run(config: TheoryConfig, folder: RunFolder) -> str:
    """Check all statements for all numbers of classes; the note names those that do not hold."""
    device = devices.activate(config.device)
    folder.clear()
    folder.begin(environment.describe(device))
    samples = config.theory.samples
    rows = []
    for classes in config.theory.classes:
        generator = seeding.generator(config.seed, "theory", classes)
        draws = theory.draw(classes, samples, generator, device)
        for statement in STATEMENTS:
            found = statement.check(draws)
            rows.append(
                Row(
                    statement.name,
                    statement.subject,
                    statement.printed,
                    classes,
                    samples,
                    found.quantity,
                    found.value,
                    found.relation,
                    found.bound,
                    int(found.holds),
                    found.note,
                )
            )
    folder.write_rows(FILE, rows)
    return _note(rows)


def _note(rows: Sequence[Row]) -> str:
    names = dict.fromkeys(row.statement for row in rows)  # in the order of the paper
    wrong = dict.fromkeys(row.statement for row in rows if not row.holds)
    note = f"{len(names) - len(wrong)} of {len(names)} statements hold as printed"
    return f"{note}; those that do not: {', '.join(wrong)}" if wrong else note
