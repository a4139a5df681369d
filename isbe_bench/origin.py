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
    """One sweep for each net, data set and settings, which runs at least these runs."""
    lines = []
    for _, group in runs.groupby(["dataset", "net", "settings"], sort=True):
        first = group.iloc[0]
        choices = [f"{name}={first[f'{name}.name']}" for name in ("arch", "dataset", "device")]
        if first["dataset"] == "image_folder":
            choices.append("dataset.root=DIR")
        changed: dict[str, object] = {}
        for _, run in group.iterrows():
            changed |= _changes(run, [*choices, f"loss={run['mode']}"])
        sweep = [
            f"loss={','.join(sorted(group['mode'].unique()))}",
            f"seed={','.join(map(str, sorted(group['seed'].unique())))}",
        ]
        settings = [f"{key}={value}" for key, value in sorted(changed.items())]
        lines.append(shlex.join(["isbe-bench", "-m", *choices, *sweep, *settings]))
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
