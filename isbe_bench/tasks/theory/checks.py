"""Checks of `task=theory` against the machine, made before any work starts."""

from isbe_bench.errors import InputError
from isbe_bench.tasks import checks
from isbe_bench.tasks.theory.settings import ReadyTheory, TheorySettings

_JACOBIANS = 2**26
"""Largest number of entries of all Jacobians; in memory this is half a gigabyte, several times."""


def check(settings: TheorySettings) -> ReadyTheory:
    """The check, ready to run; InputError if it cannot run here."""
    theory, most = settings.theory, max(settings.theory.classes)
    if theory.samples * most**2 > _JACOBIANS:
        raise InputError(
            f"theory.samples={theory.samples}: their Jacobians with theory.classes={most} take too much "
            f"memory; allowed is {_JACOBIANS // most**2} or fewer, or fewer classes"
        )
    device = checks.device_alone(settings.device, "theory")
    checks.check_results_dir(settings.results_dir)
    return ReadyTheory(**dict(settings) | {"device": device})
