"""Files of a data set that are truncated, corrupted or missing."""

from pathlib import Path
from typing import Literal

from mnist_files import write_mnist

from injection.trial import Trial

Damage = Literal["truncated", "corrupted", "missing"]

_HEADER_BYTES = 8


DATA = "data"
"""The folder of the files, beside the results."""
TINY = (
    *("dataset=mnist", "dataset.name=tiny", "dataset.download=false"),
    *("train.batch_size=8", "train.epochs=3"),
)
"""Arguments of a training on them, but for their place."""


def make(root: Path) -> str:
    """Make the files; the argument that is their place."""
    write_mnist(root)
    return f"dataset.root={root}"


def damaged_before(trial: Trial, damage: Damage) -> None:
    """The command is refused before a run begins."""
    file, content = _damage(trial, damage, header=True)
    code = trial.ended(command := trial.start())
    if code != 1 or (trial.results / "runs").exists():
        trial.tally.lost.append(f"{damage} data: exit code {code}, {command.printed}")
    file.write_bytes(content)
    trial.finish()


def damaged_between(trial: Trial, damage: Damage) -> None:
    """The file is damaged while the first run is at work; no run may end with what it holds then."""
    command = trial.start()
    trial.wait_for(command, "runs/*/epochs.csv")
    file, content = _damage(trial, damage, header=False)
    trial.ended(command)
    file.write_bytes(content)
    trial.finish()


def _damage(trial: Trial, damage: Damage, header: bool) -> tuple[Path, bytes]:
    """Damage a random file; that file and its content. `header` corrupts what tells its format."""
    file = trial.random.choice(sorted((trial.folder / DATA / "MNIST" / "raw").iterdir()))
    content = file.read_bytes()
    trial.tally.injected += 1
    if damage == "missing":
        file.unlink()
    elif damage == "truncated":
        file.write_bytes(content[: trial.random.randrange(len(content))])
    else:
        start = 0 if header else _HEADER_BYTES
        changed = trial.random.randbytes(_HEADER_BYTES)
        file.write_bytes(content[:start] + changed + content[start + _HEADER_BYTES :])
    return file, content
