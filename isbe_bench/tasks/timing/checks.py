"""Checks of `task=timing` against machine and data, made before any work starts."""

from isbe_bench.errors import InputError
from isbe_bench.measuring import device_lock, devices
from isbe_bench.settings import loss
from isbe_bench.tasks import checks
from isbe_bench.tasks.timing.settings import ReadyTiming, ReadyTimingGroup, TimingSettings


def check(settings: TimingSettings) -> ReadyTiming:
    """The measurement, ready to run; InputError if it cannot run here."""
    dataset, description = checks.dataset(settings.dataset, settings.results_dir)
    timing = settings.timing
    modes = tuple(map(loss.in_full, timing.losses))
    device = devices.resolve(settings.device)
    images, size = checks.training_images(dataset, description), timing.batch_size
    checks.check_batch_size("timing.batch_size", size, images)
    network = checks.check_network(settings.arch, description, "timing.batch_size", size, images, {size})
    for mode in modes:
        checks.check_loss(mode, description.classes, network)
    if timing.engine == "graph" and device.name != "cuda":
        raise InputError(
            f"timing.engine=graph: needs CUDA, and the device is {device.name}; allowed is eager"
        )
    checks.check_results_dir(settings.results_dir)
    device_lock.folder()
    in_full = ReadyTimingGroup(**dict(timing) | {"modes": modes})
    return ReadyTiming(**dict(settings) | {"device": device, "dataset": dataset, "timing": in_full})
