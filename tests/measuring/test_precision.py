"""Precision: what computes in it, and what stays float32."""

import pytest
import torch
from conftest import Make, MakeTiming
from torch import Tensor, nn

from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.measuring import precision
from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import EPOCHS, Epoch
from isbe_bench.settings.device import Precision

CPU = torch.device("cpu")


class Recording(nn.Linear):
    """Keeps the type that it computes in."""

    def forward(self, images: Tensor) -> Tensor:
        result = super().forward(images)
        self.computed = result.dtype
        return result


@pytest.mark.parametrize("name", ["float32", "bf16"])
def test_scores_and_gradients_are_float32(name: Precision) -> None:
    network = Recording(5, 3)
    scores = precision.forward(network, name, CPU)(torch.randn(4, 5))
    assert network.computed == (torch.bfloat16 if name == "bf16" else torch.float32)
    assert scores.dtype == torch.float32
    scores.sum().backward()
    assert network.weight.grad is not None
    assert network.weight.grad.dtype == torch.float32


def test_bfloat16_rounds_to_eight_bits() -> None:
    torch.manual_seed(0)
    network, images = nn.Linear(64, 10), torch.randn(32, 64)
    exact, rounded = (precision.forward(network, name, CPU)(images) for name in ("float32", "bf16"))
    error = float(((rounded - exact).norm() / exact.norm()).detach())
    assert 2**-12 < error < 2**-6


@pytest.mark.parametrize("loss", ["ce_mean", "isbe_tanh", "center"])
def test_a_training_in_bfloat16_is_another_run_and_learns(make_config: Make, loss: str) -> None:
    plain, rounded = (
        make_config("train.epochs=3", f"loss={loss}", f"device.precision={name}")
        for name in ("float32", "bf16")
    )
    assert "device.precision" not in plain.identity()
    assert rounded.identity()["device.precision"] == "bf16"
    assert run.execute(rounded).status == "done"
    epochs = RunFolder(rounded).read_rows(EPOCHS, Epoch)
    assert epochs[-1].train_loss < epochs[0].train_loss


def test_times_in_bfloat16(make_timing: MakeTiming, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "isbe_bench.measuring.processes.run_fresh", lambda work, *given, heard: work(*given, heard)
    )
    short = ("timing.processes=2", "timing.rounds=2", "timing.warmup=1", "timing.losses=[ce_mean]")
    assert run.execute(make_timing("device.precision=bf16", *short)).status == "done"


def test_tf32_needs_cuda(make_config: Make) -> None:
    with pytest.raises(InputError) as caught:
        make_config("device=cpu", "device.precision=tf32")
    assert str(caught.value) == (
        "device.precision=tf32: needs CUDA, and the device is cpu; allowed is float32 or bf16"
    )


@pytest.mark.parametrize(("name", "word"), [("float32", "ieee"), ("bf16", "ieee"), ("tf32", "tf32")])
def test_cuda_rounds_to_tf32_only_when_asked(name: Precision, word: str) -> None:
    try:
        precision.set_float32(name)
        assert torch.backends.cudnn.conv.fp32_precision == word  # type: ignore[attr-defined]
        assert torch.backends.cuda.matmul.fp32_precision == word
    finally:
        precision.set_float32("float32")
