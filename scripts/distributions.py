"""`make dist`: builds sdist and wheel, and tries both in empty environments, as a new user would.

With the Python that runs this, the package is installed whole, trains a sweep and publishes it. With
every other Python at hand that pyproject.toml allows, it is installed without PyTorch, which is large.
With each, published results are made again from their records: the tables have to be the same bytes.
A Python that is not at hand is named, and fails nothing unless it was asked for.
"""

import argparse
import filecmp
import os
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from tqdm import tqdm

_REPOSITORY = Path(__file__).parents[1]
_PUBLISHED = _REPOSITORY / "results" / "airbench-cpu"
_LARGE = ("torch", "torchvision")
_HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
_BUILT = ("isbe_bench-*.tar.gz", "isbe_bench-*.whl")


def main() -> int:
    """Build, try, and print a line for each trial; returns the exit code."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("dist"), metavar="DIR", help="default: dist")
    parser.add_argument(
        "--python", nargs="+", default=[], metavar="PATH", help="interpreters that are not on the PATH"
    )
    parser.add_argument(
        "--whole", nargs="+", default=[], metavar="3.X", help="versions to install PyTorch for, too"
    )
    asked = parser.parse_args()
    project = tomllib.loads((_REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    whole = {*asked.whole, _HERE}
    try:
        pythons = _pythons(SpecifierSet(project["requires-python"]), asked.python)
        if absent := whole.difference(pythons):
            raise ValueError(f"--whole {' '.join(sorted(absent))}: allowed is {', '.join(pythons)}")
        packages = _build(asked.out)
        for version, python in tqdm(pythons.items(), unit="Python", disable=None):
            dependencies = project["dependencies"]
            with tempfile.TemporaryDirectory() as name:
                place = Path(name)
                _prepare(place, python, dependencies if version in whole else _small(dependencies))
                for package in packages:
                    _install(place, package)
                    _publish_again(place)
                    if version in whole:
                        _train(place)
                    how = "trained, published" if version in whole else "published, without PyTorch"
                    tqdm.write(f"{package.name}, Python {version}: {how}")
    except subprocess.CalledProcessError as error:
        print(f"dist: {' '.join(map(str, error.cmd))}\n{error.stdout}{error.stderr}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"dist: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


def _build(out: Path) -> list[Path]:
    """The sdist, and the wheel that is built from it; those of earlier builds are removed.

    Raises
    ------
    ValueError
        If `out` is no folder.
    """
    if out.exists() and not out.is_dir():
        raise ValueError(f"--out {out}: allowed is a folder")
    for pattern in _BUILT:
        for earlier in out.glob(pattern):
            earlier.unlink()
    _run(sys.executable, "-m", "build", "--outdir", out, _REPOSITORY)
    return sorted(path for pattern in _BUILT for path in out.resolve().glob(pattern))


def _pythons(allowed: SpecifierSet, asked: Sequence[str]) -> dict[str, str]:
    """Path by version: this Python, those on the PATH, and those asked for, which take precedence.

    Raises
    ------
    ValueError
        If one that is asked for does not run, or is not allowed.
    """
    found = {}
    for version in (f"3.{minor}" for minor in range(30)):
        path = shutil.which(f"python{version}")
        if allowed.contains(version) and path and _version(path) == version:
            found[version] = path
        elif allowed.contains(version) and version != _HERE:
            lacking = f"{path} does not run" if path else "not on the PATH"
            print(f"Python {version}: {lacking}; not tried")
    found[_HERE] = sys.executable
    for path in asked:
        version = _version(path)
        if not version or not allowed.contains(version):
            raise ValueError(f"--python {path}: allowed is an interpreter of Python {allowed}")
        found[version] = path
    return found


def _version(python: str) -> str:
    """Such as `3.12`; empty if it does not run."""
    program = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        ended = subprocess.run([python, "-c", program], capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return ended.stdout.strip() if ended.returncode == 0 else ""


def _small(dependencies: Sequence[str]) -> list[str]:
    return [each for each in dependencies if Requirement(each).name not in _LARGE]


def _prepare(place: Path, python: str, dependencies: Sequence[str]) -> None:
    """A new environment with these packages."""
    _run(python, "-m", "venv", place / "venv")
    _pip(place, "--constraint", _REPOSITORY / "constraints.txt", *dependencies)


def _install(place: Path, package: Path) -> None:
    """In place of the one before; nothing else is fetched."""
    _pip(place, "--no-deps", "--force-reinstall", package)


def _pip(place: Path, *words: str | Path) -> None:
    _run(place / "venv" / "bin" / "python", "-m", "pip", "install", "--quiet", *words)


def _publish_again(place: Path) -> None:
    """Tables, figures and report from published records.

    Raises
    ------
    ValueError
        If a table is missing or differs.
    """
    results = place / "published"
    shutil.rmtree(results, ignore_errors=True)
    shutil.copytree(_PUBLISHED / "records", results / "records")
    _command(place, "publish", results)
    names = {path.name for path in (_PUBLISHED / "tables").iterdir()}
    equal, *_ = filecmp.cmpfiles(_PUBLISHED / "tables", results / "tables", names, shallow=False)
    if differing := names.difference(equal):
        raise ValueError(f"of {_PUBLISHED.name}, other bytes in {', '.join(sorted(differing))}")


def _train(place: Path) -> None:
    """A sweep with the data that the package holds, published."""
    shutil.rmtree(place / "results", ignore_errors=True)
    _command(place, "-m", "loss=ce_mean,isbe_softmax", "train.epochs=2")
    _command(place, "publish")


def _command(place: Path, *words: str | Path) -> None:
    _run(place / "venv" / "bin" / "isbe-bench", *words, cwd=place)


def _run(*command: str | Path, cwd: Path | None = None) -> None:
    """A command that must not see the repository's own packages."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    subprocess.run(command, cwd=cwd, env=environment, check=True, capture_output=True, text=True)


if __name__ == "__main__":
    sys.exit(main())
