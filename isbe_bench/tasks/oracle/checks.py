"""Checks of `task=oracle` against machine and data, made before any work starts."""

import torch

from isbe_bench import networks
from isbe_bench.errors import InputError
from isbe_bench.oracle import translation
from isbe_bench.tasks import checks
from isbe_bench.tasks.oracle.settings import OracleSettings, ReadyOracle

_IMAGES = 4
"""Of which the scores are compared."""


def check(settings: OracleSettings) -> ReadyOracle:
    """The comparison, ready to run; InputError if it cannot run here."""
    dataset, description = checks.dataset(settings.dataset, settings.results_dir)
    oracle = settings.oracle
    available = checks.training_images(dataset, description, settings.seed)
    if oracle.images > available:
        raise InputError(
            f"oracle.images={oracle.images}: allowed is 2 to {available}, the number of training images"
        )
    if oracle.batch_size > oracle.images:
        raise InputError(
            f"oracle.batch_size={oracle.batch_size}: allowed is 2 to {oracle.images}, which "
            "oracle.images is"
        )
    if settings.device.precision != "float32":
        raise InputError(
            f"device.precision={settings.device.precision}: task=oracle computes in float64; allowed is "
            "float32"
        )
    sizes = {oracle.batch_size, oracle.images % oracle.batch_size or oracle.batch_size}
    checks.check_network(
        settings.arch, description, "oracle.batch_size", oracle.batch_size, oracle.images, sizes
    )
    with torch.random.fork_rng(devices=[]):
        network = networks.make(settings.arch, description.shape, description.classes)
        translation.check(network, torch.randn(_IMAGES, *description.shape))
    device = checks.device_alone(settings.device, "oracle")
    checks.check_results_dir(settings.results_dir)
    return ReadyOracle(**dict(settings) | {"device": device, "dataset": dataset})
