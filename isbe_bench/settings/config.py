"""What one run is: typed dataclasses behind the YAML of `conf/`, and the hash that names a run.

Only what a value is by itself is checked here. What it means for the machine and the data (is the
device there, does the network take these images?) is checked in `preparation.py`.
"""

import dataclasses
from typing import Annotated, Any, ClassVar

from omegaconf import DictConfig, OmegaConf
from omegaconf.errors import MissingMandatoryValue, OmegaConfBaseException

from isbe_bench.catalogue.losses import FUNCTION
from isbe_bench.errors import InputError
from isbe_bench.settings import identity, rules
from isbe_bench.settings.identity import digest as digest
from isbe_bench.settings.identity import flatten as flatten


@dataclasses.dataclass(frozen=True)
class Architecture:
    """A network of the paper (Section 4.1 and 4.2)."""

    name: Annotated[str, rules.choice("n0", "n1", "n1r", "vgg16")]
    batch_norm: Annotated[bool, rules.boolean()]
    bias: Annotated[bool, rules.boolean()]  # of the last linear unit: the "relocation" of N1r
    pooling: Annotated[
        str, rules.choice("flatten", "average")
    ]  # how the last feature map becomes a vector


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Random affine transformations, drawn per image and epoch; every range is symmetric."""

    enabled: Annotated[bool, rules.boolean()]
    degrees: Annotated[float, rules.number(0)]  # rotation, in degrees
    translate: Annotated[float, rules.number(0, below=1)]  # shift, as a share of the image's side
    scale: Annotated[float, rules.number(0, below=1)]  # zoom by a factor in [1 - scale, 1 + scale]
    shear: Annotated[float, rules.number(0, below=90)]  # in degrees
    flip: Annotated[bool, rules.boolean()]  # left-right, with probability 1/2
    padding: Annotated[str, rules.choice("zeros", "border", "reflection")]


@dataclasses.dataclass(frozen=True)
class Recommended:
    """What a data set is trained with unless the command says otherwise."""

    epochs: Annotated[int, rules.integer(1)]
    lr: Annotated[float, rules.positive()]


@dataclasses.dataclass(frozen=True)
class Dataset:
    """A data set that needs no description of its own."""

    name: Annotated[str, rules.choice("digits", "mnist", "cifar10", "cifar100")]
    root: Annotated[str, rules.path()]
    download: Annotated[bool, rules.boolean()]
    validation_fraction: Annotated[float, rules.positive(0.5)]
    augmentation: Augmentation
    recommended: Recommended


@dataclasses.dataclass(frozen=True)
class ImageFolder(Dataset):
    """Images of the user's own: `root/train/CLASS/*` and `root/test/CLASS/*`."""

    name: Annotated[str, rules.choice("image_folder")]
    image_size: Annotated[int, rules.integer(1, 4096)]  # images are resized to this many pixels a side
    channels: Annotated[int, rules.choice(1, 3)]
    fingerprint: Annotated[str | None, rules.optional(rules.text())]  # of the files; set by the suite


@dataclasses.dataclass(frozen=True)
class CrossEntropy:
    """SoftMax and cross-entropy in one; the name says how it is reduced over the batch."""

    name: Annotated[str, rules.choice("ce_mean", "ce_none", "ce_sum")]
    label_smoothing: Annotated[float, rules.number(0, below=1)]

    @property
    def reduction(self) -> str:
        """`mean`, `none` or `sum`."""
        return self.name.removeprefix("ce_")


@dataclasses.dataclass(frozen=True)
class Isbe:
    """The soft error in place of a loss gradient (paper, Section 3 and Appendix B).

    The name says which activation makes soft scores of raw ones.
    """

    name: Annotated[
        str,
        rules.choice("isbe_softmax", "isbe_sigmoid", "isbe_hardsigmoid", "isbe_tanh", "isbe_hardtanh"),
    ]
    implementation: Annotated[str, rules.choice("direct", "function")]
    blur: Annotated[str, rules.choice("appendix_b", "section_3")]
    blur_amount: Annotated[float, rules.number(0, below=0.5)]  # eps of Appendix B, mu of Section 3
    hardsigmoid: Annotated[str, rules.choice("pytorch", "section_4")]
    scale: Annotated[str, rules.choice("sum", "mean")]
    curve: Annotated[str, rules.choice("section_4", "appendix_b")]

    @property
    def activation(self) -> str:
        """The name's end: `softmax`, `sigmoid`, `hardsigmoid` and so on."""
        return self.name.removeprefix("isbe_")

    @property
    def symmetric(self) -> bool:
        """Whether targets are mapped to `2Y° - 1`, for soft scores in [-1, 1]."""
        return self.activation in ("tanh", "hardtanh")


