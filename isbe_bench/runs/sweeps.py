"""The runs of a command: `<results_dir>/sweeps/<hash>.json`, written before the first one starts.

A file is named by its runs, so the same command replaces its own. It stays until it is deleted.
"""

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from isbe_bench.runs import reading
from isbe_bench.runs.files import make_folder, write_atomically
from isbe_bench.runs.worker import Worker


@dataclass(frozen=True)
class Sweep:
    """The runs of one command.

    Attributes
    ----------
    command
        As typed.
    started
        When its last start was (UTC, ISO 8601).
    worker
        The process of its last start.
    job
        What its workers are called where they can be looked up, such as `Slurm job 12`; or empty.
    runs
        The title of each run, by the name of its folder, in the order of the command.
    """

    command: str
    started: str
    worker: Worker
    job: str
    runs: Mapping[str, str]

    @property
    def is_live(self) -> bool:
        """Whether its process still works, as far as this machine can tell."""
        return self.worker.is_here and self.worker.is_alive


def path(results: Path, runs: Iterable[str]) -> Path:
    """The file of a sweep of these runs, given by the names of their folders."""
    name = hashlib.sha256("\n".join(sorted(runs)).encode()).hexdigest()[:10]
    return results / "sweeps" / f"{name}.json"


def write(results: Path, command: str, runs: Mapping[str, str], job: str = "") -> None:
    """Record that this process begins with `runs`, or lets workers do them; arguments as in `Sweep`.

    Raises
    ------
    OSError
        The file cannot be written.
    """
    file = path(results, runs)
    make_folder(file.parent)
    started = datetime.now(UTC).isoformat(timespec="seconds")
    content = {"command": command, "started": started, **dataclasses.asdict(Worker.current())}
    text = json.dumps(content | {"job": job, "runs": dict(runs)}, indent=2, ensure_ascii=False)
    write_atomically(file, f"{text}\n")


def read(results: Path) -> list[Sweep]:
    """All recorded sweeps, the oldest first; files that cannot be read are left out."""
    found = [_read(path) for path in (results / "sweeps").glob("*.json")]
    return sorted((each for each in found if each), key=lambda sweep: sweep.started)


def _read(path: Path) -> Sweep | None:
    try:
        content = reading.json_file(path)
        worker = Worker.read(content)
        command, runs = str(content["command"]), dict(content["runs"])
        # Users type what `status` shows: a line of somebody else's must not do more than run the suite.
        if worker is None or not _is_of_suite(command):
            return None
        titles = {slug: str(title) for slug, title in runs.items()}
        return Sweep(command, str(content["started"]), worker, str(content.get("job", "")), titles)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_of_suite(command: str) -> bool:
    words = shlex.split(command)
    return words[:1] == ["isbe-bench"] and shlex.join(words) == command and command.isprintable()
