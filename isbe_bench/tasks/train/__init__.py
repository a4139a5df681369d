"""`task=train`: one training, from initial weights to alpha."""

from types import MappingProxyType

from isbe_bench.runs.folder import RunFolder
from isbe_bench.runs.rows import (
    DIAGNOSTICS,
    EPOCHS,
    PREDICTIONS,
    SIGNALS,
    STOP,
    Diagnostic,
    Epoch,
    Prediction,
    Signal,
    Stopped,
)
from isbe_bench.tasks.task import Task
from isbe_bench.tasks.train.settings import ReadyTraining, TrainingSettings


class Training(Task[TrainingSettings, ReadyTraining]):
    """Trains one network; gives alpha, learning curves and phase times."""

    name = "train"
    settings = TrainingSettings
    files = MappingProxyType(
        {
            EPOCHS: Epoch,
            PREDICTIONS: Prediction,
            DIAGNOSTICS: Diagnostic,
            STOP: Stopped,
            SIGNALS: Signal,
        }
    )
    subject = "mode"
    quantities = MappingProxyType({"test_accuracy": "%", "forward_ms": "ms", "backward_ms": "ms"})

    def check(self, settings: TrainingSettings) -> ReadyTraining:
        from isbe_bench.tasks.train import checks

        return checks.check(settings)

    def work(self, ready: ReadyTraining, folder: RunFolder) -> str:
        from isbe_bench.tasks.train import work

        return work.run(ready, folder)


TASK = Training()
