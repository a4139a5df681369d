"""What lies in a results folder cannot stop, flood or end the process that reads it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from isbe_bench.runs import reading

DEEP = 100_000


@pytest.mark.parametrize(
    "text",
    ["[" * DEEP, "[" * DEEP + "]" * DEEP, "{a: " * DEEP + "1" + "}" * DEEP, "- " * DEEP, "? " * DEEP],
    ids=["open", "brackets", "braces", "dashes", "questions"],
)
def test_deep_yaml_does_not_end_the_process(text: str, tmp_path: Path) -> None:
    """In a process of its own: libyaml's loader overflows the stack, which no `except` catches."""
    path = tmp_path / "config.yaml"
    path.write_text(text)
    code = "import sys, pathlib; from isbe_bench.runs import reading\n" + (
        "try: reading.yaml_file(pathlib.Path(sys.argv[1]))\nexcept ValueError as error: print(error)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "it is nested too deeply\n")


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {b: *a}",
        "a: &a [1]\nb: [*a, *a]",
        "a: 2001-01-01",
        "a: !!python/object/apply:os.system [id]",
        "a: 0x" + "f" * 20,
        "a: 1: 2",
    ],
)
def test_yaml_that_the_suite_does_not_write_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="."):
        reading.parse_yaml(text)


def test_yaml_that_it_writes_is_read() -> None:
    text = (
        "task: train\nloss: {name: a, rate: 1.0e-08}\nsizes:\n- {classes: 2}\n- {classes: 3}\nx: null\n"
    )
    assert reading.parse_yaml(text) == {
        "task": "train",
        "loss": {"name": "a", "rate": 1e-8},
        "sizes": [{"classes": 2}, {"classes": 3}],
        "x": None,
    }


@pytest.mark.parametrize(
    "content",
    [b"[" * DEEP, b"[" * 50 + b"]" * 50, b"\xff\xfe", b'"\\ud800"', b"9" * 5000, b"1" * 30, b""],
)
def test_json_that_nobody_could_use_is_a_value_error(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(content)
    with pytest.raises(ValueError, match="."):
        reading.json_file(path)


def test_a_byte_order_mark_is_no_content(tmp_path: Path) -> None:
    path = tmp_path / "status.json"
    path.write_bytes(b'\xef\xbb\xbf{"a": NaN}')
    assert list(reading.json_file(path)) == ["a"]


def test_only_files_of_a_sensible_size_are_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    os.mkfifo(path)  # opening it would wait for a writer for ever
    for read in (reading.json_file, reading.yaml_file, reading.check_regular):
        with pytest.raises(ValueError, match="not a file"):
            read(path)
    path.unlink()
    with path.open("wb") as file:
        file.truncate(10 * 2**30)
    for read in (reading.json_file, reading.yaml_file, reading.check_regular):
        with pytest.raises(ValueError, match="has 10737418240 bytes"):
            read(path)
    path.unlink()
    path.symlink_to(path.name)
    with pytest.raises(OSError, match="."):
        reading.json_file(path)
