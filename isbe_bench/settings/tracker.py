"""`tracker`: what is told about the runs of a command, besides their folders."""

from typing import Literal

from isbe_bench.settings.fields import Settings

TrackerName = Literal["none", "tensorboard", "mlflow", "wandb"]


class Tracker(Settings):
    """The experiment tracker that is told about each run; it is no part of a run's identity."""

    name: TrackerName
