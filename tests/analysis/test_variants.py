"""Names of variants: a loss and a classifier with their numbers; and which runs are compared so."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from conftest import Make
from recorded import make_own, record

from isbe_bench.analysis import Analysis, variants
from isbe_bench.analysis.collection import collect, write

NAN = float("nan")


def results(make_config: Make) -> Path:
    return Path(make_config().results_dir)


@pytest.mark.parametrize(
    ("loss", "settings", "name"),
    [
        ("ce_mean", {}, "ce_mean"),
        ("ce_mean", {"classifier.name": "linear", "classifier.scale": NAN}, "ce_mean"),
        (
            "ce_mean",
            {"classifier.name": "scaled_bn", "classifier.scale": 0.8, "classifier.affine": False},
            "ce_mean/scaled_bn(0.8)",
        ),
        (
            "isbe_tanh",
            {"classifier.name": "scaled_bn", "classifier.scale": 1.0, "classifier.affine": True},
            "isbe_tanh/scaled_bn(1,affine)",
        ),
        (
            "am_softmax",
            {"classifier.name": "cosine", "classifier.scale": 7.5, "loss.margin": 0.35},
            "am_softmax(0.35)/cosine(7.5)",
        ),
        (
            "pedcc",
            {"classifier.name": "pedcc", "classifier.scale": 10.0, "classifier.centroids": "simplex",
             "loss.margin": 0.5, "loss.weight": 1.0},
            "pedcc(0.5)/pedcc(10)",
        ),
        (
            "pedcc",
            {"classifier.name": "pedcc", "classifier.scale": 10.0, "classifier.centroids": "repulsion",
             "loss.margin": 0.5, "loss.weight": 2.0},
            "pedcc(0.5,2)/pedcc(10,repulsion)",
        ),
        ("center", {"classifier.name": "linear", "loss.weight": 0.003}, "center(0.003)"),
    ],
)  # fmt: skip
def test_a_name_tells_loss_classifier_and_numbers(
    loss: str, settings: Mapping[str, Any], name: str
) -> None:
    assert variants.name(loss, settings) == name
    assert variants.loss_of(name) == loss
    assert variants.classifier_of(name) == settings.get("classifier.name", "linear")


def test_names_are_in_the_order_of_losses_classifiers_and_numbers() -> None:
    ordered = [
        "ce_mean",
        "ce_mean/scaled_bn(0.8)",
        "ce_mean/scaled_bn(1)",
        "ce_mean/scaled_bn(1,affine)",
        "ce_mean/scaled_bn(10)",
        "ce_mean/cosine(7.5)",
        "ce_mean/mine",
        "isbe_tanh",
        "isbe_tanh/scaled_bn(1)",
        "am_softmax(0.35)/cosine(7.5)",
    ]
    mixed = [*ordered[1::2], *ordered[::2]]
    assert sorted(mixed, key=variants.place) == ordered


@pytest.fixture
def analysis(make_config: Make) -> Analysis:
    """ce_mean and tanh, linear and with scaled batch norm of two scales; AM-Softmax; two seeds each."""
    for seed in ("seed=0", "seed=1"):
        for loss, alpha in (("ce_mean", 90.0), ("isbe_tanh", 89.0)):
            record(make_config, alpha, f"loss={loss}", seed)
            record(make_config, alpha + 1, f"loss={loss}", "classifier=scaled_bn", seed)
        record(make_config, 92.0, "classifier=scaled_bn", "classifier.scale=0.8", seed)
        record(make_config, 88.0, "loss=am_softmax", "classifier=cosine", seed)
    return Analysis(collect(results(make_config)))


def test_other_classifiers_do_not_enter_the_comparison_of_losses(analysis: Analysis) -> None:
    (group,) = analysis.trainings
    assert group.modes == ["ce_mean", "isbe_tanh"]
    assert group.settings == ""
    assert list(group.by_seed["ce_mean"]) == [90.0, 90.0]


def test_variants_are_compared_with_cross_entropy_and_with_their_own_loss(analysis: Analysis) -> None:
    (group,) = analysis.classifiers
    assert group.modes == [
        "ce_mean",
        "ce_mean/scaled_bn(0.8)",
        "ce_mean/scaled_bn(1)",
        "isbe_tanh",
        "isbe_tanh/scaled_bn(1)",
        "am_softmax(0.35)/cosine(7.5)",
    ]
    against = group.against_reference("isbe_tanh/scaled_bn(1)")
    same = group.against_linear("isbe_tanh/scaled_bn(1)")
    assert against is not None
    assert same is not None
    assert [against.difference.mean, same.difference.mean] == pytest.approx([0.0, 1.0])
    assert group.against_linear("am_softmax(0.35)/cosine(7.5)") is None
    assert group.against_reference("ce_mean") is None
    cells = {(cell.mode, cell.reference): cell.value.mean for cell in analysis.cells}
    assert cells["ce_mean/scaled_bn(0.8)", None] == pytest.approx(92.0)
    assert cells["ce_mean/scaled_bn(0.8)", "ce_mean"] == pytest.approx(2.0)
    assert cells["isbe_tanh/scaled_bn(1)", "isbe_tanh"] == pytest.approx(1.0)


def test_a_loss_with_numbers_is_compared_with_itself(make_config: Make) -> None:
    record(make_config, 90.0, "loss=center")
    record(make_config, 92.0, "loss=center", "classifier=scaled_bn")
    (group,) = Analysis(collect(results(make_config))).classifiers
    pair = group.against_linear("center(0.003)/scaled_bn(1)")
    assert pair is not None
    assert pair.difference.mean == pytest.approx(2.0)


def test_one_loss_beside_other_classifiers_is_shown_once(make_config: Make) -> None:
    record(make_config, 90.0)
    record(make_config, 91.0, "classifier=cosine")
    analysis = Analysis(collect(results(make_config)))
    assert analysis.trainings == []
    assert [group.modes for group in analysis.classifiers] == [["ce_mean", "ce_mean/cosine(7.5)"]]


def test_parameters_of_the_users_own_classifiers_and_losses_are_told_apart(make_config: Make) -> None:
    for factor in (1, 2):
        folder = record(make_config, 90.0, f"seed={factor}", "classifier=cosine")
        own = {"_target_": "mine.Head", "name": "mine", "scale": float(factor)}
        make_own(folder, classifier=own)
    analysis = Analysis(collect(results(make_config)))
    (group,) = analysis.classifiers
    assert group.modes == ["ce_mean/mine(scale=1.0)", "ce_mean/mine(scale=2.0)"]
    assert group.where["settings"] == ""


def test_records_give_the_same_variants(analysis: Analysis, tmp_path: Path) -> None:
    write(analysis.collection, tmp_path / "again" / "records")
    again = Analysis(collect(tmp_path / "again"))
    assert [group.modes for group in again.classifiers] == [
        group.modes for group in analysis.classifiers
    ]
    assert [cell.value for cell in again.cells] == [cell.value for cell in analysis.cells]


def test_a_slim_net_is_told_wherever_it_is_shown(make_config: Make) -> None:
    for width in ("arch.width=64", "arch.width=8"):
        record(make_config, 90.0, "arch=resnet18", width)
        record(make_config, 91.0, "arch=resnet18", width, "classifier=cosine")
    analysis = Analysis(collect(results(make_config)))
    assert [group.where["settings"] for group in analysis.classifiers] == [
        "arch.width=64",
        "arch.width=8",
    ]


def test_a_slim_net_alone_is_told_too(make_config: Make) -> None:
    record(make_config, 90.0, "arch=resnet18", "arch.width=8")
    record(make_config, 91.0, "arch=resnet18", "arch.width=8", "classifier=cosine")
    (group,) = Analysis(collect(results(make_config))).classifiers
    assert group.where["settings"] == "arch.width=8"
