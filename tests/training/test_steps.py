"""`train.engine=graph` with a stand-in for CUDA graphs that does the captured work again."""

from collections.abc import Callable, Sequence

import pytest
import torch
from conftest import Make

from isbe_bench.data import sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.errors import InputError
from isbe_bench.measuring.capture import Replay
from isbe_bench.runs.rows import Epoch
from isbe_bench.tasks.train.settings import ReadyTraining
from isbe_bench.training.trainer import Trainer

# A rate that float32 holds exactly, since graphs read it from a tensor.
RECIPE = ("train.epochs=3", "schedule.final_lr_ratio=1.0", "optimizer.lr=0.0078125")
NETS = {
    "n0": ("arch=n0", "optimizer=sgd"),
    "center": ("arch=perceptron", "loss=center", "optimizer=sgd"),
    "airbench": (
        *("arch=airbench", "arch.widths=[4,4,4]", "arch.whitening_bias_epochs=1"),
        *("optimizer=airbench_sgd", "targets=smooth", "loss=isbe_tanh"),
    ),
}


class StandIn:
    """In place of `capture`: replays do the work again, and the last of them forgets gradients."""

    def __init__(self) -> None:
        self.captures = self.replays = 0

    def __call__(self, phases: Sequence[Callable[[], None]], forget: Callable[[], None]) -> list[Replay]:
        self.captures += 1
        for _ in range(4):
            for phase in phases:
                phase()
            forget()

        def last() -> None:
            self.replays += 1
            phases[-1]()
            forget()

        return [*phases[:-1], last]


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> StandIn:
    made = StandIn()
    monkeypatch.setattr("isbe_bench.measuring.capture.capture", made)
    return made


def trainer(config: ReadyTraining, engine: str) -> Trainer:
    asked = config.model_copy(update={"train": config.train.model_copy(update={"engine": engine})})
    dataset = DeviceDataset(asked.dataset, asked.seed, torch.device("cpu"))
    return Trainer(asked, dataset, sources.describe(asked.dataset), torch.device("cpu"))


def curves(rows: list[Epoch]) -> list[tuple[float, ...]]:
    return [(row.running_loss, row.train_loss, row.test_accuracy) for row in rows]


@pytest.mark.parametrize(
    "net", [pytest.param(net, marks=[] if net == "center" else [pytest.mark.slow]) for net in NETS]
)
def test_graphs_train_as_single_operations_do(make_config: Make, stand_in: StandIn, net: str) -> None:
    config = make_config(*RECIPE, *NETS[net])
    eager, graph = trainer(config, "eager"), trainer(config, "graph")
    assert curves(list(eager.epochs())) == curves(list(graph.epochs()))
    for name, value in eager.state()["modules"].items():
        assert torch.equal(value, graph.state()["modules"][name]), name
    # Eleven batches an epoch, of which diagnostics look at two, the last of them a smaller one.
    assert stand_in.replays == 3 * 9
    assert stand_in.captures == (2 if net == "airbench" else 1)  # its first bias stops learning


@pytest.mark.slow
def test_it_goes_on_where_it_was(make_config: Make, stand_in: StandIn) -> None:
    config = make_config(*RECIPE, *NETS["n0"])
    whole, first = trainer(config, "graph"), trainer(config, "graph")
    expected = curves(list(whole.epochs()))
    next(first.epochs())
    second = trainer(config, "graph")
    second.restore(first.state())
    assert curves(list(second.epochs())) == expected[1:]


def test_a_step_that_cannot_be_captured_runs_eagerly_with_a_reason(
    make_config: Make, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fails(phases: Sequence[Callable[[], None]], forget: Callable[[], None]) -> list[Replay]:
        for phase in phases:
            phase()
        raise RuntimeError("operation not permitted when stream is capturing")

    monkeypatch.setattr("isbe_bench.measuring.capture.capture", fails)
    config = make_config(*RECIPE, *NETS["n0"])
    eager, graph = trainer(config, "eager"), trainer(config, "graph")
    assert curves(list(eager.epochs())) == curves(list(graph.epochs()))
    said = capsys.readouterr().out
    assert said.count("train.engine=graph: steps run eagerly (") == 1
    assert "not permitted when stream is capturing" in said


def test_graphs_need_cuda(make_config: Make) -> None:
    with pytest.raises(InputError) as caught:
        make_config("device=cpu", "train.engine=graph")
    assert str(caught.value) == (
        "train.engine=graph: needs CUDA, and the device is cpu; allowed is eager"
    )
    assert "train.engine" not in make_config().identity()


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs CUDA")
@pytest.mark.parametrize("net", NETS)
def test_graphs_train_alike_on_cuda(make_config: Make, net: str) -> None:
    losses = {}
    for engine in ("eager", "graph"):
        config = make_config(*RECIPE, *NETS[net], "device=cuda", f"train.engine={engine}")
        dataset = DeviceDataset(config.dataset, config.seed, torch.device("cuda"))
        made = Trainer(config, dataset, sources.describe(config.dataset), torch.device("cuda"))
        losses[engine] = [row.running_loss for row in made.epochs()]
    assert losses["graph"] == pytest.approx(losses["eager"], rel=1e-3)
