"""Workers are replaced when they die, and signals are passed on to them."""

import os
import signal
import sys
import threading
import time
from pathlib import Path

import pytest

from isbe_bench.execution.launchers import supervising
from isbe_bench.execution.launchers.shift import Shift
from isbe_bench.execution.launchers.supervising import FRUITLESS, Post

DIE = "import os, signal; os.kill(os.getpid(), signal.SIGKILL)"


class Script(Shift):
    """Workers that run a Python script instead; `starts` in their folder gets a line from each."""

    def command(self) -> list[str]:
        (script,) = self.arguments
        return [sys.executable, "-c", f"print('x', file=open('starts', 'a'))\n{script}"]

    @property
    def starts(self) -> int:
        return len((Path(self.place) / "starts").read_text().splitlines())


def shift(folder: Path, script: str) -> Script:
    (folder / "runs" / "run").mkdir(parents=True)
    return Script("sweep", (script,), str(folder), (str(folder),))


def wait_for_end(post: Post) -> None:
    while post.is_manned():
        time.sleep(0.01)


@pytest.mark.parametrize("code", [0, 1])
def test_a_worker_that_ends_by_itself_is_not_replaced(tmp_path: Path, code: int) -> None:
    work = shift(tmp_path, f"raise SystemExit({code})")
    post = Post(work)
    post.start()
    wait_for_end(post)
    assert work.starts == 1


@pytest.mark.parametrize("death", [DIE, "raise SystemExit(143)"])
def test_a_worker_that_dies_is_replaced(tmp_path: Path, death: str) -> None:
    script = f"if open('starts').read().count('x') < 3:\n open('runs/run/a', 'a').write('x')\n {death}"
    work = shift(tmp_path, script)
    post = Post(work)
    post.start()
    wait_for_end(post)
    assert work.starts == 3


def test_workers_that_die_before_they_change_any_run_are_given_up(tmp_path: Path) -> None:
    work = shift(tmp_path, DIE)
    post = Post(work)
    post.start()
    wait_for_end(post)
    assert work.starts == FRUITLESS


def test_a_change_of_a_run_sets_the_count_of_deaths_back(tmp_path: Path) -> None:
    progress = (
        "import time\nif open('starts').read().count('x') == 3: open('runs/run/epochs.csv', 'w')\n"
    )
    work = shift(tmp_path, f"{progress}{DIE}")
    post = Post(work)
    post.start()
    wait_for_end(post)
    assert work.starts == 3 + FRUITLESS


def test_output_goes_to_the_log_and_variables_to_the_worker(tmp_path: Path) -> None:
    work = shift(tmp_path, "import os; print('threads', os.environ['OMP_NUM_THREADS'])")
    log = tmp_path / "worker.log"
    post = Post(work, {"OMP_NUM_THREADS": "7"}, log)
    post.start()
    wait_for_end(post)
    assert log.read_text() == "threads 7\n"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2])
def test_a_signal_is_passed_on_and_its_worker_is_waited_for(
    tmp_path: Path, number: signal.Signals
) -> None:
    script = (
        "import signal, sys, time\n"
        "def save(number, frame):\n"
        " open('saved', 'w').write(str(number)); sys.exit(128 + number)\n"
        f"signal.signal({int(number)}, save)\n"
        "open('ready', 'w').close()\n"
        "time.sleep(60)\n"
    )
    work = shift(tmp_path, script)

    def send() -> None:
        while not (tmp_path / "ready").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), number)

    before = signal.getsignal(number)
    thread = threading.Thread(target=send)
    thread.start()
    assert supervising.man(work) == number
    thread.join()
    assert (tmp_path / "saved").read_text() == str(int(number))
    assert work.starts == 1
    assert signal.getsignal(number) == before


def test_a_shift_survives_a_command_line() -> None:
    work = Shift("a1b2", ("-m", "arch=n0,n1", "results_dir='a b'"), "/home/a b", ("/home/a b/results",))
    assert Shift.read(work.text()) == work
