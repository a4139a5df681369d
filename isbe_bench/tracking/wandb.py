"""`tracker=wandb`: Weights & Biases, offline unless `WANDB_MODE` is set.

Offline, each attempt at a run writes all of it, in place of what the one before wrote: `wandb sync`
takes the files of one attempt for the whole run.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import wandb

from isbe_bench.runs.rows import Epoch
from isbe_bench.tracking.tracker import PROJECT, Beginning, Ending, Published, curves

_SECONDS_FOR_THE_SERVER = 20.0


class TrackedRun:
    """A run of W&B's; it goes on after an interrupt."""

    def __init__(self, run: Beginning) -> None:
        if run.known_as:
            _remove_offline(run.store, run.known_as)
        settings = {"id": run.known_as, "resume": "allow"} if run.known_as else {}
        self._run = _start(run.store, name=run.title, group=run.task, **settings)
        self.name: str = self._run.id
        self._last = self._run.starting_step - 1 if self._run.resumed else 0
        config = {**_nested(run.settings), "environment": dict(run.environment)}
        self._run.config.update(config, allow_val_change=True)
        self._run.summary["folder"] = run.slug

    def record(self, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            if epoch.epoch > self._last:
                self._last = epoch.epoch
                self._run.log(curves(epoch), step=epoch.epoch)

    def end(self, ending: Ending) -> None:
        self._run.summary.update({"status": ending.status, "note": ending.note})
        if ending.alpha is not None:
            self._run.summary["alpha"] = ending.alpha
        for path in ending.files:  # a copy, since W&B would only link to the file
            shutil.copy(path, self._run.dir)
            self._run.save(f"{self._run.dir}/{path.name}", base_path=self._run.dir, policy="end")
        self._run.finish(exit_code=0 if ending.status == "done" else 1)


def begin(run: Beginning) -> TrackedRun:
    return TrackedRun(run)


def publish(published: Published) -> str:
    run = _start(published.store, name="publication", job_type="publication")
    run.config.update({"folder": str(published.results)})
    pictures = {f"figures/{path.stem}": wandb.Image(str(path)) for path in published.figures}
    verdicts = wandb.Table(dataframe=pd.DataFrame(published.verdicts))
    report = wandb.Html(published.report.read_text(encoding="utf-8"), inject=False)
    run.log({**pictures, "verdicts": verdicts, "report": report})
    run.finish()
    return f"run {run.id} in {published.store if run.offline else run.url}"


def _start(store: Path, **settings: Any) -> Any:
    """A new run, or one that goes on; nothing of it is written outside the store."""
    store.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("WANDB_CACHE_DIR", str(store.absolute() / "cache"))
    return wandb.init(
        project=os.environ.get("WANDB_PROJECT") or PROJECT,
        dir=store.parent,  # in which it writes into `wandb`
        mode=None if os.environ.get("WANDB_MODE") else "offline",
        reinit="create_new",
        settings=wandb.Settings(
            silent=True,
            console="off",  # the lines of the command are its own
            disable_git=True,  # the environment has the revision of the suite
            x_disable_stats=True,  # a process that looks at the machine would disturb the times
            x_disable_meta=True,
            x_disable_machine_info=True,
            save_code=False,
            init_timeout=_SECONDS_FOR_THE_SERVER,
        ),
        **settings,
    )


def _nested(flat: Mapping[str, Any]) -> dict[str, Any]:
    """`{"a.b": 1}` -> `{"a": {"b": 1}}`: W&B reads dots in keys as groups, but only in its pages."""
    nested: dict[str, Any] = {}
    for key, value in flat.items():
        *groups, name = key.split(".")
        group = nested
        for each in groups:
            group = group.setdefault(each, {})
        group[name] = value
    return nested


def _remove_offline(store: Path, name: str) -> None:
    """Remove what an earlier attempt wrote; it is written anew."""
    for folder in store.glob(f"offline-run-*-{name}"):
        if not folder.is_symlink():
            shutil.rmtree(folder)
