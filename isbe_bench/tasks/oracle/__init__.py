"""`task=oracle`: back-propagation by hand, in NumPy, beside autograd (Tomasi 2019, Algorithm 1)."""

from types import MappingProxyType

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import ORACLE, OracleCheck
from isbe_bench.tasks.oracle.settings import OracleSettings, ReadyOracle
from isbe_bench.tasks.task import Task


class OracleTask(Task[OracleSettings, ReadyOracle]):
    """Compares gradients, and an epoch of gradient descent, for each loss mode on one network."""

    name = "oracle"
    settings = OracleSettings
    files = MappingProxyType({ORACLE: OracleCheck})
    subject = "loss"
    quantities = MappingProxyType({"value": ""})

    def check(self, settings: OracleSettings) -> ReadyOracle:
        from isbe_bench.tasks.oracle import checks

        return checks.check(settings)

    def work(self, ready: ReadyOracle, folder: RunFolder) -> str:
        from isbe_bench.tasks.oracle import work

        return work.run(ready, folder)


TASK = OracleTask()
