"""The peak memory of a piece of work, beyond the memory in use before."""

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import torch
from torch.profiler import ProfilerActivity, profile


def peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """The largest number of bytes that tensors of `work` hold at once, including its result."""
    if device.type == "cuda":
        return _cuda_peak(work)
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # or the profiler announces each start
    # PyTorch does not count the CPU's memory, but its profiler records each allocation and release.
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as profiler:
        result = work()  # kept until the profiler has ended
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "trace.json"
        profiler.export_chrome_trace(str(path))
        events = json.loads(path.read_text(encoding="utf-8"))["traceEvents"]
    del result
    blocks = [event for event in events if event.get("name") == "[memory]"]
    held = peak = 0
    for block in sorted(blocks, key=lambda event: float(event["ts"])):
        held += int(block["args"]["Bytes"])
        peak = max(peak, held)
    return peak


def _cuda_peak(work: Callable[[], object]) -> int:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    result = work()
    torch.cuda.synchronize()
    peak = torch.cuda.max_memory_allocated() - before
    del result
    return peak
