"""Results do not depend on whether anybody can read what a command prints, nor on the locale."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a POSIX shell")

PACKAGE = str(Path(__file__).parents[1])
SMALL = "-m loss=ce_mean,isbe_softmax train.epochs=1"
OWN_PART = '''"""Größe."""
import math
from torch import nn

class Netz(nn.Sequential):
    """Für Ähnliches."""

    def __init__(self, shape, classes, text):
        super().__init__(nn.Flatten(), nn.Linear(math.prod(shape), classes))
        print("Text:", text)
'''


def shell(folder: Path, line: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A line of bash, in which $I is the command."""
    command = f'"{sys.executable}" -m isbe_bench'
    return subprocess.run(
        ["bash", "-c", line.replace("$I", command)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": PACKAGE, "OMP_NUM_THREADS": "1"} | environment,
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The results of a sweep whose reader left before it began."""
    folder = tmp_path_factory.mktemp("sweep")
    done = shell(folder, f"$I {SMALL} | true; exit ${{PIPESTATUS[0]}}", PYTHONWARNDEFAULTENCODING="1")
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "Broken" not in done.stderr
    # The warning of a file of the suite's that is opened in the locale's encoding.
    assert [
        line for line in done.stderr.splitlines() if "isbe_bench" in line and "Encoding" in line
    ] == []
    return folder


def ended(folder: Path) -> list[str]:
    paths = sorted(folder.glob("results/runs/*/status.json"))
    return [json.loads(path.read_text(encoding="utf-8"))["status"] for path in paths]


def test_a_reader_that_leaves_costs_no_run(results: Path) -> None:
    assert ended(results) == ["done", "done"]


@pytest.mark.slow
@pytest.mark.parametrize("where", [">/dev/full", ">&-", "2>&-", "<&- >&- 2>&-", ">/dev/full 2>&1"])
def test_output_that_goes_nowhere_costs_no_run(tmp_path: Path, where: str) -> None:
    done = shell(tmp_path, f"$I {SMALL} {where}")
    assert done.returncode == 0, done.stderr
    assert ended(tmp_path) == ["done", "done"]
    assert "Traceback" not in done.stderr
    lost = "isbe-bench: what is printed is lost (No space left on device)\n"
    assert (lost in done.stderr) == (where == ">/dev/full")


@pytest.mark.slow
def test_a_timed_task_without_streams(tmp_path: Path) -> None:
    timing = "task=timing timing.processes=2 timing.rounds=2 timing.warmup=1 timing.losses=[ce_mean]"
    done = shell(tmp_path, f"$I {timing} 2>&1 >&- | true; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == 0
    assert ended(tmp_path) == ["done"]


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("$I tables | true", 0),
        ("$I status --watch | head -1", 0),
        ("$I compare results results | true", 0),
        ("$I compare results results >&-", 0),
        ("$I compare results results >/dev/full", 1),
        ("$I tables >/dev/full", 0),  # its files are written
    ],
)
def test_words_end_when_nobody_reads_them(results: Path, line: str, code: int) -> None:
    done = shell(results, f"{line}; exit ${{PIPESTATUS[0]}}")
    assert done.returncode == code
    lost = "isbe-bench: what is printed is lost (No space left on device)\n"
    assert done.stderr == (lost if "full" in line else "")


@pytest.fixture(scope="module")
def latin(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a German locale in ISO-8859-1."""
    folder = tmp_path_factory.mktemp("locale")
    make = ["localedef", "-i", "de_DE", "-f", "ISO-8859-1", str(folder / "de_DE.ISO-8859-1")]
    try:
        subprocess.run(make, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("localedef cannot make a locale")
    return {"LOCPATH": str(folder), "LC_ALL": "de_DE.ISO-8859-1"}


@pytest.mark.slow
def test_every_locale_gives_the_same_run(tmp_path: Path, latin: dict[str, str]) -> None:
    """With umlauts in an own part, in its folder and in that of the results."""
    (tmp_path / "öl" / "arch").mkdir(parents=True)
    (tmp_path / "öl" / "netz.py").write_text(OWN_PART, encoding="utf-8")
    part = "name: netz\n_target_: netz.Netz\ntext: größer → ∞\n"
    (tmp_path / "öl" / "arch" / "netz.yaml").write_text(part, encoding="utf-8")
    names = set()
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for number, environment in enumerate([{"LC_ALL": "C.utf8"}, {"LC_ALL": "C"}, bare, latin]):
        results = f"ergebnis_ü{number}"
        own = f"--config-dir öl arch=netz train.epochs=1 \"results_dir='{results}'\""
        done = shell(tmp_path, f"$I {own} && $I tables {results}", **environment)
        assert done.returncode == 0, done.stderr
        assert "Text: größer → ∞\n" in done.stdout
        assert f"{results}/tables/table3_alpha.csv\n" in done.stdout
        (run,) = (tmp_path / results / "runs").iterdir()
        assert "text: größer → ∞\n" in (run / "config.yaml").read_text(encoding="utf-8")
        names.add(run.name)
    assert len(names) == 1


def test_arguments_that_are_not_utf_8(tmp_path: Path, latin: dict[str, str]) -> None:
    done = shell(tmp_path, r"$I $'results_dir=x\xfc'", **latin)
    assert done.returncode == 1
    assert done.stderr == "isbe-bench: results_dir=x\\udcfc: is not UTF-8; allowed is UTF-8\n"


def test_pytorch_that_does_not_fit_is_one_line(tmp_path: Path) -> None:
    done = shell(tmp_path, "ulimit -v 500000; $I train.epochs=1")
    assert done.returncode == 1
    announced, line = done.stderr.splitlines()
    assert announced == "isbe-bench: 1 run; loading PyTorch ..."
    assert line.startswith("isbe-bench: PyTorch cannot be loaded (")
    assert line.endswith("ulimit -v allows 500,000 KiB of memory, PyTorch needs more")
    assert not list(tmp_path.iterdir())
