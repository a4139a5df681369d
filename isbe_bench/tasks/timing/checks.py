"""Checks of `task=timing` against machine and data, made before any work starts."""

from collections.abc import Mapping

from torch import nn

from isbe_bench.errors import InputError
from isbe_bench.measuring import device_lock
from isbe_bench.settings import classifier, loss
from isbe_bench.settings.loss import AmSoftmax, AngularLoss, Loss, PedccLoss
from isbe_bench.tasks import checks
from isbe_bench.tasks.timing.settings import ReadyTiming, ReadyTimingGroup, Timing, TimingSettings


def check(settings: TimingSettings) -> ReadyTiming:
    """The measurement, ready to run; InputError if it cannot run here."""
    timing = settings.timing
    if timing.warmup == 0 and timing.sequence == "interleaved":
        raise InputError(
            "timing.warmup=0: allowed is an integer, 1 or more, or 0 with timing.sequence=consecutive"
        )
    dataset, description = checks.dataset(settings.dataset, settings.results_dir)
    modes = tuple(map(loss.in_full, timing.losses))
    device = checks.device_of_network(settings.device)
    images, size = checks.training_images(dataset, description, settings.seed), timing.batch_size
    checks.check_batch_size("timing.batch_size", size, images)
    layers = tuple(map(classifier.in_full, timing.classifiers))
    networks = {
        name: checks.check_network(
            settings.arch, description, "timing.batch_size", size, images, {size}, layer
        )
        for name, layer in zip(timing.classifiers, layers, strict=True)
    }
    for number, mode in enumerate(modes):
        _check_fits(timing, number, mode, description.classes, networks)
    checks.check_engine("timing.engine", timing.engine, device)
    checks.check_results_dir(settings.results_dir)
    device_lock.folder()
    in_full = ReadyTimingGroup(**dict(timing) | {"modes": modes, "layers": layers})
    return ReadyTiming(**dict(settings) | {"device": device, "dataset": dataset, "timing": in_full})


def _check_fits(
    timing: Timing, number: int, mode: Loss, classes: int, networks: Mapping[str, nn.Module]
) -> None:
    """Check that a loss fits one of the classifiers; the first loss, the first of them."""
    errors = []
    first = next(iter(networks))
    for network in [networks[first]] if number == 0 else networks.values():
        try:
            checks.check_loss(mode, classes, network)
        except InputError as error:
            errors.append(error)
        else:
            return
    if not isinstance(mode, (AmSoftmax, PedccLoss, AngularLoss)):  # no question of the classifier
        raise errors[0]
    loss, layers = timing.losses[number], f"timing.classifiers=[{','.join(networks)}]"
    what = f"the first of them, and of {layers}, do not fit" if number == 0 else f"fits none of {layers}"
    raise InputError(f"timing.losses={loss}: {what} ({errors[0]})")
