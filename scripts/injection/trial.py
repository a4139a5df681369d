"""One sweep that faults are injected into, and what they did to it."""

import random
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from injection import judging
from injection.commands import Command, pause

FINDINGS = ("runs lost", "files torn", "numbers changed", "orphans left")
"""What may be found, in the order of `Tally.found`."""
_TRIES = 4
"""How often the same command is given again: deaths of workers, and of children, count against runs."""


@dataclass
class Tally:
    """What was found.

    Attributes
    ----------
    injected
        The number of faults.
    lost
        Runs that did not end as they have to, although the same command was given again.
    torn
        Files that were not whole, or were left behind.
    changed
        Files with other numbers than in an undisturbed sweep.
    orphans
        Processes that went on without their command.
    """

    injected: int = 0
    lost: list[str] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    orphans: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        self.injected += other.injected
        for mine, its in zip(self.found(), other.found(), strict=True):
            mine += its

    def found(self) -> tuple[list[str], ...]:
        """Lost, torn, changed and orphans."""
        return self.lost, self.torn, self.changed, self.orphans

    def notes(self) -> list[str]:
        """What was found, a line each."""
        every = zip(FINDINGS, self.found(), strict=True)
        return [f"{finding}: {note}" for finding, notes in every for note in notes]


@dataclass(frozen=True)
class Reference:
    """An undisturbed sweep.

    Attributes
    ----------
    arguments
        Those of its command, but for where it is done and where its results go.
    results
        Its results.
    seconds
        How long it took.
    """

    arguments: tuple[str, ...]
    results: Path
    seconds: float


class Trial:
    """A sweep in a folder of its own.

    Parameters
    ----------
    reference
        The same sweep, undisturbed.
    folder
        Where it is done.
    launch
        More arguments, which change no number.
    seed
        Of `random`, from which the moments of faults are drawn.
    """

    def __init__(self, reference: Reference, folder: Path, launch: Sequence[str], seed: str) -> None:
        self.reference = reference
        self.tally = Tally()
        self.random = random.Random(seed)
        self._folder = folder
        self._launch = tuple(launch)
        self._rounds = 0
        folder.mkdir(parents=True, exist_ok=True)

    @property
    def results(self) -> Path:
        """Where its results go."""
        return self._folder / f"results{self._rounds}"

    @property
    def folder(self) -> Path:
        """Where everything else of it goes."""
        return self._folder

    def moment(self) -> float:
        """A random number of seconds, up to the duration of the undisturbed sweep."""
        return self.random.uniform(0, self.reference.seconds)

    def start(self, environment: Mapping[str, str] | None = None) -> Command:
        """Give the command, or give it again."""
        arguments = (*self.reference.arguments, *self._launch, f"results_dir={self.results}")
        return Command(arguments, self._folder, environment)

    def wait_for(self, command: Command, pattern: str) -> list[Path]:
        """What matches in the results, as soon as something does; empty if the command ends first."""
        while not (found := sorted(self.results.glob(pattern))) and command.is_running:
            pause(0.01)
        return found

    def ended(self, command: Command) -> int | None:
        """Wait for the end of a command that was disturbed; its exit code, None if it hung."""
        code = command.wait()
        if code is None:
            self.tally.lost.append(f"the command hung: {command.last_line}")
        elif "Traceback (most recent call last)" in command.printed:
            self.tally.lost.append(f"the command ended with a traceback: {command.last_line}")
        self.inspect(command)
        return code

    def inspect(self, command: Command) -> None:
        """Look for torn files, and for processes of a command that has ended."""
        self.tally.torn += judging.torn(self.results)
        self.tally.orphans += command.orphans()

    def finish(self, command: Command | None = None) -> None:
        """Let a command end, give it again until all is done, and judge what there is then."""
        for _ in range(_TRIES):
            command = command or self.start()
            code = self.ended(command)
            if code == 0 and not judging.litter(self.results):
                break
            last, command = command, None
        else:
            self.tally.lost.append(f"exit code {code}: {last.last_line}")
        self.judge()

    def judge(self) -> None:
        """Compare what there is, when nobody is at work any more, with the undisturbed sweep."""
        self.tally.torn += judging.litter(self.results)
        self.tally.lost += judging.lost(self.results, self.reference.results)
        self.tally.changed += judging.changed(self.results, self.reference.results)

    def renew(self) -> None:
        """Begin a new sweep of the same runs."""
        shutil.rmtree(self.results)
        self._rounds += 1
