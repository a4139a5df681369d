"""A task is one object, found by its name; another one edits nothing that is there."""

import dataclasses
import subprocess
import sys
from pathlib import Path

import pytest

from isbe_bench import tasks
from isbe_bench.errors import InputError
from isbe_bench.settings.run import ReadyRun


def test_tasks_are_the_files_of_their_group(root: Path) -> None:
    assert set(tasks.names()) == {path.stem for path in (root / "conf" / "task").iterdir()}
    with pytest.raises(
        InputError, match="task=nothing: allowed is head, oracle, theory, timing or train"
    ):
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
        "assert len(asked) == 5; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
