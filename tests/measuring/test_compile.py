"""`device.compile`: the same training up to rounding, and where it is refused."""

import pytest
import torch
from conftest import Make, MakeHead, MakeTheory

from isbe_bench import networks
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.losses import heads
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import DIAGNOSTICS, EPOCHS, Diagnostic, Epoch

needs_compiler = pytest.mark.skipif(
    heads.missing_compiler("cpu") is not None, reason="needs a C++ compiler"
)


@pytest.mark.slow
@needs_compiler
@pytest.mark.filterwarnings("ignore")  # of the compiler
def test_a_compiled_training_is_another_run_that_learns_the_same(make_config: Make) -> None:
    usual = "arch=perceptron", "train.epochs=2", "loss=center"  # a loss that takes features
    torch._dynamo.utils.counters.clear()
    plain, compiled = make_config(*usual), make_config(*usual, "device.compile=true")
    assert "device.compile" not in plain.identity()
    assert compiled.identity()["device.compile"] is True
    rows = {}
    for config in (plain, compiled):
        assert run.execute(config).status == "done"
        folder = RunFolder(config)
        rows[config.device.compile] = folder.read_rows(EPOCHS, Epoch)
        quantities = {row.quantity for row in folder.read_rows(DIAGNOSTICS, Diagnostic)}
        assert {"error", "gradient"} <= quantities
    assert torch._dynamo.utils.counters["stats"]["unique_graphs"] > 0
    for one, other in zip(*rows.values(), strict=True):
        assert one.train_loss == pytest.approx(other.train_loss, rel=0.02)


@pytest.mark.filterwarnings("ignore")  # of the compiler
def test_weights_keep_their_names(make_config: Make) -> None:
    config = make_config()
    network = networks.initialised(config.arch, (1, 8, 8), 10, 0, torch.device("cpu"))
    before = list(network.state_dict())
    networks.compile_body(network)
    assert list(network.state_dict()) == before


def test_a_missing_compiler_is_named(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda name: None)
    with pytest.raises(InputError, match="device.compile=true: torch.compile needs a C"):
        make_config("device=cpu", "device.compile=true")


def test_tasks_without_a_network_refuse_it(make_head: MakeHead, make_theory: MakeTheory) -> None:
    with pytest.raises(InputError, match="device.compile=true: task=head has no network to compile"):
        make_head("device.compile=true")
    with pytest.raises(InputError, match="task=theory has no network to compile; allowed is false"):
        make_theory("device.compile=true")
