"""Balanced rounds: many subjects measured side by side, in rotating order, after a declared warm-up.

A subject's time depends on its predecessor, which leaves its own data in the caches and its own blocks
in the allocator. So every subject follows every other equally often.
"""

import contextlib
import gc
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

Subject = Callable[[int], Mapping[str, float]]
"""Does its work once, given the number of the round, and returns the milliseconds of each phase."""

Order = Callable[[Mapping[str, Subject], int, int, Callable[[int], None]], Iterator["SubjectTimes"]]
"""(subjects, warmup, rounds, progress) -> the times of all, in the order in which they were measured."""


@dataclass(frozen=True)
class SubjectTimes:
    """The times of one subject in one round, in milliseconds by phase.

    `position` counts from 0 within the round, `round` from 0 including the warm-up.
    """

    round: int
    position: int
    subject: str
    warmup: bool
    times_ms: Mapping[str, float]


def orders(count: int) -> list[list[int]]:
    """A Williams design (1949): rows of `count` subjects, balanced for position and for predecessor.

    Over all rows each subject has each position, and directly follows each other subject, equally
    often: once in the `count` rows for an even number of subjects, twice in the `2 * count` rows for an
    odd one.
    """
    zigzag = [(at + 1) // 2 if at % 2 else -(at // 2) % count for at in range(count)]
    rows = [[(subject + shift) % count for subject in zigzag] for shift in range(count)]
    return rows if count % 2 == 0 else rows + [row[::-1] for row in rows]


def measure(
    subjects: Mapping[str, Subject],
    warmup: int,
    rounds: int,
    progress: Callable[[int], None] = lambda rounds_done: None,
) -> Iterator[SubjectTimes]:
    """Measure all subjects in each of `warmup + rounds` rounds.

    `progress` is called after each round with the number of rounds done. Python's garbage collector is
    off meanwhile, since it would slow down subjects at random.
    """
    names = list(subjects)
    rows = orders(len(names))
    with _without_collector():
        for number in range(warmup + rounds):
            for position, subject in enumerate(rows[number % len(rows)]):
                name = names[subject]
                times = subjects[name](number)
                yield SubjectTimes(number, position, name, number < warmup, times)
            progress(number + 1)


def consecutive(
    subjects: Mapping[str, Subject],
    warmup: int,
    rounds: int,
    progress: Callable[[int], None] = lambda rounds_done: None,
) -> Iterator[SubjectTimes]:
    """The same number of measurements, one subject after another, as a script without this suite does.

    Whatever drifts meanwhile is taken for a difference between subjects.
    """
    done = 0
    with _without_collector():
        for position, (name, subject) in enumerate(subjects.items()):
            for number in range(warmup + rounds):
                yield SubjectTimes(number, position, name, number < warmup, subject(number))
                done += 1
                if done % len(subjects) == 0:
                    progress(done // len(subjects))


@contextlib.contextmanager
def _without_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
