"""What of the paper's tables nobody has measured yet, and the command that would."""

from typing import Any

import pandas as pd

from isbe_bench.analysis import origin
from isbe_bench.analysis.collection import Measurements
from isbe_bench.catalogue.losses import MODES
from isbe_bench.papers import skarbek
from isbe_bench.settings import composition
from isbe_bench.settings.identity import flatten

DATASET = "mnist"
"""Of the paper's Tables 1 to 4."""


def of_trainings(runs: pd.DataFrame) -> str:
    """Of Tables 3 and 4, as Markdown; empty where nothing is missing.

    A cell is missing where it has fewer seeds than another, under the settings that most runs of its net
    have. Runs of a net that has none are to be like those of the others.
    """
    ours = runs[(runs["dataset"] == DATASET) & runs["mode"].isin(MODES)] if not runs.empty else runs
    if ours.empty:
        return _markdown("all of it: no training on MNIST", ["isbe-bench experiment=table3_alpha"])
    usual = ours[ours["settings"] == ours.groupby("net")["settings"].transform(_most_common)]
    seeds = sorted(set(usual["seed"]))
    there = set(zip(usual["net"], usual["mode"], usual["seed"], strict=True))
    words, wanted = [], []
    for net in skarbek.NETS:
        cells = {mode: [seed for seed in seeds if (net, mode, seed) not in there] for mode in MODES}
        gaps = {mode: of_mode for mode, of_mode in cells.items() if of_mode}
        if not gaps:
            continue
        words.append(f"{net}: {_words(gaps, seeds)}")
        of_net = usual[usual["net"] == net]
        like = (usual if of_net.empty else of_net).iloc[0]
        wanted += [_like(like, net, mode, seed) for mode, of_mode in gaps.items() for seed in of_mode]
    return _markdown("; ".join(words), origin.commands(pd.DataFrame(wanted))) if words else ""


def _most_common(settings: "pd.Series[str]") -> str:
    return str(settings.mode().iloc[0])


def of_measurements(timing: Measurements) -> str:
    """Of Tables 1 and 2: loss modes that were not measured on a net at all."""
    runs = timing.runs
    ours = runs[runs["dataset"] == DATASET] if not runs.empty else runs
    gaps = {}
    for net in skarbek.NETS:
        there: set[str] = set()
        if not ours.empty:
            there = there.union(*ours.loc[ours["net"] == net, "timing.losses"])
        if lacking := [mode for mode in MODES if mode not in there]:
            gaps[net] = "all" if len(lacking) == len(MODES) else ", ".join(lacking)
    if not gaps:
        return ""
    words = "; ".join(f"{net}: {lacking}" for net, lacking in gaps.items())
    return _markdown(words, [f"isbe-bench -m experiment=table1_tau arch={','.join(gaps)}"])


def _words(gaps: dict[str, list[int]], seeds: list[int]) -> str:
    if len(gaps) == len(MODES) and all(of_mode == seeds for of_mode in gaps.values()):
        return "all"
    return ", ".join(
        mode
        if of_mode == seeds
        else f"{mode} (seed{'s' if len(of_mode) > 1 else ''} {', '.join(map(str, of_mode))})"
        for mode, of_mode in gaps.items()
    )


def _like(run: "pd.Series[Any]", net: str, mode: str, seed: int) -> dict[str, Any]:
    """The run under another net, mode and seed, with what these bring along."""
    cells = {str(key): value for key, value in run.items()}
    kept = {key: value for key, value in cells.items() if not key.startswith(("arch.", "loss."))}
    choices = {"arch": composition.choice("arch", net), "loss": composition.choice("loss", mode)}
    return {**kept, **flatten(choices), "net": net, "mode": mode, "seed": seed}


def _markdown(words: str, commands: list[str]) -> str:
    return "\n".join(
        [f"Missing of the paper's table: {words}. To be had with:", "", "```", *commands, "```"]
    )
