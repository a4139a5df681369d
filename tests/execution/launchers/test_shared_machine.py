"""Workers on one machine share its cores and GPUs."""

import pytest
from conftest import Make, MakeTiming

from isbe_bench.errors import InputError
from isbe_bench.execution.launchers import processes
from isbe_bench.settings.launch import Processes
from isbe_bench.settings.run import ReadyRun


@pytest.fixture(autouse=True)
def own_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OMP_NUM_THREADS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)


def asked(workers: int | None) -> Processes:
    return Processes(name="processes", workers=workers)


def on_gpu(run: ReadyRun, index: int = 0) -> ReadyRun:
    device = run.device.model_copy(update={"name": "cuda", "index": index})
    return run.model_copy(update={"device": device})


@pytest.mark.parametrize(
    ("workers", "runs", "cores", "threads"),
    [
        (None, 100, 8, ["1"] * 8),
        (2, 100, 8, ["4", "4"]),
        (3, 100, 8, ["2", "2", "2"]),
        (16, 100, 8, ["1"] * 16),
        (4, 1, 8, ["8"]),
    ],
)
def test_cores_are_divided(
    make_config: Make, workers: int | None, runs: int, cores: int, threads: list[str]
) -> None:
    dealt = processes.deal(asked(workers), [make_config()] * runs, cores, [])
    assert dealt == [{"OMP_NUM_THREADS": number} for number in threads]


def test_threads_that_the_user_set_stay(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    dealt = processes.deal(asked(2), [make_config()] * 2, 8, [])
    assert dealt == [{"OMP_NUM_THREADS": "3"}] * 2


@pytest.mark.parametrize(
    ("workers", "gpus"), [(None, ["0", "1", "2"]), (2, ["0", "1"]), (5, ["0", "1", "2", "0", "1"])]
)
def test_gpus_are_dealt_out(make_config: Make, workers: int | None, gpus: list[str]) -> None:
    runs = [on_gpu(make_config())] * 9
    dealt = processes.deal(asked(workers), runs, 8, ["0", "1", "2"])
    assert [each["CUDA_VISIBLE_DEVICES"] for each in dealt] == gpus


def test_one_gpu_needs_no_dealing(make_config: Make) -> None:
    (dealt,) = processes.deal(asked(None), [on_gpu(make_config())] * 9, 8, ["0"])
    assert dealt == {"OMP_NUM_THREADS": "8"}


def test_timed_runs_never_share_a_device(make_config: Make, make_timing: MakeTiming) -> None:
    timed = [make_timing(), make_config()]
    assert len(processes.deal(asked(2), timed, 8, [])) == 1
    on_gpus = [on_gpu(run) for run in [*timed] * 4]
    dealt = processes.deal(asked(6), on_gpus, 8, ["0", "1"])
    assert [each["CUDA_VISIBLE_DEVICES"] for each in dealt] == ["0", "1"]


def test_an_index_is_refused_where_each_worker_sees_one_gpu(
    make_config: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "2,3")
    processes.check(asked(2), [make_config(), on_gpu(make_config())])
    with pytest.raises(InputError, match=r"^device\.index=1: .* allowed is 0"):
        processes.check(asked(2), [on_gpu(make_config(), index=1)])
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    processes.check(asked(2), [on_gpu(make_config(), index=1)])
