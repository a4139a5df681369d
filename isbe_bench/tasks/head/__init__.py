"""`task=head`: the loss head alone, from scores to their gradient, by number of classes."""

from types import MappingProxyType

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import HEAD, PROCESSES, Conditions, HeadSample
from isbe_bench.tasks.head.settings import HeadSettings, ReadyHead
from isbe_bench.tasks.task import Task


class HeadTask(Task[HeadSettings, ReadyHead]):
    """Time and memory of ways from scores to their gradient, without a network, in fresh processes."""

    name = "head"
    settings = HeadSettings
    files = MappingProxyType({HEAD: HeadSample, PROCESSES: Conditions})
    subject = "mode"
    quantities = MappingProxyType({"gradient_ms": "ms", "peak_bytes": "bytes"})

    def check(self, settings: HeadSettings) -> ReadyHead:
        from isbe_bench.tasks.head import checks

        return checks.check(settings)

    def work(self, ready: ReadyHead, folder: RunFolder) -> str:
        from isbe_bench.tasks.head import work

        return work.run(ready, folder)


TASK = HeadTask()
