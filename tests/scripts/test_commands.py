"""Processes of a command that is disturbed are found wherever they are."""

import random
from pathlib import Path

import pytest
from injection import commands
from injection.commands import Command

ORPHAN = """
import subprocess, sys
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], start_new_session=True)
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    """A program in the place of isbe-bench."""
    (tmp_path / "isbe_bench").mkdir()
    (tmp_path / "isbe_bench" / "__init__.py").touch()
    return tmp_path / "isbe_bench" / "__main__.py"


def test_a_process_that_outlives_its_command_is_an_orphan(
    program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "SECONDS_TO_LEAVE", 0.1)
    program.write_text(ORPHAN)
    command = Command([], program.parents[1])
    other = Command([], program.parents[1])
    assert command.wait() == other.wait() == 0
    (found,) = command.orphans()
    assert "time.sleep(60)" in found
    command.kill_group()
    assert command.orphans() == []
    assert len(other.processes()) == 1
    other.kill_group()


def test_all_processes_of_a_command_are_killed(program: Path) -> None:
    program.write_text(f"{ORPHAN}\nopen('begun', 'w')\nimport time\ntime.sleep(60)")
    command = Command([], program.parents[1])
    while command.is_running and not (program.parents[1] / "begun").exists():
        commands.pause(0.01)
    assert len(command.processes()) == 2
    assert command.kill("group", random.Random(0))
    assert command.wait() == -9
    assert command.orphans() == []
    assert not command.kill("command", random.Random(0))
