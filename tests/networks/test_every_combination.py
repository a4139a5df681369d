"""Every classifier under every loss that takes its scores, on every kind of net: a step that learns."""

from typing import Any

import pytest
import torch
from torch import nn

from isbe_bench import losses, networks
from isbe_bench.catalogue.classifiers import CLASSIFIERS
from isbe_bench.catalogue.losses import LOSSES
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.errors import InputError
from isbe_bench.networks.features import FeatureTap
from isbe_bench.settings import composition, words
from isbe_bench.settings.architecture import AnyArchitecture
from isbe_bench.settings.classifier import AnyClassifier
from isbe_bench.settings.loss import AnyLoss

CLASSES, SHAPE = 10, (1, 32, 32)
NETS: dict[str, dict[str, object]] = {
    "resnet18": {"width": 8},
    "resnet50": {"width": 4},
    "vgg_zhu": {"width": 4},
}
"""Slim ones of the large nets."""
LARGE = ("vgg16", "resnet50", "vgg_zhu", "n1r")
"""In .ci/run alone: they take longest, or differ from another one in a bias."""
NEEDS = {
    "am_softmax": "cosine pedcc",
    "pedcc": "cosine pedcc",
    "a_softmax": "cosine pedcc",
    "l_softmax": "linear",
}


def chosen(kind: object, group: str, name: str, **changed: object) -> Any:
    return words.validate(kind, composition.choice(group, name) | changed, group)


@pytest.mark.parametrize("classifier", CLASSIFIERS.names())
@pytest.mark.parametrize(
    "net",
    [pytest.param(net, marks=[pytest.mark.slow] if net in LARGE else []) for net in NETWORKS.names()],
)
def test_a_step_reaches_what_learns(net: str, classifier: str) -> None:
    arch = chosen(AnyArchitecture, "arch", net, bias=False, **NETS.get(net, {}))
    torch.manual_seed(0)
    images, labels = torch.randn(6, *SHAPE), torch.arange(6)
    network = networks.make(arch, SHAPE, CLASSES, chosen(AnyClassifier, "classifier", classifier))
    tap = FeatureTap(network, CLASSES)
    for loss in LOSSES.names():
        settings = chosen(AnyLoss, "loss", loss)
        if classifier not in NEEDS.get(loss, classifier).split():
            with pytest.raises(InputError):
                losses.make(settings, CLASSES, network)
            continue
        mode = losses.make(settings, CLASSES, network)
        modules = nn.ModuleList([network, *([mode.module] if mode.module else [])])
        modules.zero_grad()
        scores = network(images)
        mode.forward(scores, labels, *(tap() if mode.wants_features else ()))
        mode.backward()
        for name, parameter in modules.named_parameters():
            if not parameter.requires_grad:  # a constant of the network
                continue
            assert parameter.grad is not None, (loss, name)
            assert parameter.grad.isfinite().all(), (loss, name)
            assert parameter.grad.abs().max() > 0, (loss, name)
        assert scores.shape == (6, CLASSES)
    fixed = dict(network.named_buffers()).get("classifier.weight")
    assert (fixed is not None) == (classifier == "pedcc")
