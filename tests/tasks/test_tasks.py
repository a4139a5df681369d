"""A task is one object, found by its name; another one edits nothing that is there."""

import dataclasses
import json
import re
import subprocess
import sys
import textwrap
from pathlib import Path
from shutil import copytree

import pytest

from isbe_bench import tasks
from isbe_bench.errors import InputError
from isbe_bench.settings.run import ReadyRun
from isbe_bench.tasks import task as base


def test_tasks_are_the_files_of_their_group(root: Path) -> None:
    assert set(tasks.names()) == {path.stem for path in (root / "conf" / "task").iterdir()}
    with pytest.raises(InputError, match="task=nothing: allowed is head, theory, timing or train"):
        tasks.find("nothing")


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_says_what_its_records_are(name: str) -> None:
    task = tasks.find(name)
    assert task.name == name
    ready = task.check.__annotations__["return"]
    assert issubclass(ready, task.settings)
    assert issubclass(ready, ReadyRun)
    columns = {field.name for row in task.files.values() for field in dataclasses.fields(row)}
    assert set(task.quantities) <= columns
    assert task.subject in columns | {"mode"}  # of a training, the mode stands in its settings


def test_no_task_imports_torch_before_it_is_at_work() -> None:
    code = (
        "import sys; from isbe_bench import tasks; from isbe_bench.cli import runs;"
        "from isbe_bench.execution import sweep;"
        "from isbe_bench.runs import folder; from isbe_bench.settings import composition;"
        "found = [tasks.find(name) for name in tasks.names()];"
        "asked = [task.parse(composition.defaults((f'task={task.name}',))) for task in found];"
        "assert len(asked) == 4; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def examples(text: str) -> list[str]:
    """The indented parts of a docstring."""
    parts = re.split(r"^(?=\S).*\n", text, flags=re.MULTILINE)
    return [textwrap.dedent(part) for part in parts if part.strip()]


def test_a_task_is_one_module_and_one_file(tmp_path: Path, root: Path) -> None:
    """As the docstring of `tasks/task.py` shows it, in a copy of the package."""
    for folder in ("isbe_bench", "conf"):
        copytree(root / folder, tmp_path / folder)
    module, conf = examples(base.__doc__ or "")
    (tmp_path / "isbe_bench/tasks/squares.py").write_text(module)
    (tmp_path / "conf/task/squares.yaml").write_text(conf)

    def command(*arguments: str) -> "subprocess.CompletedProcess[str]":
        call = [sys.executable, "-m", "isbe_bench", "task=squares", *arguments]
        return subprocess.run(call, cwd=tmp_path, env={}, capture_output=True, text=True, check=False)

    done = command("-m", "squares.count=3,4")
    assert done.returncode == 0, done.stderr
    assert "2 runs: 2 done" in done.stdout
    assert "2 runs: 2 already done" in command("-m", "squares.count=3,4").stdout
    files = sorted(tmp_path.glob("results/runs/squares-seed0-*/squares.csv"))
    assert {len(path.read_text().splitlines()) for path in files} == {4, 5}
    assert json.loads((files[0].parent / "status.json").read_text())["status"] == "done"
    refused = command("squares.count=0").stderr
    assert refused == "isbe-bench: squares.count=0: allowed is an integer, 1 or more\n"
