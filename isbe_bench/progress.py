"""How far work has come: a bar on a terminal, elsewhere (logs, clusters) a line a minute."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from tqdm import tqdm

SECONDS_BETWEEN_LINES = 60.0


@dataclass(frozen=True)
class Work:
    """A piece of work, counted in steps.

    Attributes
    ----------
    title
        What a bar or a line begins with.
    steps, step
        The number of steps, and what one is called: `batch`.
    stages, stage
        The number of equal stages that the steps are split into, and what one is called: `epoch`.
    """

    title: str
    steps: int
    step: str
    stages: int = 1
    stage: str = ""


class Progress:
    """Shows how much of some work is done, on stderr. A context manager.

    Attributes
    ----------
    done
        The number of finished steps.
    """

    def __init__(self, work: Work, done: int = 0) -> None:
        self.done = done
        self._display = _Bar(work, done) if sys.stderr.isatty() else _Lines(work, done)

    def advance(self, steps: int = 1, note: Callable[[], str] | None = None) -> None:
        """Count finished steps; `note` is called for a few more words when the display is due."""
        self.done += steps
        self._display.advance(steps, note)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._display.close()


class _Bar:
    def __init__(self, work: Work, done: int) -> None:
        self._bar = tqdm(
            desc=work.title,
            total=work.steps,
            initial=done,
            unit=work.step,
            leave=False,
            dynamic_ncols=True,
        )

    def advance(self, steps: int, note: Callable[[], str] | None) -> None:
        if self._bar.update(steps) and note:  # true when the bar is redrawn, a few times a second
            self._bar.set_postfix_str(note(), refresh=False)

    def close(self) -> None:
        self._bar.close()


class _Lines:
    def __init__(self, work: Work, done: int) -> None:
        self._work = work
        self._first = self._done = done
        self._started = self._last = time.monotonic()

    def advance(self, steps: int, note: Callable[[], str] | None) -> None:
        self._done += steps
        now = time.monotonic()
        if not steps or self._done >= self._work.steps or now - self._last < SECONDS_BETWEEN_LINES:
            return
        self._last = now
        words = self._words(now - self._started) + ([note()] if note else [])
        print(f"{self._work.title}: {', '.join(words)}", file=sys.stderr, flush=True)

    def close(self) -> None:
        pass

    def _words(self, elapsed: float) -> list[str]:
        work, each = self._work, elapsed / (self._done - self._first)  # seconds a step
        size = work.steps // work.stages
        number, within = divmod(self._done, size)
        left = f"about {in_words(each * (work.steps - self._done))} left"
        if not work.stage:
            return [f"{work.step} {self._done} of {work.steps}", left]
        return [
            f"{work.stage} {number + 1} of {work.stages}",
            f"{work.step} {within} of {size}",
            f"{each * size:.3g} s a{'n' if work.stage[0] in 'aeiou' else ''} {work.stage}",
            left,
        ]


def in_words(seconds: float) -> str:
    """A duration, rounded for a reader: `40 s`, `5 min`, `2.3 h`, `4.0 days`."""
    for unit, length, limit in (("s", 1, 90), ("min", 60, 90), ("h", 3600, 48)):
        if seconds / length < limit:
            return f"{seconds / length:.1f} h" if unit == "h" else f"{seconds / length:.0f} {unit}"
    return f"{seconds / 86_400:.1f} days"
