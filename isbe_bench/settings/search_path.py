"""Where the files of settings lie: the package's `conf/`, and the user's folder of `--config-dir`."""

import functools
import sys
from pathlib import Path

from isbe_bench.errors import InputError

# Inside an installed package, else beside it, in a checkout.
_PACKAGE = Path(__file__).parents[1]
CONF = next(path for path in (_PACKAGE / "conf", _PACKAGE.parent / "conf") if path.is_dir())

_own: Path | None = None


def add(folder: Path) -> None:
    """Add the folder of `--config-dir`: its YAML files become choices, its modules can be imported.

    A part that has the name of one of the package's is refused, since records know parts by name.

    Raises
    ------
    InputError
        The folder does not exist, or a file in it has the name of one of the package's.
    """
    global _own
    if not folder.is_dir():
        raise InputError(f"--config-dir {folder}: allowed is an existing folder")
    for group in groups():
        for name in sorted(names(folder, group).keys() & names(CONF, group).keys()):
            raise InputError(
                f"--config-dir {folder}: {group}/{name}.yaml has the name of one of isbe-bench's own; "
                "allowed is another name"
            )
    _own = folder.resolve()
    if str(_own) not in sys.path:  # which fresh processes take over
        sys.path.insert(0, str(_own))


def folders() -> list[Path]:
    """The folders that are searched, the package's first."""
    return [CONF] if _own is None else [CONF, _own]


def groups() -> tuple[str, ...]:
    """The groups of settings, without Hydra's own."""
    return tuple(sorted(path.name for path in CONF.iterdir() if path.is_dir() and path.name != "hydra"))


@functools.cache
def names(folder: Path, group: str) -> dict[str, Path]:
    """The file of each choice of a group that a folder has, by its name."""
    return {path.stem: path for path in (folder / group).glob("*.yaml")}


def choices(group: str) -> dict[str, Path]:
    """The file of each choice of a group, by its name."""
    found = {name: path for folder in folders() for name, path in names(folder, group).items()}
    return dict(sorted(found.items()))
