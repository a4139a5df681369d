"""The reference beside autograd: they agree, and one error in a layer or a loss is found."""

import dataclasses
from collections.abc import Callable

import pytest
import torch
from torch import nn

from isbe_bench import losses
from isbe_bench.errors import InputError
from isbe_bench.oracle import layers, translation
from isbe_bench.oracle.comparison import Comparison
from isbe_bench.oracle.heads import HEADS, Head
from isbe_bench.oracle.layers import Array, Gradients, Layer
from isbe_bench.settings import loss
from isbe_bench.settings.loss import Isbe

CLASSES = 4
WRONG = 1 + 1e-6
"""The factor of a deliberate error."""


def network(batch_norm: bool) -> nn.Module:
    norms = [nn.BatchNorm2d(3)] if batch_norm else []
    return nn.Sequential(
        nn.Conv2d(1, 3, 3, padding=1, bias=not batch_norm),
        *norms,
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(3, 4, 2, stride=2),
        nn.ReLU(inplace=True),
        nn.Dropout(0.5),
        nn.Flatten(),
        nn.Linear(16, 7),
        nn.ReLU(),
        nn.Linear(7, CLASSES, bias=False),
    )


def compared(name: str, batch_norm: bool = True, head: Head | None = None) -> Comparison:
    torch.manual_seed(0)
    settings, made = loss.in_full(name), network(batch_norm)
    mode = losses.make(settings, CLASSES, made)
    blur = settings.blur_amount if isinstance(settings, Isbe) else 0.0
    return Comparison(made, mode, head or HEADS[name], CLASSES, blur)


def batch(images: int) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(images)
    labels = torch.randint(CLASSES, (images,), generator=generator)
    return torch.randn(images, 1, 8, 8, generator=generator), labels


@pytest.mark.parametrize("batch_norm", [True, False])
@pytest.mark.parametrize("name", HEADS)
def test_every_loss_agrees_with_autograd(name: str, batch_norm: bool) -> None:
    comparison = compared(name, batch_norm)
    assert comparison.gradient(*batch(6)).value < 1e-13
    epoch = comparison.epoch([batch(6), batch(5), batch(6)], 0.01)
    assert epoch.value < 1e-12
    assert epoch.steps == 3


def test_taken_to_the_letter_the_first_layer_gets_nothing() -> None:
    finding = compared("ce_mean").as_printed(*batch(6))
    assert (finding.value, finding.holds) == (3, False)
    assert finding.note == "of 8: 0.weight, 1.weight, 1.bias; the loop ends at k = 2"


def test_a_training_that_diverges_is_compared_until_then() -> None:
    finding = compared("isbe_normalize").epoch([batch(6)] * 50, 10.0)
    assert finding.holds
    assert 0 < finding.steps < 50


def wrong_error(backward: Callable[[Layer, Array], tuple[Array, Gradients]]) -> Callable[..., object]:
    def wrong(layer: Layer, error: Array) -> tuple[Array, Gradients]:
        back, gradients = backward(layer, error)
        return WRONG * back, gradients

    return wrong


def wrong_gradient(
    backward: Callable[[Layer, Array], tuple[Array, Gradients]],
) -> Callable[..., object]:
    def wrong(layer: Layer, error: Array) -> tuple[Array, Gradients]:
        back, gradients = backward(layer, error)
        return back, {name: WRONG * value for name, value in gradients.items()}

    return wrong


WEIGHTED = (layers.Linear, layers.Convolution, layers.BatchNorm)
OTHERS = (layers.ReLU, layers.MaxPooling, layers.Dropout, layers.Flatten, layers.SoftMax)


@pytest.mark.parametrize(
    ("layer", "mutate"),
    [(layer, wrong_error) for layer in (*WEIGHTED, *OTHERS)]
    + [(layer, wrong_gradient) for layer in WEIGHTED],
)
def test_one_error_in_a_layer_is_found(
    layer: type[Layer], mutate: Callable[..., Callable[..., object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(layer, "backward", mutate(layer.backward))
    comparison = compared("ce_mean")
    assert not comparison.gradient(*batch(6)).holds
    assert not comparison.epoch([batch(6)], 0.01).holds


@pytest.mark.parametrize("name", HEADS)
def test_one_error_in_a_loss_is_found(name: str) -> None:
    head = HEADS[name]
    wrong = {
        "start": dataclasses.replace(head, start=lambda x, targets: WRONG * head.start(x, targets)),
        "averages": dataclasses.replace(head, averages=not head.averages),
        "symmetric": dataclasses.replace(head, symmetric=not head.symmetric),
        "blurred": dataclasses.replace(head, blurred=not head.blurred),
    }
    if not head.blurred:
        del wrong["blurred"]  # cross-entropy has no amount to blur by
    for each in wrong.values():
        assert not compared(name, head=each).gradient(*batch(6)).holds


def test_a_layer_that_the_reference_does_not_have_is_named() -> None:
    for module, told in (
        (nn.GELU(), "cannot compute 1, GELU.*, by hand"),
        (nn.Conv2d(1, 1, 3, dilation=2), "cannot compute 1, Conv2d.*dilation.*, by hand"),
        (nn.BatchNorm2d(1, affine=False), "cannot compute 1, BatchNorm2d.*affine=False.*, by hand"),
        (nn.MaxPool2d(3, padding=1), "cannot compute 1, MaxPool2d.*padding=1.*, by hand"),
    ):
        made = nn.Sequential(nn.Flatten(), module)
        mode = losses.make(loss.in_full("ce_mean"), CLASSES, made)
        with pytest.raises(InputError, match=told):
            Comparison(made, mode, HEADS["ce_mean"], CLASSES, 0.0)


class Doubled(nn.Sequential):
    def forward(self, images: torch.Tensor) -> torch.Tensor:
        for layer in self:
            images = layer(images)
        return 2 * images


def hooked() -> nn.Module:
    made = network(batch_norm=True)
    made[0].register_forward_hook(lambda module, inputs, output: 2 * output)  # type: ignore[index]
    return made


def shared() -> nn.Module:
    layer = nn.Linear(8, 8)
    return nn.Sequential(nn.Flatten(2), nn.Flatten(), nn.Linear(64, 8), layer, nn.ReLU(), layer)


def frozen() -> nn.Module:
    made = network(batch_norm=True)
    made.get_parameter("1.bias").requires_grad_(False)
    return made


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (Doubled(*network(batch_norm=True).children()), "this one makes other scores of them"),
        (hooked(), "cannot compute 0, Conv2d"),
        (shared(), "this one makes other scores of them"),
        (frozen(), "weights that learn, each of one layer, and 1.bias is not one"),
    ],
)
def test_what_the_reference_cannot_stand_for_is_refused(made: nn.Module, told: str) -> None:
    with pytest.raises(InputError, match=told):
        translation.check(made, batch(4)[0])


def test_what_it_can_stand_for_is_not() -> None:
    translation.check(network(batch_norm=True), batch(4)[0])
