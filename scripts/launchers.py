"""`make launchers`: a sweep of tiny runs under each launcher, undisturbed, and with workers killed.

Each run trains N0 on the embedded digits, on one thread. Launchers but `here` have two workers.
Undisturbed sweeps are timed, and so is the same sweep of one run: without its epochs, that is the
start-up. In one more sweep under each launcher, workers are killed by SIGKILL at random moments; its
runs have to end with the numbers of the undisturbed sweep under `here`.
"""

import argparse
import contextlib
import importlib.util
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import slurm_cluster
from injection import kills, origin
from injection.commands import Command, stop
from injection.trial import FINDINGS, Reference, Tally, Trial
from tqdm import tqdm

from isbe_bench import signals
from isbe_bench.progress import Progress, Work
from isbe_bench.runs.rows import EPOCHS

WORKERS = {"here": 1, "processes": 2, "slurm": 2, "ray": 2}
_EXPLANATION = (
    "Start-up is the wall time of the same sweep of one run, without its epochs. Overhead is that of "
    "each further run: (wall - start-up - sum of epoch_s / workers) / (runs - 1). Speed-up is the wall "
    "time under here over that of the launcher. Times are medians over rounds."
)


@dataclass(frozen=True)
class Pass:
    """An undisturbed sweep under one launcher.

    Attributes
    ----------
    wall, start_up, epochs
        Seconds: of the command, of one with a single run without its epochs, of all epochs together.
    """

    wall: float
    start_up: float
    epochs: float


class Bench:
    """Sweeps in a folder."""

    def __init__(self, folder: Path, runs: int, epochs: int) -> None:
        sweep = f"-m dataset=digits device=cpu device.threads=1 arch=n0 train.epochs={epochs}"
        self._one = (*sweep.split(), "seed=0")
        self._arguments = (*sweep.split(), f"seed=range({runs})")
        self._folder = folder

    @property
    def results(self) -> Path:
        """Those of the first undisturbed sweep under `here`."""
        return self._folder / "here0" / "results"

    def undisturbed(self, launcher: str, number: int) -> Pass:
        """Do and time a sweep; RuntimeError if it fails."""
        place = self._folder / f"{launcher}{number}"
        wall, epochs = self._timed((*self._arguments, *_launch(launcher)), place)
        alone, epoch = self._timed((*self._one, *_launch(launcher)), place / "alone")
        return Pass(wall, alone - epoch, epochs)

    @staticmethod
    def _timed(arguments: tuple[str, ...], place: Path) -> tuple[float, float]:
        """The seconds of a command, and those of its epochs."""
        results = place / "results"
        command = Command((*arguments, f"results_dir={results}"), place)
        if command.wait() != 0:
            raise RuntimeError(f"the sweep fails undisturbed: {command.printed}")
        tables = results.glob(f"runs/*/{EPOCHS}")
        return command.seconds, sum(pd.read_csv(file)["epoch_s"].sum() for file in tables)

    def disturbed(self, launcher: str, pace: float, most: int, seed: int) -> Tally:
        """Do a sweep whose workers are killed, at most so often, up to `pace` seconds apart."""
        reference = Reference(self._arguments, self.results, pace)
        place = self._folder / f"{launcher}-disturbed"
        trial = Trial(reference, place, _launch(launcher), f"{seed}-{launcher}")
        kills.in_one_sweep(trial, "command" if launcher == "here" else "worker", most)
        return trial.tally


