"""`task=timing`: forward and backward time of many loss modes (docs/measuring.md)."""

from types import MappingProxyType

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import PROCESSES, TIMING, Conditions, TimingSample
from isbe_bench.tasks.task import Task
from isbe_bench.tasks.timing.settings import ReadyTiming, TimingSettings


class TimingTask(Task[TimingSettings, ReadyTiming]):
    """Times many loss modes side by side on one network, without learning, in fresh processes."""

    name = "timing"
    settings = TimingSettings
    files = MappingProxyType({TIMING: TimingSample, PROCESSES: Conditions})
    subject = "mode"
    quantities = MappingProxyType({"forward_ms": "ms", "backward_ms": "ms"})

    def check(self, settings: TimingSettings) -> ReadyTiming:
        from isbe_bench.tasks.timing import checks

        return checks.check(settings)

    def work(self, ready: ReadyTiming, folder: RunFolder) -> str:
        from isbe_bench.tasks.timing import work

        return work.run(ready, folder)


TASK = TimingTask()
