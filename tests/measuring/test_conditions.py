"""What disturbs a measurement is recorded, and named beyond a threshold."""

import math
import os
import sys
import types
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import filelock
import psutil
import pytest
import torch

from isbe_bench.errors import InputError
from isbe_bench.measuring import device_lock, gpu
from isbe_bench.measuring.conditions import Watch
from isbe_bench.runs.rows import Conditions

CPU = torch.device("cpu")
CUDA = torch.device("cuda", 0)


@dataclass
class Clock:
    current: float


def watched(monkeypatch: pytest.MonkeyPatch, share: float, *states: gpu.State) -> Conditions:
    monkeypatch.setattr("isbe_bench.measuring.environment.ForeignLoad.share", lambda self: share)
    read = iter(states or (gpu.State(), gpu.State()))
    monkeypatch.setattr("isbe_bench.measuring.gpu.read", lambda device: next(read))
    return Watch(3, 0.001, CPU).conditions()


@pytest.mark.parametrize(
    ("share", "words"), [(0.0, ""), (0.05, ""), (0.06, "other processes took 6% of the CPU")]
)
def test_other_processes_on_the_cpu(monkeypatch: pytest.MonkeyPatch, share: float, words: str) -> None:
    conditions = watched(monkeypatch, share)
    assert (conditions.process, conditions.clock_ms, conditions.foreign_cpu_share) == (3, 0.001, share)
    assert words in conditions.disturbed
    assert bool(conditions.disturbed) == bool(words)
    assert ("force=true" in conditions.disturbed) == bool(words)


def test_the_state_of_a_gpu_at_either_end_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    conditions = watched(
        monkeypatch, 0.0, gpu.State(1500.0, 0.0), gpu.State(1200.0, 2.0, frozenset({"temperature"}))
    )
    assert (conditions.gpu_mhz_before, conditions.gpu_mhz_after, conditions.gpu_others) == (
        1500.0,
        1200.0,
        2.0,
    )
    assert "2 other processes used the GPU" in conditions.disturbed
    assert "the GPU was slowed down (temperature)" in conditions.disturbed


def test_what_is_not_known_does_not_disturb(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "cpu_freq", lambda: None)
    conditions = watched(monkeypatch, 0.0)
    assert math.isnan(conditions.cpu_mhz_before)
    assert math.isnan(conditions.gpu_others)
    assert conditions.disturbed == ""


def test_frequencies_are_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    frequencies = iter([Clock(3000.0), Clock(2400.0)])
    monkeypatch.setattr(psutil, "cpu_freq", lambda: next(frequencies))
    conditions = watched(monkeypatch, 0.0)
    assert (conditions.cpu_mhz_before, conditions.cpu_mhz_after) == (3000.0, 2400.0)


class NvmlError(Exception):
    pass


def fake_nvml(pids: list[int], reasons: int) -> types.ModuleType:
    """As much of `pynvml` as is used."""
    module = types.ModuleType("pynvml")
    functions: dict[str, Any] = {
        "NVMLError": NvmlError,
        "NVML_CLOCK_SM": 1,
        "nvmlInit": lambda: None,
        "nvmlShutdown": lambda: None,
        "nvmlDeviceGetHandleByUUID": lambda uuid: uuid,
        "nvmlDeviceGetComputeRunningProcesses": lambda handle: [types.SimpleNamespace(pid=p) for p in pids],
        "nvmlDeviceGetClockInfo": lambda handle, clock: 1980,
        "nvmlDeviceGetCurrentClocksThrottleReasons": lambda handle: reasons,
        "nvmlClocksThrottleReasonSwPowerCap": 4,
        "nvmlClocksThrottleReasonSwThermalSlowdown": 32,
        "nvmlClocksThrottleReasonHwThermalSlowdown": 64,
        "nvmlClocksThrottleReasonHwPowerBrakeSlowdown": 128,
    }  # fmt: skip
    for name, value in functions.items():
        setattr(module, name, value)
    return module


@pytest.fixture
def uuid(monkeypatch: pytest.MonkeyPatch) -> None:
    properties = types.SimpleNamespace(uuid="abc")
    monkeypatch.setattr("torch.cuda.get_device_properties", lambda device: properties)


@pytest.mark.usefixtures("uuid")
def test_a_gpu_is_read_through_nvml(monkeypatch: pytest.MonkeyPatch) -> None:
    own = [os.getpid(), os.getppid()]
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml([*own, 7, 8], 4 | 1))
    assert gpu.read(CUDA) == gpu.State(1980.0, 2.0, frozenset({"power limit"}))
    monkeypatch.setitem(sys.modules, "pynvml", fake_nvml([7], 0))  # a container's own numbers
    assert math.isnan(gpu.read(CUDA).others)


@pytest.mark.usefixtures("uuid")
def test_without_nvml_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pynvml", None)
    assert math.isnan(gpu.read(CUDA).mhz)
    module = fake_nvml([], 0)

    def refuse() -> None:
        raise NvmlError

    module.nvmlInit = refuse  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pynvml", module)
    assert math.isnan(gpu.read(CUDA).mhz)
    assert math.isnan(gpu.read(CPU).mhz)


def test_a_second_timed_run_waits_and_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: os.PathLike[str]
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    acquired: list[bool] = []

    def acquire(self: Any, blocking: bool = True) -> None:
        acquired.append(blocking)
        if not blocking:
            raise filelock.Timeout("held by another")

    with device_lock.hold(CPU):
        assert capsys.readouterr().out == ""
        with monkeypatch.context() as patch:
            patch.setattr(filelock.FileLock, "acquire", acquire)
            with device_lock.hold(CPU):
                assert "waiting for another timed run on this cpu to end" in capsys.readouterr().out
    assert acquired == [False, True]


def test_a_lock_folder_of_another_user_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    path = tmp_path / f"isbe-bench-{os.getuid()}"
    assert device_lock.folder() == path
    assert not path.exists()  # asking makes nothing
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    path.symlink_to(elsewhere)
    message = f"{path}: is not a folder of yours.* have it removed, or set TMPDIR"
    with pytest.raises(InputError, match=message), device_lock.hold(CPU):
        pass
    path.unlink()
    path.mkdir(mode=0o777)
    path.chmod(0o777)
    with device_lock.hold(CPU):
        assert path.stat().st_mode & 0o777 == 0o700
    other = os.getuid() + 1
    monkeypatch.setattr("os.getuid", lambda: other)
    path.rename(tmp_path / f"isbe-bench-{os.getuid()}")
    with pytest.raises(InputError, match="is not a folder of yours"):
        device_lock.folder()