@dataclasses.dataclass(frozen=True)
class NormalizeIsbe(Isbe):
    """Soft scores on the unit sphere: what Section 3 warns of, because it is not stable around zero."""

    name: Annotated[str, rules.choice("isbe_normalize")]
    targets: Annotated[str, rules.choice("symmetric", "onehot")]

    @property
    def symmetric(self) -> bool:
        """As configured: the paper does not say which targets it took."""
        return self.targets == "symmetric"


@dataclasses.dataclass(frozen=True)
class DilatedIsbe(Isbe):
    """SoftMax(d ⊙ x) with the error d ⊙ (Y - Y°) (Theorem A1)."""

    name: Annotated[str, rules.choice("isbe_dilated_softmax")]
    dilation: Annotated[float | tuple[float, ...], rules.one_or_each(rules.positive())]  # d


@dataclasses.dataclass(frozen=True)
class Optimizer:
    """Adam with a learning rate that decays exponentially by epoch."""

    name: Annotated[str, rules.choice("adam")]
    lr: Annotated[float, rules.positive()]
    final_lr_ratio: Annotated[float, rules.positive(1)]  # the last learning rate over the first
    beta1: Annotated[float, rules.number(0, below=1)]
    beta2: Annotated[float, rules.number(0, below=1)]
    eps: Annotated[float, rules.positive()]
    weight_decay: Annotated[float, rules.number(0)]


@dataclasses.dataclass(frozen=True)
class Device:
    """Where a run computes."""

    name: Annotated[str, rules.choice("auto", "cpu", "cuda")]
    index: Annotated[int, rules.integer(0)]
    threads: Annotated[int | None, rules.optional(rules.integer(1, 1024))]  # null: PyTorch's own number
    deterministic: Annotated[bool, rules.boolean()]


@dataclasses.dataclass(frozen=True)
class Train:
    """`task=train`: one training from first weights to alpha."""

    epochs: Annotated[int, rules.integer(1)]
    batch_size: Annotated[int, rules.integer(1)]


_LOSSES = rules.variant(CrossEntropy, Isbe, NormalizeIsbe, DilatedIsbe)
_ISBE = (
    "isbe_hardsigmoid",
    "isbe_hardtanh",
    "isbe_sigmoid",
    "isbe_softmax",
    "isbe_tanh",
    "isbe_normalize",
    "isbe_dilated_softmax",
)


@dataclasses.dataclass(frozen=True)
class Timing:
    """`task=timing`: many loss modes side by side, in several fresh processes."""

    losses: Annotated[
        tuple[str, ...],
        rules.several("ce_mean", "ce_none", "ce_sum", *_ISBE, *(f"{name}{FUNCTION}" for name in _ISBE)),
    ]
    modes: Annotated[tuple[CrossEntropy | Isbe, ...] | None, rules.unset()]  # the losses in full
    processes: Annotated[int, rules.integer(2)]  # one alone says nothing of the spread
    rounds: Annotated[int, rules.integer(1)]
    warmup: Annotated[int, rules.integer(1)]
    batch_size: Annotated[int, rules.integer(1)]
    engine: Annotated[str, rules.choice("eager", "graph")]


@dataclasses.dataclass(frozen=True)
class Size:
    """Scores of (batch_size, classes), and how many rounds they are measured for."""

    classes: Annotated[int, rules.integer(2)]
    batch_size: Annotated[int, rules.integer(1)]
    rounds: Annotated[int, rules.integer(1)]


@dataclasses.dataclass(frozen=True)
class Head:
    """`task=head`: ways from scores to their gradient, without a network."""

    ways: Annotated[
        tuple[str, ...] | None,
        rules.optional(
            rules.several(
                "ce_mean",
                "ce_none",
                "ce_sum",
                "ce_compiled",
                "ce_liger",
                "isbe_direct",
                "isbe_inplace",
                "isbe_function",
                "isbe_onehot",
            )
        ),
    ]  # null: all that this machine has
    sizes: Annotated[tuple[Size, ...], rules.items(Size)]
    processes: Annotated[int, rules.integer(2)]
    warmup: Annotated[int, rules.integer(1)]


