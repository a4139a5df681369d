"""The CSV files of run folders and records: their names, and a dataclass for the rows of each.

Annotations say what a column may hold; `schema.py` checks files by them.
"""

import dataclasses
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

Count = Annotated[int, Ge(0)]
Flag = Annotated[int, Ge(0), Le(1)]
Loss = Annotated[float, Ge(0)]
Percent = Annotated[float, Ge(0), Le(100)]
Milliseconds = Annotated[float, Gt(0)]
Duration = Annotated[float, Ge(0)]
Share = Annotated[float, Ge(0), Le(1)]


@dataclasses.dataclass(frozen=True)
class Optional:
    """Marks a column whose cells may be empty."""


Reading = Annotated[float, Optional()]
"""NaN where a machine does not tell."""
Reason = Annotated[str, Optional()]
"""Empty where there is none."""

EPOCHS = "epochs.csv"
PREDICTIONS = "predictions.csv"
TIMING = "timing.csv"
HEAD = "head.csv"
THEORY = "theory.csv"
PROCESSES = "processes.csv"
ERRORS = "errors.csv.gz"
SAMPLES = "samples.csv"
"""In `records/`, not in a run's folder: an image of each class, for Figure 5."""


@dataclasses.dataclass(frozen=True)
class Epoch:
    """A row of `epochs.csv`.

    Losses are means over images of the mode's own curve; accuracies are in percent. `running_loss` is
    gathered while the weights change; the other losses and accuracies are taken after the epoch, in
    evaluation mode, the training ones on the epoch's augmented images. Times are sums over the epoch's
    training steps; `epoch_s` is the wall time of the whole epoch with its evaluations.
    """

    epoch: Annotated[int, Ge(1)]
    lr: Duration
    train_loss: Loss
    train_accuracy: Percent
    running_loss: Loss
    validation_loss: Loss
    validation_accuracy: Percent
    test_loss: Loss
    test_accuracy: Percent
    forward_ms: Milliseconds
    backward_ms: Milliseconds
    optimizer_ms: Duration
    data_ms: Duration
    epoch_s: Duration


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A row of `predictions.csv`: label and predicted class of one test image."""

    label: Count
    prediction: Count


@dataclasses.dataclass(frozen=True)
class Misclassified:
    """A row of the record `errors.csv.gz`: a test image, by its number from 0, that a run gets wrong."""

    image: Count
    label: Count
    prediction: Count


@dataclasses.dataclass(frozen=True)
class SampleImage:
    """A row of the record `samples.csv`: an image of a data set's training images, for Figure 5.

    `image` is its number, from 0; `name` that of its class; `png` the image in base64.
    """

    dataset: str
    image: Count
    label: Count
    name: str
    png: str


@dataclasses.dataclass(frozen=True)
class TimingSample:
    """A row of `timing.csv`: what one loss took in one round of one process.

    `process` and `position` (in the round) count from 0, `round` from 0 with the warm-up; `mode` ends in
    `@2` for the A/A twin; `warmup` is 1 for rounds that no statistic uses.
    """

    process: Count
    round: Count
    position: Count
    mode: str
    forward_ms: Milliseconds
    backward_ms: Milliseconds
    warmup: Flag


@dataclasses.dataclass(frozen=True)
class HeadSample:
    """A row of `head.csv`: what one way took in one round of one process.

    `mode` is the way, its A/A twin with `@2`, or `copy`; `peak_bytes` is what it held at once beyond
    the scores, its gradient included. The other columns are as in `timing.csv`.
    """

    process: Count
    round: Count
    position: Count
    classes: Annotated[int, Ge(2)]
    batch_size: Annotated[int, Ge(1)]
    mode: str
    gradient_ms: Milliseconds
    peak_bytes: Count
    warmup: Flag


@dataclasses.dataclass(frozen=True)
class StatementCheck:
    """A row of `theory.csv`: one statement on one function, for one number of classes.

    `statement`, `subject` and `printed` are as in `theory.statements`; `classes` and `samples` count
    classes and draws. The statement claims `value relation bound` of `quantity`; `holds` is 1 where that
    is true, so that the statement holds as printed, else 0. `note` is never empty.
    """

    statement: str
    subject: str
    printed: str
    classes: Annotated[int, Ge(2)]
    samples: Annotated[int, Ge(1)]
    quantity: str
    value: float
    relation: Literal["<", ">"]
    bound: float
    holds: Flag
    note: str


MAX_FOREIGN_CPU_SHARE = 0.05
"""Above this share of the machine's CPU time, other processes have disturbed a measurement."""


@dataclasses.dataclass(frozen=True)
class Conditions:
    """A row of `processes.csv`: the conditions under which one process measured.

    Attributes
    ----------
    process
        Its number, from 0.
    started, seconds
        When it began to measure (UTC) and for how long, without its preparation.
    clock_ms
        What the clock adds to a phase.
    foreign_cpu_share
        The share of the machine's CPU time that other processes took, in [0, 1].
    cpu_mhz_before, cpu_mhz_after, gpu_mhz_before, gpu_mhz_after
        Clock frequencies; NaN where they cannot be read, as in most virtual machines.
    gpu_others
        How many other processes had work on the GPU; NaN where that cannot be read.
    gpu_throttled
        Why the GPU ran below its clock; empty where it did not or where that cannot be read.
    disturbed
        Why its times are not to be trusted; empty where they are.
    """

    process: Count
    started: str
    seconds: Duration
    clock_ms: Duration
    foreign_cpu_share: Share
    cpu_mhz_before: Reading
    cpu_mhz_after: Reading
    gpu_mhz_before: Reading
    gpu_mhz_after: Reading
    gpu_others: Reading
    gpu_throttled: Reason
    disturbed: Reason
