"""What the stores of trackers hold, read back with their own libraries."""

import importlib
import json
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass
class Tracked:
    """A tracked run: its curves as lists of (step, value), its settings, and how it ended."""

    curves: dict[str, list[tuple[int, float]]] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    status: str = ""


def read(tracker: str, results: Path) -> list[Tracked]:
    """All runs in the store of a results folder, in no order."""
    readers = {"tensorboard": _tensorboard, "mlflow": _mlflow, "wandb": _wandb}
    return list(readers[tracker](results / "trackers" / tracker))


def _tensorboard(store: Path) -> Iterator[Tracked]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    for folder in store.iterdir():
        events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
        tracked = Tracked()
        for name in events.Tags()["scalars"]:
            tracked.curves[name] = [(each.step, each.value) for each in events.Scalars(name)]
        texts = {
            name: events.Tensors(name)[-1].tensor_proto.string_val[0].decode()
            for name in ("settings", "status")
            if name in events.Tags()["tensors"]
        }
        tracked.status = texts.get("status", "").partition(":")[0]
        rows = [line.strip("|").split("|") for line in texts.get("settings", "").splitlines()[2:]]
        tracked.settings = {key.strip(): value.strip() for key, value in rows}
        yield tracked


def _mlflow(store: Path) -> Iterator[Tracked]:
    from mlflow import MlflowClient

    client = MlflowClient(tracking_uri=store.absolute().as_uri())
    experiment = client.get_experiment_by_name("isbe-bench")
    for run in client.search_runs([experiment.experiment_id]):
        curves = {
            name: [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]
            for name in run.data.metrics
        }
        yield Tracked(curves, run.data.params, run.data.tags.get("status", run.info.status))


def _wandb(store: Path) -> Iterator[Tracked]:
    protos = importlib.import_module("wandb.proto.wandb_internal_pb2")
    for path in store.glob("offline-run-*/*.wandb"):
        tracked, summary = Tracked(), {}
        for content in _records(path.read_bytes()):
            record = protos.Record.FromString(content)
            row = {_key(item): json.loads(item.value_json) for item in record.history.item}
            for name, value in row.items():
                if not name.startswith("_"):
                    tracked.curves.setdefault(name, []).append((row["_step"], value))
            for update in (*record.run.config.update, *record.config.update):
                value = json.loads(update.value_json)
                nested = value if isinstance(value, dict) else {"": value}
                for name, each in nested.items():
                    tracked.settings[".".join(filter(None, [_key(update), name]))] = str(each)
            for update in record.summary.update:
                summary[_key(update)] = json.loads(update.value_json)
        if "alpha" in summary:
            tracked.curves["alpha"] = [(-1, summary["alpha"])]
        tracked.status = summary.get("status", "")
        yield tracked


def _key(item: Any) -> str:
    return item.key or ".".join(item.nested_key)


def _records(content: bytes) -> Iterator[bytes]:
    """The records of a file in LevelDB's log format, whose first block begins with seven bytes of W&B's."""
    position, record = 7, b""
    while position + 7 <= len(content):
        if 32768 - position % 32768 < 7:  # the rest of a block
            position += 32768 - position % 32768
            continue
        _, size, kind = struct.unpack("<IHB", content[position : position + 7])
        record += content[position + 7 : position + 7 + size]
        position += 7 + size
        if kind in (1, 4):  # a whole record, or its last part
            yield record
            record = b""
