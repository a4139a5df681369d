"""Names and row types of the CSV files in run folders and records.

Annotations state the allowed values of a column; `schema.py` checks files against them.
"""

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Annotated, Literal, get_args

from annotated_types import Ge, Gt, Le

from isbe_bench.settings.evaluation import Split

Count = Annotated[int, Ge(0)]
Flag = Annotated[int, Ge(0), Le(1)]
Percent = Annotated[float, Ge(0), Le(100)]
Milliseconds = Annotated[float, Gt(0)]
Duration = Annotated[float, Ge(0)]
Share = Annotated[float, Ge(0), Le(1)]


@dataclasses.dataclass(frozen=True)
class Optional:
    """Marks a column whose cells may be empty."""


@dataclasses.dataclass(frozen=True)
class Added(Optional):
    """Marks a column that older files lack, and that is then read as empty."""


Reading = Annotated[float, Optional()]
"""NaN where it is not known, as what a machine does not report."""
Accuracy = Annotated[float, Ge(0), Le(100), Optional()]
"""In percent; NaN where it was not measured."""
Reason = Annotated[str, Optional()]
"""Empty if there is none."""

EPOCHS = "epochs.csv"
PREDICTIONS = "predictions.csv"
DIAGNOSTICS = "diagnostics.csv"
STOP = "stop.csv"
SIGNALS = "signals.csv"
TIMING = "timing.csv"
HEAD = "head.csv"
THEORY = "theory.csv"
ORACLE = "oracle.csv"
PROCESSES = "processes.csv"
PACKED_DIAGNOSTICS = "diagnostics.csv.gz"
PACKED_SIGNALS = "signals.csv.gz"
TRAINING_SCORES = "training_scores.npy"
"""Scores (training images, K), float32, of a run with `train.record_scores`."""
WEIGHTS = "weights.safetensors"
"""What a run with `train.save_weights` trained; see `training/weights.py`."""
ADDED_FILES = (DIAGNOSTICS, PACKED_DIAGNOSTICS, STOP, SIGNALS, PACKED_SIGNALS)
"""Files that older runs and records lack, and that are then read as empty."""
ERRORS = "errors.csv.gz"
SAMPLES = "samples.csv"
"""In `records/`, not in a run folder: an image of each class, for Figure 5."""


CURVES = tuple(f"{split}_{quantity}" for split in get_args(Split) for quantity in ("loss", "accuracy"))
"""The columns of `Epoch` that evaluations give."""


@dataclasses.dataclass(frozen=True)
class Epoch:
    """A row of `epochs.csv`.

    Losses are means over images of the mode's learning curve; accuracies are in percent. `running_loss`
    is the mean over the training steps, while the weights change. The other losses and accuracies are
    measured after the epoch in evaluation mode, those of `train_*` on the epoch's augmented images;
    they are empty where no images are held out, or `train.evaluate` leaves them out. Times are sums
    over the training steps; `epoch_s` is the wall time of the epoch with evaluations.
    """

    epoch: Annotated[int, Ge(1)]
    lr: Duration
    train_loss: Reading
    train_accuracy: Accuracy
    running_loss: float
    validation_loss: Reading
    validation_accuracy: Accuracy
    test_loss: Reading
    test_accuracy: Accuracy
    forward_ms: Milliseconds
    backward_ms: Milliseconds
    optimizer_ms: Duration
    data_ms: Duration
    epoch_s: Duration


@dataclasses.dataclass(frozen=True)
class Prediction:
    """A row of `predictions.csv`: label and predicted class of one test image.

    `rank` is the place of the label among the classes by falling score, 1 if it is predicted; it is
    recorded for data sets with more than 10 classes.
    """

    label: Count
    prediction: Count
    rank: Annotated[int, Ge(1), Added()]


@dataclasses.dataclass(frozen=True)
class Stopped:
    """The row of `stop.csv`: where `train.stop` ends a training.

    Attributes
    ----------
    criterion
        The one that is met first; empty if none is.
    epoch, kept
        From 1: the last epoch before the stop, and the epoch whose weights are kept.
    ended
        1 if the training ended there, with these weights; 0 if it went on.
    """

    criterion: Reason
    epoch: Annotated[int, Ge(1)]
    kept: Annotated[int, Ge(1)]
    ended: Flag


Quantity = Literal["error", "gradient", "weight", "score"]


@dataclasses.dataclass(frozen=True)
class Diagnostic:
    """A row of `diagnostics.csv`: what an epoch sent back, and what became of scores and weights.

    Attributes
    ----------
    epoch
        From 1. Quantities `score` and `weight` are of the last one.
    quantity, place
        `error`: the mean norm of the gradient of an image's loss with respect to its `scores` or its
        `features`. `gradient`: the norm of the gradient of the mean loss of a batch with respect to a
        weight tensor, by its name in the network. `weight`: the norm of the last layer's weights of a
        class, by label. `score`: a quantile of all test scores, by its share.
    value
        `error` and `gradient`: the mean over every tenth step.
    """

    epoch: Annotated[int, Ge(1)]
    quantity: Quantity
    place: str
    value: float


