"""The Makefile: what a user gives is text, which neither make nor the shell runs."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="needs make")

STUB = """#!/usr/bin/env python3
import json, os, sys
with open(os.environ["CALLS"], "a") as calls:
    print(json.dumps(sys.argv[1:]), file=calls)
"""


@pytest.fixture
def checkout(tmp_path: Path, root: Path) -> Path:
    """A folder with the Makefile, installed, whose `isbe-bench` notes its arguments."""
    folder = tmp_path / "checkout"
    (folder / ".venv/bin").mkdir(parents=True)
    shutil.copy(root / "Makefile", folder)
    for name in ("pyproject.toml", "constraints.txt", ".venv/.installed"):
        (folder / name).touch()
    for name in ("isbe-bench", "python"):
        (folder / ".venv/bin" / name).write_text(STUB)
        (folder / ".venv/bin" / name).chmod(0o755)
    return folder


def make(checkout: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    clean = {key: os.environ[key] for key in ("PATH", "HOME") if key in os.environ}
    return subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=clean | {"CALLS": str(checkout / "calls")} | environment,
        capture_output=True,
        text=True,
        check=False,
    )


def calls(checkout: Path) -> list[list[str]]:
    path = checkout / "calls"
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


PLAIN = ["results", "`touch ran`", "a; touch ran", "a b", "a & touch ran #", "(x)", "~", "*", "a,b|c>d"]
REFUSED = ["$(touch ran)", "$(shell touch ran)", "${HOME}", "$HOME", "a\\", "it's", 'a"b', "$"]


@pytest.mark.parametrize("word", ["tables", "figures", "report", "publish", "records"])
@pytest.mark.parametrize("path", ["`touch ran`", "a b"])
def test_a_word_gets_the_path_as_it_is(checkout: Path, word: str, path: str) -> None:
    assert make(checkout, word, f"RESULTS={path}").returncode == 0
    assert calls(checkout) == [[word, path]]
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("given", ["argument", "environment"])
def test_each_path_arrives_as_it_is(checkout: Path, path: str, given: str) -> None:
    if given == "argument":
        done = make(checkout, "samples", f"RESULTS={path}", f"DATA={path}")
    else:
        done = make(checkout, "samples", RESULTS=path, DATA=path)
    assert done.returncode == 0
    assert calls(checkout) == [["samples", path, "--data", path]]
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("path", REFUSED)
@pytest.mark.parametrize("name", ["RESULTS", "DATA"])
@pytest.mark.parametrize("given", ["argument", "environment"])
def test_other_signs_are_refused_in_one_line(checkout: Path, path: str, name: str, given: str) -> None:
    if given == "argument":
        done = make(checkout, "tables", f"{name}={path}")
    else:
        done = make(checkout, "tables", **{name: path})
    assert done.returncode == 2
    assert f"{name}={path}: allowed is a path without ' \" \\ $" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not calls(checkout)
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("path", PLAIN)
def test_a_path_is_one_value_of_an_override(checkout: Path, path: str) -> None:
    make(checkout, "run", f"RESULTS={path}")
    first = calls(checkout)[0]
    assert first[0] == "task=theory"
    parsed = OverridesParser.create().parse_override(first[1])
    assert (parsed.key_or_group, parsed.value()) == ("results_dir", path)
    assert not (checkout / "ran").exists()


@pytest.mark.parametrize("stage", ["`touch ran`", "$(touch ran)", "$(shell touch ran)", "a; touch ran"])
def test_a_stage_is_words_and_no_command(checkout: Path, stage: str) -> None:
    make(checkout, "stage", f"STAGE={stage}")
    make(checkout, "stages", f"STAGES={stage}")
    ran = [each for each in calls(checkout) if each[0] not in ("samples", "publish")]
    expected = [*stage.split(), "dataset.root='data'", "results_dir='results'"]
    assert ran == [expected, expected]
    assert not (checkout / "ran").exists()


def test_the_stages_of_a_paper_run_in_order(checkout: Path) -> None:
    assert make(checkout, "paper-cifar10", "RESULTS=a b").returncode == 0
    ran = [each for each in calls(checkout) if each[0] not in ("samples", "publish")]
    stages = ["experiment=tau_vgg16", "experiment=figure6", "experiment=figure6 seed=0,1,2,3,4,5"]
    assert [" ".join(each[:-2]) for each in ran] == stages
    assert {each[-1] for each in ran} == {"results_dir='a b'"}


def test_python_is_a_path(checkout: Path) -> None:
    (checkout / ".venv/bin/python").unlink()
    assert make(checkout, "-W", "pyproject.toml", "install", "PYTHON=`touch ran`").returncode == 2
    assert not (checkout / "ran").exists()
