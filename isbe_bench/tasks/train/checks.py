"""Checks of `task=train` against machine and data, made before any work starts."""

from isbe_bench.measuring import devices
from isbe_bench.tasks import checks
from isbe_bench.tasks.train.settings import ReadyTraining, TrainingSettings


def check(settings: TrainingSettings) -> ReadyTraining:
    """The training, ready to run; InputError if it cannot run here."""
    dataset, description = checks.dataset(settings.dataset)
    checks.check_loss(settings.loss, description.classes)
    images = checks.training_images(dataset, description)
    size = settings.train.batch_size
    checks.check_batch_size("train.batch_size", size, images)
    device = devices.resolve(settings.device)
    sizes = {size, images % size or size}
    checks.check_network(settings.arch, description, "train.batch_size", size, images, sizes)
    checks.check_results_dir(settings.results_dir)
    return ReadyTraining(**dict(settings) | {"device": device, "dataset": dataset})
