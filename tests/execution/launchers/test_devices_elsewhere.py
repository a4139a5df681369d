"""Workers on other machines have devices that may not be here."""

from typing import Any

import pytest

from isbe_bench import tasks
from isbe_bench.errors import InputError
from isbe_bench.execution import sweep
from isbe_bench.settings import composition


def device(*overrides: str) -> Any:
    composed = composition.defaults(overrides)
    ((ready, _),) = sweep.checked([tasks.find("train").parse(composed)])
    return ready.device


@pytest.mark.parametrize(
    ("overrides", "name"),
    [
        (("launch=slurm",), "cpu"),
        (("launch=slurm", "launch.gpus=1"), "cuda"),
        (("launch=slurm", "launch.gpus=1", "device=cuda"), "cuda"),
        (("launch=slurm", "launch.gpus=1", "device=cpu"), "cpu"),
        (("launch=ray", "launch.gpus=0.5"), "cuda"),
        (("launch=ray", "launch.gpus=0"), "cpu"),
    ],
)
def test_auto_is_the_device_that_workers_ask_for(overrides: tuple[str, ...], name: str) -> None:
    assert device(*overrides).name == name


def test_a_gpu_needs_to_be_asked_for() -> None:
    with pytest.raises(InputError, match=r"^device\.name=cuda: .*launch\.gpus=0"):
        device("launch=slurm", "device=cuda")


def test_a_device_of_this_machine_is_checked_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(InputError, match=r"^device\.name=cuda: no CUDA device"):
        device("launch=processes", "device=cuda")
