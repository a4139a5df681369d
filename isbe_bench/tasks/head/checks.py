"""Checks of `task=head` against the machine, made before any work starts."""

from collections import Counter

from isbe_bench.errors import InputError
from isbe_bench.losses import heads, linear_heads
from isbe_bench.measuring import device_lock
from isbe_bench.tasks import checks
from isbe_bench.tasks.head.settings import HeadSettings, ReadyHead, ReadyHeadGroup


def check(settings: HeadSettings) -> ReadyHead:
    """The measurement, ready to run; InputError if it cannot run here."""
    device = checks.device_alone(settings.device, "head")
    ways, features = settings.head.ways, settings.head.features
    module = heads if features is None else linear_heads
    if ways is None:
        ways = tuple(way for way in module.WAYS if module.missing(way, device.name) is None)
    for way in ways:
        if way not in module.WAYS:
            given = "null" if features is None else features
            raise InputError(
                f"head.ways={way}: begins at {'features' if features is None else 'scores'}, and "
                f"head.features is {given}; allowed is one of {', '.join(module.WAYS)}"
            )
        if reason := module.missing(way, device.name):
            raise InputError(
                f"head.ways={way}: {reason}; allowed is null, for all that this machine has"
            )
    sizes = Counter((size.classes, size.batch_size) for size in settings.head.sizes)
    for (classes, batch_size), count in sizes.items():
        if count > 1:
            raise InputError(
                f"head.sizes: classes={classes} with batch_size={batch_size} appears more than once; "
                "allowed is each size once"
            )
    checks.check_results_dir(settings.results_dir)
    device_lock.folder()
    head = ReadyHeadGroup(**dict(settings.head) | {"ways": ways})
    return ReadyHead(**dict(settings) | {"device": device, "head": head})
