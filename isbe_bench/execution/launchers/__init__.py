"""Where the runs of a command are done, besides in its own process: a module for each `launch`."""

import importlib

from isbe_bench.errors import InputError
from isbe_bench.execution.launchers.launcher import Launcher
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.launch import Launch, Ray, Slurm
from isbe_bench.settings.run import RunSettings


def find(launch: Launch) -> Launcher:
    """The launcher of these settings, whose engine is imported when it starts."""
    launcher: Launcher = importlib.import_module(f"{__name__}.{launch.name}")
    return launcher


def with_their_device(settings: RunSettings) -> RunSettings:
    """The settings with the device that workers on other machines get, which may not be here.

    Raises
    ------
    InputError
        A GPU for workers that ask for none.
    """
    launch, device = settings.launch, settings.device
    if not isinstance(launch, Slurm | Ray):
        return settings
    if device.name == "cuda" and not launch.gpus:
        raise InputError(
            "device.name=cuda: the workers get no GPU (launch.gpus=0); allowed is cpu or auto"
        )
    name = "cuda" if launch.gpus and device.name != "cpu" else "cpu"
    return settings.model_copy(update={"device": ReadyDevice(**dict(device) | {"name": name})})
