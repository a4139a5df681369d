"""Where the runs of a command are done, besides in its own process: a module for each `launch`."""

import importlib

from isbe_bench.execution.launchers.launcher import Launcher
from isbe_bench.settings.launch import Launch


def find(launch: Launch) -> Launcher:
    """The launcher of these settings, whose engine is imported when it starts."""
    launcher: Launcher = importlib.import_module(f"{__name__}.{launch.name}")
    return launcher
