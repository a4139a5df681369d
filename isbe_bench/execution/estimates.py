"""How long a stage of a run takes, from the runs of a results folder: an epoch, or a timed process."""

import json
import statistics
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from isbe_bench.runs import reading, state
from isbe_bench.settings import identity

_OF_AN_EPOCH = ("arch.name", "dataset.name", "train.batch_size")


class Estimates:
    """Seconds of a stage, from all runs below `results / "runs"`, finished or not."""

    def __init__(self, results: Path) -> None:
        self._seconds: dict[str, list[float]] = defaultdict(list)
        for folder in (results / "runs").glob("*"):
            try:
                config = reading.yaml_file(folder / "config.yaml")
                environment = reading.json_file(folder / "environment.json")
                settings, device = identity.flatten(config), environment["device"]
                stages = state.stages(folder, settings)
            except (OSError, ValueError, KeyError, TypeError, AttributeError):
                continue
            if stages:
                self._seconds[_kind(settings, device)] += stages.seconds

    def typical(self, settings: Mapping[str, Any], device: str) -> float | None:
        """The median over runs of the same kind; None without one.

        Trainings are of the same kind if they have the same net, data set, batch size and device; timed
        runs, if they differ in nothing but the seed and the number of processes.

        Parameters
        ----------
        settings
            The flat settings of a run.
        device
            The device's full name, as in `environment.json`.
        """
        seconds = self._seconds.get(_kind(settings, device))
        return statistics.median(seconds) if seconds else None


def _kind(settings: Mapping[str, Any], device: str) -> str:
    """What runs have in common whose stages take equally long, as text."""
    if "train.epochs" in settings:
        same = {key: settings.get(key) for key in ("task", *_OF_AN_EPOCH)}
    else:
        different = {"seed", f"{settings.get('task')}.processes"}
        known = identity.identity(settings)
        same = {key: value for key, value in known.items() if key not in different}
    return json.dumps([device, same], sort_keys=True)
