"""Checks of `task=oracle` against machine and data, made before any work starts."""

import copy

from isbe_bench.errors import InputError
from isbe_bench.measuring import devices
from isbe_bench.oracle import translation
from isbe_bench.oracle.heads import HEADS
from isbe_bench.tasks import checks
from isbe_bench.tasks.oracle.settings import OracleSettings, ReadyOracle


def check(settings: OracleSettings) -> ReadyOracle:
    """The comparison, ready to run; InputError if it cannot run here."""
    dataset, description = checks.dataset(settings.dataset, settings.results_dir)
    oracle = settings.oracle
    available = checks.training_images(dataset, description, settings.seed)
    if oracle.images > available:
        raise InputError(
            f"oracle.images={oracle.images}: allowed is 2 to {available}, the number of training images"
        )
    checks.check_batch_size("oracle.batch_size", oracle.batch_size, oracle.images)
    sizes = {oracle.batch_size, oracle.images % oracle.batch_size or oracle.batch_size}
    network = checks.check_network(
        settings.arch, description, "oracle.batch_size", oracle.batch_size, oracle.images, sizes
    )
    own = copy.deepcopy(network).to_empty(device="cpu")  # what was checked has no weights
    translation.translated(translation.with_masks(own), HEADS["ce_mean"])
    device = devices.resolve(settings.device)
    checks.check_results_dir(settings.results_dir)
    return ReadyOracle(**dict(settings) | {"device": device, "dataset": dataset})