@dataclasses.dataclass(frozen=True)
class Theory:
    """`task=theory`: the paper's theorems, checked numerically."""

    classes: Annotated[tuple[int, ...], rules.several_of(rules.integer(2, 1000))]
    samples: Annotated[int, rules.integer(50, 100_000)]  # with fewer, a dilation may fit by chance


@dataclasses.dataclass(frozen=True)
class Config:
    """What the configurations of all tasks hold. One describes one run, whole."""

    task: Annotated[str, rules.choice("train", "timing", "head", "theory")]
    device: Device
    seed: Annotated[int, rules.integer(0, 2**32 - 1)]
    results_dir: Annotated[str, rules.path()]
    force: Annotated[bool, rules.boolean()]

    NOT_IDENTITY: ClassVar[tuple[str, ...]] = identity.NOT_IDENTITY

    def identity(self) -> dict[str, Any]:
        """The flat `{dotted key: value}` that tells this run from every other."""
        flat = flatten(dataclasses.asdict(self))
        return {key: value for key, value in flat.items() if key not in self.NOT_IDENTITY}

    @property
    def slug(self) -> str:
        """The run's folder name: readable, and ending in a hash of its identity."""
        return "-".join((self.task, *self._words(), f"seed{self.seed}", digest(self.identity())))

    @property
    def title(self) -> str:
        """What a person calls the run."""
        task = () if self.task == "train" else (self.task,)
        return " ".join((*task, *self._words(), "seed", str(self.seed)))

    def _words(self) -> tuple[str, ...]:
        """What a person would tell the run by, but for its seed."""
        raise NotImplementedError


@dataclasses.dataclass(frozen=True)
class TrainConfig(Config):
    """A run of `task=train`."""

    arch: Architecture
    dataset: Annotated[Dataset, rules.variant(Dataset, ImageFolder)]
    loss: Annotated[CrossEntropy | Isbe, _LOSSES]
    optimizer: Optimizer
    train: Train

    def _words(self) -> tuple[str, ...]:
        return self.arch.name, self.dataset.name, self.loss.name


@dataclasses.dataclass(frozen=True)
class TimingConfig(Config):
    """A run of `task=timing`."""

    arch: Architecture
    dataset: Annotated[Dataset, rules.variant(Dataset, ImageFolder)]
    timing: Timing

    def _words(self) -> tuple[str, ...]:
        return self.arch.name, self.dataset.name, self.device.name, self.timing.engine


@dataclasses.dataclass(frozen=True)
class HeadConfig(Config):
    """A run of `task=head`."""

    head: Head

    def _words(self) -> tuple[str, ...]:
        return (self.device.name,)


@dataclasses.dataclass(frozen=True)
class TheoryConfig(Config):
    """A run of `task=theory`."""

    theory: Theory

    def _words(self) -> tuple[str, ...]:
        return ()


_TASKS: dict[str, type[Config]] = {
    "train": TrainConfig,
    "timing": TimingConfig,
    "head": HeadConfig,
    "theory": TheoryConfig,
}


def parse(composed: DictConfig) -> Config:
    """Turn what Hydra composed into the checked configuration of its task.

    Raises
    ------
    InputError
        One line that names the key, its value and what is allowed.
    """
    try:
        values = OmegaConf.to_container(composed, resolve=True, throw_on_missing=True)
    except MissingMandatoryValue as error:
        raise InputError(f"{error.full_key}: must be set; allowed is {error.full_key}=VALUE") from error
    except OmegaConfBaseException as error:
        raise InputError(" ".join(str(error).split())) from error
    assert isinstance(values, dict)
    task = values.get("task")
    if task not in _TASKS:
        raise InputError(f"task={task}: allowed is {rules.either(_TASKS)}")
    return rules.build(_TASKS[task], values)


def loss(name: str, values: Any) -> CrossEntropy | Isbe:
    """A loss mode of `timing.losses`, from what `conf/loss` says of it."""
    built: CrossEntropy | Isbe = rules.build(_Loss, {"loss": values}).loss
    if isinstance(built, Isbe) and name.endswith(FUNCTION):
        return dataclasses.replace(built, implementation="function")
    return built


@dataclasses.dataclass(frozen=True)
class _Loss:
    loss: Annotated[CrossEntropy | Isbe, _LOSSES]
