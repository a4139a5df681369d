"""`tracker=tensorboard`: event files, a folder for each run.

They are written as TensorBoard's own records, not by PyTorch's `SummaryWriter`: that one writes from a
thread of its own, whose errors come late or never, and publishing does without PyTorch.
"""

import itertools
import os
import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.plugins.hparams import api_pb2, metadata, plugin_data_pb2, summary_v2
from tensorboard.plugins.text.metadata import create_summary_metadata
from tensorboard.summary.writer.record_writer import RecordWriter

from isbe_bench import literal
from isbe_bench.runs.folder import Status
from isbe_bench.runs.rows import Epoch
from isbe_bench.tracking.tracker import Beginning, Ending, Published, curves, texts

_EVENTS = "events.out.tfevents."
_PUBLICATION = "publication"
"""The folder of figures and verdicts, beside those of the runs."""


class TrackedRun:
    """The event files of a run, one for each attempt."""

    def __init__(self, run: Beginning) -> None:
        self.name = run.slug
        folder = run.store / run.slug
        self._last = _last_epoch(folder) if run.known_as else 0
        self._events = _Events(folder)
        # What a run had that was thrown away is in earlier files of the folder.
        self._events.add(self._last + 1, session_log=SessionLog(status=SessionLog.START))
        if not self._last:
            self._events.add(0, summary=_parameters(run))
            self._events.add(0, summary=_text("settings", _table(texts(run.settings))))
        self._events.add(self._last, summary=_text("environment", _table(texts(run.environment))))
        self._events.flush()

    def record(self, epochs: Sequence[Epoch]) -> None:
        for epoch in epochs:
            if epoch.epoch > self._last:
                self._last = epoch.epoch
                self._add_scalars(curves(epoch))
        self._events.flush()

    def end(self, ending: Ending) -> None:
        if ending.alpha is not None:
            self._add_scalars({"alpha": ending.alpha})
        words = f"{ending.status}: {ending.note}"
        self._events.add(self._last, summary=_text("status", literal.in_markdown(words)))
        if ending.status in ("done", "diverged"):  # of several such events, TensorBoard heeds the first
            self._events.add(self._last, summary=_end_of_session(ending.status))
        self._events.close()

    def _add_scalars(self, values: Mapping[str, float]) -> None:
        scalars = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self._events.add(self._last, summary=Summary(value=scalars))


def begin(run: Beginning) -> TrackedRun:
    return TrackedRun(run)


def publish(published: Published) -> str:
    folder = published.store / _PUBLICATION
    step = len(_files(folder))  # its slider goes from one publication to the next
    events = _Events(folder)
    for path in published.figures:
        picture = Summary.Image(encoded_image_string=path.read_bytes())
        value = Summary.Value(tag=f"figures/{path.stem}", image=picture)
        events.add(step, summary=Summary(value=[value]))
    verdicts = literal.table(pd.DataFrame(published.verdicts))
    events.add(step, summary=_text("verdicts", verdicts))
    events.close()
    return str(folder)


class _Events:
    """A new event file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        stem = f"{_EVENTS}{time.time():.0f}.{socket.gethostname()}.{os.getpid()}"
        paths = (folder / f"{stem}.{number}" for number in itertools.count())
        self._file = next(path for path in paths if not path.exists()).open("xb")
        self._records = RecordWriter(self._file)
        self.add(0, file_version="brain.Event:2")

    def add(self, step: int, **content: Any) -> None:
        """Add an event with this content, which is on the disk after the next `flush` or `close`."""
        event = Event(wall_time=time.time(), step=step, **content)
        self._records.write(event.SerializeToString())

    def flush(self) -> None:
        self._file.flush()

    def close(self) -> None:
        self._file.close()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"{_EVENTS}*"))


def _last_epoch(folder: Path) -> int:
    """The last epoch that the event files of a run hold; 0 without any."""
    events = EventAccumulator(str(folder), size_guidance={"scalars": 0}).Reload()
    if "lr" not in events.Tags()["scalars"]:
        return 0
    return int(max(event.step for event in events.Scalars("lr")))


def _text(name: str, markdown: str) -> Summary:
    value = Summary.Value(
        tag=name,
        metadata=create_summary_metadata("", ""),
        tensor=TensorProto(dtype="DT_STRING", string_val=[markdown.encode()]),
    )
    return Summary(value=[value])


def _table(values: Mapping[str, str]) -> str:
    return literal.table(pd.DataFrame(values.items(), columns=["key", "value"]))


def _parameters(run: Beginning) -> Summary:
    """The settings as hyperparameters, among which TensorBoard has neither lists nor nothing."""
    plain = {
        key: value if isinstance(value, (bool, int, float, str)) else text
        for (key, value), text in zip(run.settings.items(), texts(run.settings).values(), strict=True)
    }
    return summary_v2.hparams_pb(plain, trial_id=run.slug)


def _end_of_session(status: Status) -> Summary:
    code = api_pb2.STATUS_SUCCESS if status == "done" else api_pb2.STATUS_FAILURE
    ended = plugin_data_pb2.SessionEndInfo(status=code, end_time_secs=time.time())
    content = plugin_data_pb2.HParamsPluginData(session_end_info=ended)
    value = Summary.Value(
        tag=metadata.SESSION_END_INFO_TAG,
        metadata=metadata.create_summary_metadata(content),
        tensor=metadata.NULL_TENSOR,
    )
    return Summary(value=[value])
