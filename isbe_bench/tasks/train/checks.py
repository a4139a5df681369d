"""Checks of `task=train` against machine and data, made before any work starts."""

import math

from isbe_bench.data import teacher
from isbe_bench.data.images import Description
from isbe_bench.errors import InputError
from isbe_bench.settings.loss import CrossEntropy, Isbe
from isbe_bench.settings.optimizer import OwnOptimizer, Sgd
from isbe_bench.settings.schedule import OneCycle, OwnSchedule, Plateau
from isbe_bench.settings.targets import Labels, Targets, Teacher
from isbe_bench.tasks import checks
from isbe_bench.tasks.train.settings import ReadyTraining, TrainingSettings
from isbe_bench.training import optimizers, schedules, weights


def check(settings: TrainingSettings) -> ReadyTraining:
    """The training, ready to run; InputError if it cannot run here."""
    dataset, description = checks.dataset(settings.dataset, settings.results_dir)
    images = checks.training_images(dataset, description, settings.seed)
    size = settings.train.batch_size
    checks.check_batch_size("train.batch_size", size, images)
    device = checks.device_of_network(settings.device)
    checks.check_engine("train.engine", settings.train.engine, device)
    sizes = {size, images % size or size}
    network = checks.check_network(
        settings.arch, description, "train.batch_size", size, images, sizes, settings.classifier
    )
    checks.check_loss(settings.loss, description.classes, network)
    if settings.train.save_weights:
        weights.check(network)
    targets = _targets(settings, description)
    if isinstance(settings.schedule, Plateau) and not dataset.validation_fraction:
        raise InputError(
            "schedule=plateau: needs validation images, and dataset.validation_fraction is 0; allowed "
            "is another schedule, or a fraction above 0"
        )
    _check_evaluation(settings)
    _check_stop(settings)
    if _can_fail(settings):
        optimizer = optimizers.tried(settings.optimizer, network)
        schedules.check(settings.schedule, optimizer, settings.train.epochs, math.ceil(images / size))
    checks.check_results_dir(settings.results_dir)
    changed = {"device": device, "dataset": dataset, "targets": targets}
    return ReadyTraining(**dict(settings) | changed)


def _check_evaluation(settings: TrainingSettings) -> None:
    """Check that what is asked to be evaluated exists, and that all that is judged is evaluated."""
    evaluate, epochs = settings.train.evaluate, settings.train.epochs
    if evaluate.every > epochs:
        raise InputError(
            f"train.evaluate.every={evaluate.every}: allowed is 1 to {epochs}, the value of train.epochs"
        )
    if evaluate.splits == ("validation",) and not settings.dataset.validation_fraction:
        raise InputError(
            "train.evaluate.splits=[validation]: dataset.validation_fraction is 0; allowed are train "
            "and test, or a fraction above 0"
        )
    if evaluate.is_full:
        return
    if isinstance(settings.schedule, Plateau) or settings.train.stop.criteria:
        judge = "schedule=plateau" if isinstance(settings.schedule, Plateau) else "train.stop"
        raise InputError(
            f"{judge}: judges every epoch, and train.evaluate leaves evaluations out; allowed is "
            "train.evaluate.every=1 train.evaluate.splits=[train,validation,test]"
        )


def _check_stop(settings: TrainingSettings) -> None:
    """Check that each criterion can be judged, and met before the last epoch."""
    stop, epochs = settings.train.stop, settings.train.epochs
    if stop.goes_on and not stop.criteria:
        raise InputError(
            "train.stop.continue=true: nothing stops the training; allowed is false, or one of "
            "train.stop.patience, train.stop.loss_change, train.stop.weight_change"
        )
    if stop.patience is not None and not settings.dataset.validation_fraction:
        raise InputError(
            f"train.stop.patience={stop.patience}: needs validation images, and "
            "dataset.validation_fraction is 0; allowed is null, or a fraction above 0"
        )
    for name, value in stop.criteria.items():
        earliest = {"patience": 1 + value, "loss_change": 2}.get(name, 1)
        if earliest >= epochs:
            raise InputError(
                f"train.stop.{name}={value:g}: can be met in epoch {earliest:.0f} at the earliest, and "
                f"train.epochs is {epochs}; allowed is null, or {earliest + 1:.0f} epochs or more"
            )


def _targets(settings: TrainingSettings, description: Description) -> Targets:
    """The targets, with a fingerprint if they come from a file; InputError if the loss takes none."""
    targets, loss = settings.targets, settings.loss
    if not isinstance(targets, Labels) and not isinstance(loss, (CrossEntropy, Isbe)):
        raise InputError(
            f"targets.name={targets.name}: loss.name={loss.name} takes labels alone; allowed is "
            "cross-entropy or ISBE, or targets=labels"
        )
    return teacher.check(targets, description) if isinstance(targets, Teacher) else targets


def _can_fail(settings: TrainingSettings) -> bool:
    """Whether optimiser and schedule have to be tried; PyTorch takes a second to make its first one."""
    optimizer, schedule = settings.optimizer, settings.schedule
    if isinstance(optimizer, OwnOptimizer) or isinstance(schedule, (OwnSchedule, OneCycle)):
        return True
    return isinstance(optimizer, Sgd) and optimizer.nesterov
