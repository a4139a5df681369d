"""`task=theory`: the statements of Theorem 1 and Theorem A1, checked in float64 on random arguments."""

from types import MappingProxyType

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import THEORY, StatementCheck
from isbe_bench.tasks.task import Task
from isbe_bench.tasks.theory.settings import ReadyTheory, TheorySettings


class TheoryTask(Task[TheorySettings, ReadyTheory]):
    """Checks each statement for each function and several numbers of classes."""

    name = "theory"
    settings = TheorySettings
    files = MappingProxyType({THEORY: StatementCheck})
    subject = "statement"
    quantities = MappingProxyType({"value": ""})

    def check(self, settings: TheorySettings) -> ReadyTheory:
        from isbe_bench.tasks.theory import checks

        return checks.check(settings)

    def work(self, ready: ReadyTheory, folder: RunFolder) -> str:
        from isbe_bench.tasks.theory import work

        return work.run(ready, folder)


TASK = TheoryTask()
