"""Cells of the paper's tables that are not measured yet, and the commands that measure them."""

from typing import Any

import pandas as pd

from isbe_bench.analysis import origin
from isbe_bench.catalogue.losses import MODES
from isbe_bench.papers import skarbek
from isbe_bench.settings import composition

DATASET = "mnist"
"""The data set of the paper's Tables 1 to 4."""


def missing_trainings(runs: pd.DataFrame) -> str:
    """Missing cells of Tables 3 and 4, as Markdown; empty if nothing is missing.

    A seed is missing in a cell if another cell has it. Only the most common settings of each net count.
    The commands for a net without runs use the settings of the other nets.
    """
    ours = runs[(runs["dataset"] == DATASET) & runs["mode"].isin(MODES)] if not runs.empty else runs
    if ours.empty:
        return _markdown("all of it: no training on MNIST", ["isbe-bench experiment=table3_alpha"])
    usual = ours[ours["settings"] == ours.groupby("net")["settings"].transform(_most_common)]
    seeds = sorted(set(usual["seed"]))
    measured = set(zip(usual["net"], usual["mode"], usual["seed"], strict=True))
    words, wanted = [], []
    for net in skarbek.NETS:
        seeds_left = {
            mode: [seed for seed in seeds if (net, mode, seed) not in measured] for mode in MODES
        }
        gaps = {mode: left for mode, left in seeds_left.items() if left}
        if not gaps:
            continue
        words.append(f"{net}: {_words(gaps, seeds)}")
        same_net = usual[usual["net"] == net]
        template = (usual if same_net.empty else same_net).iloc[0]
        wanted += [like(template, net, mode, seed) for mode, left in gaps.items() for seed in left]
    if not words:
        return ""
    return _markdown("; ".join(words), origin.training_commands(pd.DataFrame(wanted)))


def missing_measurements(runs: pd.DataFrame) -> str:
    """Loss modes missing from Tables 1 and 2, by net, as Markdown; empty if nothing is missing."""
    ours = runs[runs["dataset"] == DATASET] if not runs.empty else runs
    gaps = {}
    for net in skarbek.NETS:
        measured: set[str] = set()
        if not ours.empty:
            measured = measured.union(*ours.loc[ours["net"] == net, "timing.losses"])
        if lacking := [mode for mode in MODES if mode not in measured]:
            gaps[net] = "all" if len(lacking) == len(MODES) else ", ".join(lacking)
    if not gaps:
        return ""
    words = "; ".join(f"{net}: {lacking}" for net, lacking in gaps.items())
    return _markdown(words, [f"isbe-bench -m experiment=table1_tau arch={','.join(gaps)}"])


def _most_common(settings: "pd.Series[str]") -> str:
    return str(settings.mode().iloc[0])


def _words(gaps: dict[str, list[int]], seeds: list[int]) -> str:
    if len(gaps) == len(MODES) and all(left == seeds for left in gaps.values()):
        return "all"
    return ", ".join(
        mode
        if left == seeds
        else f"{mode} (seed{'s' if len(left) > 1 else ''} {', '.join(map(str, left))})"
        for mode, left in gaps.items()
    )


def like(run: "pd.Series[Any]", net: str, mode: str, seed: int) -> dict[str, Any]:
    """A run with another net, mode and seed, and the default settings of that net and mode."""
    cells = {str(key): value for key, value in run.items()}
    kept = {key: value for key, value in cells.items() if not key.startswith(("arch.", "loss."))}
    usual = composition.resolved("train", arch=net, loss=mode)
    own = {key: value for key, value in usual.items() if key.startswith(("arch.", "loss."))}
    return {**kept, **own, "net": net, "mode": mode, "seed": seed}


def _markdown(words: str, commands: list[str]) -> str:
    return f"Not yet measured of the paper's table: {words}. Run:\n\n{origin.command_block(commands)}"
