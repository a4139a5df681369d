"""Soft targets: smoothing, mixup and a teacher's scores, under cross-entropy and ISBE alike."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from conftest import Make
from torch import Tensor

from isbe_bench import losses
from isbe_bench.data import seeding, sources
from isbe_bench.data.device_dataset import DeviceDataset
from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.execution import run
from isbe_bench.losses.isbe import SoftError
from isbe_bench.runs.folder import RunFolder
from isbe_bench.settings import targets as settings
from isbe_bench.settings.loss import CrossEntropy, Isbe
from isbe_bench.training.targets import Targets
from isbe_bench.training.trainer import Trainer

CLASSES = 4
DESCRIPTION = Description((1, 2, 2), CLASSES, 6)
LABELS = torch.tensor([0, 3, 1])
CHOSEN = torch.tensor([5, 0, 2])
IMAGES = torch.arange(12.0).reshape(3, 1, 2, 2)
ONEHOT = F.one_hot(LABELS, CLASSES).float()


def made(targets: settings.Targets, epoch: int = 1) -> tuple[Tensor, Tensor]:
    maker = Targets(targets, DESCRIPTION, 0, torch.device("cpu"))
    maker.begin(epoch)
    return maker.make(IMAGES, LABELS, CHOSEN)


def test_labels_stay_as_they_are() -> None:
    images, labels = made(settings.Labels(name="labels"))
    assert images is IMAGES
    assert labels is LABELS


def test_smoothing_is_that_of_pytorch() -> None:
    images, soft = made(settings.Smooth(name="smooth", amount=0.2))
    assert images is IMAGES
    torch.testing.assert_close(soft[0], torch.tensor([0.85, 0.05, 0.05, 0.05]))
    scores = torch.randn(3, CLASSES)
    expected = F.cross_entropy(scores, LABELS, label_smoothing=0.2)
    torch.testing.assert_close(F.cross_entropy(scores, soft), expected)


def test_mixup_mixes_images_as_their_labels() -> None:
    images, soft = made(settings.Mixup(name="mixup", alpha=1.0))
    torch.testing.assert_close(soft.sum(1), torch.ones(3))
    # Each image is its share of one image and the rest of another; so is its row.
    flat = IMAGES.flatten(1)
    share = np.random.default_rng(seeding.derive(0, "targets", 1)).beta(1.0, 1.0)
    others = [
        next(
            other
            for other in range(3)
            if torch.allclose(share * flat[row] + (1 - share) * flat[other], images.flatten(1)[row])
        )
        for row in range(3)
    ]
    assert sorted(others) == [0, 1, 2]
    torch.testing.assert_close(soft, (share * ONEHOT + (1 - share) * ONEHOT[others]).float())


def test_mixup_depends_on_seed_and_epoch_alone() -> None:
    mixup = settings.Mixup(name="mixup", alpha=0.5)
    assert torch.equal(made(mixup)[0], made(mixup)[0])
    assert not torch.equal(made(mixup, 1)[0], made(mixup, 2)[0])


def test_a_teacher_gives_its_scores_of_the_same_images(tmp_path: Path) -> None:
    scores = np.random.default_rng(0).normal(size=(6, CLASSES)).astype(np.float32)
    np.save(tmp_path / "training_scores.npy", scores)
    values = {"scores": str(tmp_path / "training_scores.npy"), "temperature": 2.0, "weight": 0.75}
    _, soft = made(settings.Teacher.model_validate({"name": "teacher", **values}))
    taught = torch.softmax(torch.from_numpy(scores)[CHOSEN] / 2, dim=1)
    torch.testing.assert_close(soft, 0.25 * ONEHOT + 0.75 * taught)


def error(soft: Tensor, loss: Any, scores: Tensor) -> Tensor:
    leaf = scores.clone().requires_grad_()
    mode = losses.make(loss, CLASSES)
    mode.forward(leaf, soft)
    mode.backward()
    assert leaf.grad is not None
    return leaf.grad


def isbe(activation: str, **options: object) -> Isbe:
    usual = {"implementation": "direct", "blur": "appendix_b", "blur_amount": 0.0, "curve": "section_4"}
    more = {"hardsigmoid": "pytorch", "scale": "sum", "name": f"isbe_{activation}"}
    return Isbe.model_validate(usual | more | options)


@pytest.mark.parametrize("implementation", ["direct", "function"])
def test_theorem_1_holds_for_soft_targets(implementation: str) -> None:
    """The gradient of cross-entropy of soft targets is the soft error, `softmax(x) - targets`."""
    soft = torch.distributions.Dirichlet(torch.ones(CLASSES).double()).sample((5,))
    scores = 3 * torch.randn(5, CLASSES, dtype=torch.float64)
    expected = torch.softmax(scores, 1) - soft
    sent = error(soft, isbe("softmax", implementation=implementation), scores)
    torch.testing.assert_close(sent, expected)
    summed = error(soft, CrossEntropy(name="ce_sum", label_smoothing=0.0), scores)
    torch.testing.assert_close(summed, expected)


def test_soft_targets_are_mapped_and_blurred_as_labels_are() -> None:
    scores = torch.randn(3, CLASSES, dtype=torch.float64)
    for loss in (
        isbe("tanh"),
        isbe("sigmoid", blur_amount=0.01),
        isbe("tanh", blur="section_3", blur_amount=0.1),
    ):
        form = SoftError.from_settings(loss, CLASSES)
        torch.testing.assert_close(form(scores, ONEHOT.double()), form(scores, LABELS))


@pytest.mark.parametrize("loss", ["ce_mean", "isbe_tanh"])
@pytest.mark.parametrize("targets", ["smooth", "mixup"])
def test_trainings_with_soft_targets_resume_with_the_same_bits(
    make_config: Make, tmp_path: Path, loss: str, targets: str
) -> None:
    config = make_config("train.epochs=2", f"loss={loss}", f"targets={targets}", "device.threads=1")

    def trainer() -> Trainer:
        dataset = DeviceDataset(config.dataset, config.seed, torch.device("cpu"))
        return Trainer(config, dataset, sources.describe(config.dataset), torch.device("cpu"))

    whole = [epoch.test_loss for epoch in trainer().epochs()]
    first, second = trainer(), trainer()
    next(iter(first.epochs()))
    first._done = 1
    second.restore(first.state())
    assert [epoch.test_loss for epoch in second.epochs()] == whole[1:]


def test_a_pupil_learns_from_a_run(make_config: Make) -> None:
    teacher = make_config(
        "train.epochs=3", "train.record_scores=true", "dataset.validation_fraction=0.2"
    )
    assert run.execute(teacher).status == "done"
    path = RunFolder(teacher).path / "training_scores.npy"
    scores = np.load(path)
    assert scores.shape == (1437, 10)
    pupil = make_config(
        "targets=teacher", f"targets.scores={path}", "train.epochs=1", "loss=isbe_softmax"
    )
    assert "targets.scores" not in pupil.identity()
    assert len(pupil.identity()["targets.fingerprint"]) == 16
    assert run.execute(pupil).status == "done"
    np.save(path, scores + 1)
    other = make_config(
        "targets=teacher", f"targets.scores={path}", "train.epochs=1", "loss=isbe_softmax"
    )
    assert other.slug != pupil.slug


def test_labels_leave_the_name_of_a_run_alone(make_config: Make) -> None:
    assert not {"targets.name", "train.record_scores"} & make_config().identity().keys()


Save = Callable[[Path], object]


@pytest.mark.parametrize(
    ("save", "message"),
    [
        (lambda path: None, "cannot be read (No such file or directory); allowed is a training_scores.npy"),
        (lambda path: path.write_text("scores"), "cannot be read (not an array of NumPy)"),
        (lambda path: np.save(path, np.zeros((5, 10))), "holds numbers of shape (5, 10); allowed are scores of shape (1437, 10)"),
        (lambda path: np.save(path, np.zeros((1437, 10), int)), "allowed are scores of shape (1437, 10)"),
        (lambda path: np.save(path, np.full((1437, 10), np.nan)), "holds numbers that are not finite"),
    ],
)  # fmt: skip
def test_a_teachers_file_that_does_not_fit_is_refused(
    make_config: Make, tmp_path: Path, save: Save, message: str
) -> None:
    path = tmp_path / "training_scores.npy"
    save(path)
    with pytest.raises(InputError) as caught:
        make_config("targets=teacher", f"targets.scores={path}")
    assert str(caught.value).startswith(f"targets.scores={path}: ")
    assert message in str(caught.value)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (("targets=mixup", "loss=center"), "targets.name=mixup: loss.name=center takes labels alone; allowed is cross-entropy or ISBE, or targets=labels"),
        (("targets=mixup", "targets.alpha=0"), "targets.alpha=0: allowed is a number above 0"),
        (("targets=smooth", "targets.amount=1"), "targets.amount=1: allowed is a number, 0 or more and below 1"),
        (("targets=teacher",), "targets.scores: must be set"),
    ],
)  # fmt: skip
def test_targets_that_do_not_fit_are_refused(
    make_config: Make, overrides: tuple[str, ...], message: str
) -> None:
    with pytest.raises(InputError) as caught:
        make_config(*overrides)
    assert message in str(caught.value)
