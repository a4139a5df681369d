"""`tracker=mlflow`: a file store in the results folder, or the server of `MLFLOW_TRACKING_URI`."""

# ruff: noqa: E402 (MLflow reads its environment when it is imported)

import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import pandas as pd
from filelock import FileLock

for _key, _value in {
    "MLFLOW_DISABLE_TELEMETRY": "true",  # which the import would begin
    "MLFLOW_ALLOW_FILE_STORE": "true",  # else it asks for a database
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # a server that is away delays a run by seconds, not minutes
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}.items():
    os.environ.setdefault(_key, _value)

from mlflow import MlflowClient
from mlflow.entities import Metric, Param, Run, RunTag
from mlflow.exceptions import MlflowException

from isbe_bench.runs.files import make_folder
from isbe_bench.runs.folder import Status
from isbe_bench.runs.rows import Epoch
from isbe_bench.tracking.tracker import PROJECT, Beginning, Ending, Published, curves, texts

_MOST_PARAMETERS = 100
"""That MLflow takes at once; as many tags."""
_LONGEST = 5000
"""Of a tag's value."""
_STATUS: Mapping[Status, str] = {"done": "FINISHED", "interrupted": "KILLED"}
_SECONDS_FOR_THE_EXPERIMENT = 30


class TrackedRun:
    """A run of MLflow's; it goes on after an interrupt."""

    def __init__(self, run: Beginning) -> None:
        self._client = _client(run.store)
        found = _find(self._client, run.known_as)
        self.name: str = found.info.run_id if found else _create(self._client, run.store, run.title)
        self._last = _last_epoch(self._client, self.name) if found else 0
        self._client.update_run(self.name, status="RUNNING")
        if not (found and found.data.params):  # which cannot change
            for some in _portions(texts(run.settings)):
                parameters = [Param(key, value) for key, value in some.items()]
                self._client.log_batch(self.name, params=parameters)
        environment = {f"environment.{key}": value for key, value in texts(run.environment).items()}
        self._tag({"task": run.task, "folder": run.slug, **environment})

    def record(self, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            if epoch.epoch > self._last:
                self._last = epoch.epoch
                self._log(curves(epoch))

    def end(self, ending: Ending) -> None:
        if ending.alpha is not None:
            self._log({"alpha": ending.alpha})
        self._tag({"status": ending.status, "note": ending.note})
        for path in ending.files:
            self._client.log_artifact(self.name, str(path))
        self._client.set_terminated(self.name, _STATUS.get(ending.status, "FAILED"))

    def _log(self, values: Mapping[str, float]) -> None:
        now = int(1000 * time.time())
        metrics = [Metric(name, value, now, self._last) for name, value in values.items()]
        self._client.log_batch(self.name, metrics=metrics)

    def _tag(self, values: Mapping[str, str]) -> None:
        for some in _portions(values):
            tags = [RunTag(key, value[:_LONGEST]) for key, value in some.items()]
            self._client.log_batch(self.name, tags=tags)


def begin(run: Beginning) -> TrackedRun:
    return TrackedRun(run)


def publish(published: Published) -> str:
    client = _client(published.store)
    run = _create(client, published.store, "publication")
    client.set_tag(run, "folder", str(published.results))
    for path in published.figures:
        client.log_artifact(run, str(path), "figures")
    client.log_artifact(run, str(published.report))
    client.log_text(run, pd.DataFrame(published.verdicts).to_csv(index=False), "verdicts.csv")
    client.set_terminated(run)
    return f"run {run} in {_uri(published.store)}"


def _uri(store: Path) -> str:
    return os.environ.get("MLFLOW_TRACKING_URI") or store.absolute().as_uri()


def _client(store: Path) -> MlflowClient:
    return MlflowClient(tracking_uri=_uri(store))


def _create(client: MlflowClient, store: Path, title: str) -> str:
    """The name of a new run."""
    name = os.environ.get("MLFLOW_EXPERIMENT_NAME") or PROJECT
    make_folder(store)
    # Two workers of a sweep may be the first: in a file store, each would create the experiment.
    with FileLock(store / "experiment.lock", timeout=_SECONDS_FOR_THE_EXPERIMENT):
        experiment = client.get_experiment_by_name(name)
        number = experiment.experiment_id if experiment else client.create_experiment(name)
    created: str = client.create_run(number, run_name=title).info.run_id
    return created


def _find(client: MlflowClient, name: str) -> Run | None:
    """The run of this name; None if the store has none, which may be another than before."""
    if not name:
        return None
    try:
        found: Run = client.get_run(name)
    except MlflowException as error:
        if error.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return found if found.info.lifecycle_stage == "active" else None


def _last_epoch(client: MlflowClient, name: str) -> int:
    return max((metric.step for metric in client.get_metric_history(name, "lr")), default=0)


def _portions(values: Mapping[str, str]) -> list[dict[str, str]]:
    """The values in portions that MLflow takes."""
    pairs = list(values.items())
    starts = range(0, len(pairs), _MOST_PARAMETERS)
    return [dict(pairs[start : start + _MOST_PARAMETERS]) for start in starts]