SignalName = Literal["weights", "scores", "calibration"]
"""What `train.signals` can ask for."""
SignalQuantity = Literal["weight", "score", "calibration_error", "confidence", "right"]
SIGNAL_OF: Mapping[SignalQuantity, SignalName] = MappingProxyType(
    {
        "weight": "weights",
        "score": "scores",
        **dict.fromkeys(("calibration_error", "confidence", "right"), "calibration"),
    }
)
"""What asks for each quantity."""
CONFIDENCE_BINS = 15
"""Of confidence in [0, 1], equally wide (Guo et al. 2017)."""


@dataclasses.dataclass(frozen=True)
class Signal:
    """A row of `signals.csv`: what `train.signals` asks for, after an epoch.

    Attributes
    ----------
    quantity, place
        `weight`: the norm of a weight tensor, by its name in the network. `score`: a quantile of all
        test scores, by its share. `calibration_error`: in [0, 1]. `confidence`: the share of test
        images whose confidence lies in a bin, by its upper edge; `right`: the share of these that are
        predicted correctly.
    """

    epoch: Annotated[int, Ge(1)]
    quantity: SignalQuantity
    place: Reason
    value: float


@dataclasses.dataclass(frozen=True)
class Misclassified:
    """A row of the record `errors.csv.gz`: a misclassified test image, by its index from 0."""

    image: Count
    label: Count
    prediction: Count


@dataclasses.dataclass(frozen=True)
class SampleImage:
    """A row of the record `samples.csv`: a training image of a data set, for Figure 5.

    `image` is its index from 0, `name` the name of its class, `png` the image in base64.
    """

    dataset: str
    image: Count
    label: Count
    name: str
    png: str


@dataclasses.dataclass(frozen=True)
class TimingSample:
    """A row of `timing.csv`: the times of one loss in one round of one process.

    `process`, `round` (warm-up included) and `position` in the round count from 0. `mode` ends in `@2`
    for the A/A twin. `warmup` is 1 for rounds that no statistic uses.
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
    """A row of `head.csv`: time and memory of one way in one round of one process.

    `mode` is the way, the A/A twin ending in `@2`, or `copy`. `peak_bytes` is its peak memory beyond the
    scores, gradient included. `error` is the largest distance of its gradient from that in float64 of
    the same scores, in its first rows, not divided by a batch size. The other columns are as in
    `timing.csv`.
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
    error: Annotated[float, Ge(0), Added()] = math.nan


@dataclasses.dataclass(frozen=True)
class StatementCheck:
    """A row of `theory.csv`: one statement on one function, for one number of classes.

    `statement`, `subject` and `printed` are as in `theory.statements`; `classes` and `samples` are the
    numbers of classes and draws. The statement claims `value relation bound` about `quantity`; `holds`
    is 1 if that is true, so that the statement holds as printed, else 0. `note` is never empty.
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


@dataclasses.dataclass(frozen=True)
class OracleCheck:
    """A row of `oracle.csv`: the reference beside autograd, under one loss mode.

    `check` is `gradient` (of each weight, for one batch), `epoch` (what weights become) or `as_printed`
    (Algorithm 1 to the letter). It claims `value relation bound` about `quantity`; `holds` is 1 if that
    is true, else 0. `steps` is how many steps of gradient descent went before: fewer than were asked for
    where a training diverged. `note` is never empty.
    """

    loss: str
    check: Literal["gradient", "as_printed", "epoch"]
    quantity: str
    value: float
    relation: Literal["<", ">"]
    bound: float
    holds: Flag
    steps: Annotated[int, Ge(0)]
    note: str


MAX_FOREIGN_CPU_SHARE = 0.05
"""A measurement is disturbed if other processes use a larger share of the machine's CPU time."""


@dataclasses.dataclass(frozen=True)
class Conditions:
    """A row of `processes.csv`: the conditions under which one process measured.

    Attributes
    ----------
    process
        Its index, from 0.
    started, seconds
        Start (UTC) and duration of the measurement, without its preparation.
    clock_ms
        Time that reading the clock adds to a phase.
    foreign_cpu_share
        The share of the machine's CPU time that other processes took, in [0, 1].
    cpu_mhz_before, cpu_mhz_after, gpu_mhz_before, gpu_mhz_after
        Clock frequencies; NaN if they cannot be read, as in most virtual machines.
    gpu_others
        Number of other processes that used the GPU; NaN if it cannot be read.
    gpu_throttled
        Why the GPU ran below its clock frequency; empty if it did not or that cannot be read.
    disturbed
        Why its times are not to be trusted; empty if they are.
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
