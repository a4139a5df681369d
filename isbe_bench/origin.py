"""Where the numbers of a table or figure come from, and the command that gives them again."""

import shlex

import pandas as pd
from omegaconf import OmegaConf

from isbe_bench import composition
from isbe_bench.config import Config, flatten

_SHOWN = {
    "device": "environment.device",
    "threads": "environment.threads",
    "torch": "environment.torch",
    "isbe-bench": "environment.isbe_bench",
    "revision": "environment.git_revision",
}


def markdown(runs: pd.DataFrame) -> str:
    """Hardware, versions, seeds and commands of some runs, as Markdown."""
    facts = []
    for name, column in _SHOWN.items():
        if column in runs and (values := sorted({str(value)[:40] for value in runs[column].dropna()})):
            facts.append(f"{name} {', '.join(values)}")
    if "environment.git_dirty" in runs and runs["environment.git_dirty"].eq(True).any():
        facts.append("with uncommitted changes")
    lines = [f"Measured on: {', '.join(facts)}; {len(runs)} runs.", "", "Again with:", "", "```"]
    return "\n".join([*lines, *commands(runs), "```", ""])


def commands(runs: pd.DataFrame) -> list[str]:
    """Sweeps that run these runs again: one for the runs that differ in loss mode and seed alone."""
    sweeps: dict[tuple[str, ...], set[tuple[str, int]]] = {}
    for _, run in runs.sort_values(["dataset", "net", "settings", "mode", "seed"]).iterrows():
        choices = [f"{name}={run[f'{name}.name']}" for name in ("arch", "dataset", "device")]
        if run["dataset"] == "image_folder":
            choices.append("dataset.root=DIR")
        changes = _changes(run, [*choices, f"loss={run['mode']}"])
        settings = [f"{key}={value}" for key, value in sorted(changes.items())]
        sweeps.setdefault((*choices, *settings), set()).add((run["mode"], run["seed"]))
    lines = []
    for fixed, members in sweeps.items():
        modes, seeds = (sorted(set(values)) for values in zip(*members, strict=True))
        sweep = [f"loss={','.join(modes)}", f"seed={','.join(map(str, seeds))}"]
        lines.append(shlex.join(["isbe-bench", "-m", *sweep, *fixed]))
    return lines


def _changes(run: pd.Series, choices: list[str]) -> dict[str, object]:
    """The keys in which a run differs from what its choices alone give."""
    container = OmegaConf.to_container(composition.defaults(tuple(choices)), resolve=True)
    assert isinstance(container, dict)
    usual = flatten({str(key): value for key, value in container.items()})
    skipped = {*Config.NOT_IDENTITY, "seed", "device.name", "dataset.fingerprint"}
    return {
        key: run[key]
        for key, value in usual.items()
        if key not in skipped and key in run and not pd.isna(run[key]) and run[key] != value
    }
