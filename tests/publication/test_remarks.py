"""Claims on what the first paper remarks on its tables and curves, on runs with known curves."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Make
from recorded import record

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.losses import ISBE
from isbe_bench.publication.claim import Claim
from isbe_bench.publication.claims import remarks

Judged = Callable[[], dict[str, Claim]]
SEEDS = range(6)


@pytest.fixture
def judged(tmp_path: Path) -> Judged:
    def judge() -> dict[str, Claim]:
        made = remarks.make(Analysis(collect(tmp_path / "results")))
        return {claim.title: claim for claim in made}

    return judge


def mnist(make: Make, mode: str, alpha: float, seed: int, **curves: Any) -> None:
    record(make, alpha, "dataset=mnist", f"loss={mode}", f"seed={seed}", **curves)


def cifar10(make: Make, alphas: Mapping[str, float], epochs: int = 30) -> None:
    """VGG-16 for 30 epochs or more, below which the curves of the paper have not parted."""
    for mode, alpha in alphas.items():
        for seed in SEEDS:
            overrides = "dataset=cifar10", "arch=vgg16", f"loss={mode}", f"seed={seed}"
            record(make, alpha + 0.01 * seed, *overrides, epochs=epochs)


@pytest.mark.parametrize(
    ("effect", "verdict"), [(0.1, "holds"), pytest.param(-0.1, "does not hold", marks=pytest.mark.slow)]
)
def test_pluses_and_minuses(make_config: Make, judged: Judged, effect: float, verdict: str) -> None:
    for seed in SEEDS:
        mnist(make_config, "ce_mean", 99.5 + 0.001 * seed, seed)
        for mode in ISBE:
            mnist(make_config, mode, 99.5 + effect + 0.001 * seed, seed)
    made = judged()["More pluses than minuses in Table 4"]
    assert made.verdict == verdict
    assert ("5 pluses, 0 minuses" in made.findings[0].evidence) == (effect > 0)


@pytest.mark.parametrize(("alpha", "verdict"), [(99.5, "holds"), (98.0, "does not hold")])
def test_the_range_of_final_accuracies(
    make_config: Make, judged: Judged, alpha: float, verdict: str
) -> None:
    for seed in SEEDS:
        mnist(make_config, "ce_mean", alpha + 0.01 * seed, seed)
    assert judged()["Final accuracies on MNIST lie between 99.4 and 99.7 %"].verdict == verdict


@pytest.mark.parametrize(
    ("loss", "near", "below"), [(0.5, "holds", "holds"), (0.2, *["does not hold"] * 2)]
)
def test_progressive_and_validation_losses_beside_the_training_loss(
    make_config: Make, judged: Judged, loss: float, near: str, below: str
) -> None:
    """The progressive loss is 0.5 in every run, the validation loss 0.4."""
    for seed in SEEDS:
        for mode in ("ce_mean", "isbe_softmax", "isbe_sigmoid"):
            mnist(make_config, mode, 99.5, seed, losses=[loss] * 3)
    made = judged()
    assert made["The training loss is close to the progressive loss"].verdict == near
    assert made["The validation loss is below the training loss"].verdict == below


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.5, "holds"), pytest.param(2.0, "does not hold", marks=pytest.mark.slow)]
)
def test_limits_of_training_losses(
    make_config: Make, judged: Judged, ratio: float, verdict: str
) -> None:
    for seed in SEEDS:
        mnist(make_config, "ce_mean", 99.5, seed, losses=[0.1 + 0.001 * seed] * 3)
        for mode in ISBE:
            mnist(make_config, mode, 99.5, seed, losses=[ratio * 0.1] * 3)
    title = "Training losses under ISBE tend to a lower limit than under cross-entropy"
    assert judged()[title].verdict == verdict


CIFAR = {
    "CIFAR-10: hard versions are inferior",
    "CIFAR-10: tanh is slightly best of the ISBE options",
    "CIFAR-10: the best results are near 93 %",
}
AS_PRINTED = {
    **{"isbe_tanh": 93.0, "isbe_softmax": 92.5, "isbe_sigmoid": 92.4},
    **{"isbe_hardtanh": 91.0, "isbe_hardsigmoid": 91.1},
}


def test_accuracies_on_cifar10(make_config: Make, judged: Judged) -> None:
    cifar10(make_config, AS_PRINTED)
    made = judged()
    assert {title for title, claim in made.items() if claim.verdict == "holds"} == CIFAR
    fit = made["CIFAR-10: an almost perfect fit of the training images"]
    assert fit.verdict == "does not hold"  # training accuracy is as low as test accuracy
    assert "least under isbe_hardtanh" in fit.findings[0].evidence


@pytest.mark.slow
def test_other_accuracies_on_cifar10(make_config: Make, judged: Judged) -> None:
    cifar10(make_config, {mode: 95.0 - alpha + 85.0 for mode, alpha in AS_PRINTED.items()})
    made = judged()
    assert {made[title].verdict for title in CIFAR} == {"does not hold"}


@pytest.mark.slow
def test_short_trainings_on_cifar10_decide_nothing(make_config: Make, judged: Judged) -> None:
    cifar10(make_config, AS_PRINTED, epochs=3)
    made = judged()
    assert {made[title].verdict for title in CIFAR} == {"undecided"}