def main() -> int:
    parser = argparse.ArgumentParser(description=str(__doc__).splitlines()[0])
    for name, default, words in (
        ("runs", 100, "of a sweep"),
        ("epochs", 1, "of a run"),
        ("rounds", 2, "of undisturbed sweeps, in which the launchers take turns"),
        ("kills", 20, "of workers under each launcher, at most"),
        ("seed", 0, "of the random moments"),
    ):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"{words} (default: {default})")
    parser.add_argument("--launchers", default=",".join(WORKERS), help="here, and others (default: all)")
    arguments = parser.parse_args()
    names = arguments.launchers.split(",")
    if names[0] != "here" or not set(names) <= set(WORKERS):
        parser.error(f"--launchers={arguments.launchers}: allowed is here, then processes, slurm or ray")
    if min(arguments.runs, arguments.epochs, arguments.rounds) < 1 or arguments.kills < 0:
        parser.error("--runs, --epochs, --rounds: allowed is an integer, 1 or more; --kills: 0 or more")
    absent = {name: reason for name in names if (reason := _missing(name))}
    names = [name for name in names if name not in absent]
    folder = Path(tempfile.mkdtemp(prefix="launchers-"))
    try:
        with signals.as_interrupts(), _cluster(folder / "slurm", "slurm" in names):
            bench = Bench(folder, arguments.runs, arguments.epochs)
            passes, tallies = _measure(bench, names, arguments)
            found = origin.words(bench.results)
    except KeyboardInterrupt:
        return signals.exit_code()
    finally:
        stop()
        shutil.rmtree(folder, ignore_errors=True)
    print(_table(passes, tallies, absent, arguments.runs))
    epochs = "1 epoch" if arguments.epochs == 1 else f"{arguments.epochs} epochs"
    print(f"\n{arguments.runs} runs of {epochs}; {found}. {_EXPLANATION}")
    notes = [f"{name}: {note}" for name, tally in tallies.items() for note in tally.notes()]
    print("\n".join(notes), file=sys.stderr)
    return 1 if notes else 0


def _measure(
    bench: Bench, names: list[str], arguments: argparse.Namespace
) -> tuple[dict[str, list[Pass]], dict[str, Tally]]:
    """The undisturbed sweeps, and the disturbed one, of each launcher."""
    passes: dict[str, list[Pass]] = {name: [] for name in names}
    tallies = {}
    with Progress(Work("launchers", len(names) * (arguments.rounds + 1), "sweep")) as progress:
        for number in range(arguments.rounds):
            for name in names:
                last = bench.undisturbed(name, number)
                passes[name].append(last)
                tqdm.write(f"{name}: {last.wall:.1f} s, start-up {last.start_up:.1f} s", file=sys.stderr)
                progress.advance()
        for name in names:
            first = passes[name][0]
            # Half of that on average: a killed worker has time to start again.
            pace = 2 * max(first.start_up, first.wall / max(1, arguments.kills))
            tallies[name] = bench.disturbed(name, pace, arguments.kills, arguments.seed)
            tqdm.write(f"{name}: {tallies[name].injected} kills", file=sys.stderr)
            progress.advance()
    return passes, tallies


def _table(
    passes: Mapping[str, list[Pass]],
    tallies: Mapping[str, Tally],
    absent: Mapping[str, str],
    runs: int,
) -> str:
    wall = {name: statistics.median(each.wall for each in some) for name, some in passes.items()}
    rows: list[tuple[object, ...]] = []
    for name, some in passes.items():
        workers = WORKERS[name]
        start_up = statistics.median(each.start_up for each in some)
        overhead = statistics.median(
            (each.wall - each.start_up - each.epochs / workers) / max(1, runs - 1) for each in some
        )
        speed_up = f"{wall['here'] / wall[name]:.2f}"
        times = (f"{wall[name]:.1f}", f"{start_up:.1f}", f"{overhead:.3f}", speed_up)
        tally = tallies[name]
        rows.append((name, workers, *times, tally.injected, *map(len, tally.found()), ""))
    rows += [(name, *[""] * 10, f"skipped: {reason}") for name, reason in absent.items()]
    times = ("wall, s", "start-up, s", "overhead a run, s", "speed-up")
    columns = ["launch", "workers", *times, "kills", *FINDINGS, "note"]
    return str(pd.DataFrame(rows, columns=columns).to_markdown(index=False, disable_numparse=True))


def _launch(launcher: str) -> tuple[str, ...]:
    """The arguments that ask for a launcher."""
    workers = (f"launch.workers={WORKERS[launcher]}",) if launcher != "here" else ()
    return (f"launch={launcher}", *workers)


def _missing(launcher: str) -> str:
    """Why a launcher cannot be used here; empty if it can."""
    package = {"slurm": "submitit", "ray": "ray"}.get(launcher)
    if package and importlib.util.find_spec(package) is None:
        return f"{package} is not installed"
    return slurm_cluster.missing() if launcher == "slurm" else ""


@contextlib.contextmanager
def _cluster(folder: Path, wanted: bool) -> Iterator[None]:
    """A Slurm cluster of this machine for the commands that are started, if it is wanted."""
    if not wanted:
        yield
        return
    folder.mkdir()
    with slurm_cluster.started(folder) as configuration:
        os.environ["SLURM_CONF"] = str(configuration)
        yield


if __name__ == "__main__":
    sys.exit(main())
