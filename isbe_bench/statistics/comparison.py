"""From raw samples of `task=timing` and `task=head` to intervals: the process is the sampling unit.

Steps of one process are correlated, and whole processes differ by chance. So each process gives one
value, the median over its rounds, and intervals are taken over processes. Differences and ratios are
formed within each round first, where both sides saw the same state of the machine.
"""

import pandas as pd

from isbe_bench.catalogue.heads import HEADS
from isbe_bench.catalogue.losses import LOSSES, TWIN, base
from isbe_bench.statistics.intervals import MeanInterval, mean_interval, ratio_interval


class Comparison:
    """Modes that were measured side by side, in the same rounds of the same processes.

    Parameters
    ----------
    samples
        One row per sample: `run`, `process`, `round`, `mode`, `warmup` and the columns of the
        quantities, each above 0. Only rows of the warm-up are left out.
    """

    def __init__(self, samples: pd.DataFrame) -> None:
        timed = samples[samples["warmup"] == 0]
        self._samples = timed.set_index(["run", "process", "round", "mode"])
        self.modes = sorted(dict.fromkeys(samples["mode"]), key=_place)
        self.processes = len(timed[["run", "process"]].drop_duplicates())
        self._known_medians: dict[tuple[str, str, str], pd.DataFrame] = {}

    @property
    def reference(self) -> str:
        """The mode that all others are compared with, which ran twice."""
        return self.control.removesuffix(TWIN)

    @property
    def control(self) -> str:
        """The name of the reference's second entry, the A/A twin."""
        return next(str(mode) for mode in self.modes if mode.endswith(TWIN))

    def mean(self, quantity: str, mode: str) -> MeanInterval:
        """Mean of the quantity under one mode, over processes."""
        return mean_interval(self.values(quantity, mode))

    def difference(self, quantity: str, mode: str, reference: str) -> MeanInterval:
        """Mean difference of the quantity, `mode` minus `reference`."""
        return mean_interval(self.differences(quantity, mode, reference))

    def ratio(self, quantity: str, mode: str, reference: str) -> MeanInterval:
        """Geometric mean ratio of the quantity, `mode` over `reference`."""
        return ratio_interval(self.ratios(quantity, mode, reference))

    def values(self, quantity: str, mode: str) -> list[float]:
        """The quantity under one mode: a value for each process."""
        return self._medians(quantity)[mode].tolist()

    def differences(self, quantity: str, mode: str, reference: str) -> list[float]:
        """The difference of the quantity, `mode` minus `reference`: a value for each process."""
        return self._medians(quantity, "sub", reference)[mode].tolist()

    def ratios(self, quantity: str, mode: str, reference: str) -> list[float]:
        """The ratio of the quantity, `mode` over `reference`: a value for each process."""
        return self._medians(quantity, "div", reference)[mode].tolist()

    def _medians(self, quantity: str, operation: str = "", reference: str = "") -> pd.DataFrame:
        """Medians over rounds, one row per process and one column per mode.

        All modes are computed at once, since grouping takes most of the time.
        """
        key = quantity, operation, reference
        if key not in self._known_medians:
            rounds = self._samples[quantity].unstack("mode")  # noqa: PD010 (one value a cell)
            if operation:
                rounds = getattr(rounds, operation)(rounds[reference], axis=0)
            self._known_medians[key] = rounds.groupby(level=["run", "process"]).median()
        return self._known_medians[key]


_ORDER = (*LOSSES.names(), *HEADS.names())


def _place(mode: str) -> tuple[int, str]:
    """Sort key: losses in the order of the paper's tables, then ways, then others; twins follow."""
    return (_ORDER.index(base(mode)) if base(mode) in _ORDER else len(_ORDER)), mode


def with_totals(samples: pd.DataFrame) -> pd.DataFrame:
    """Samples of `task=timing` with added columns `total_ms` and `tau` (percent; paper, Formula 7)."""
    total = samples["forward_ms"] + samples["backward_ms"]
    return samples.assign(total_ms=total, tau=100 * samples["backward_ms"] / total)


def percent_change(ratio: MeanInterval) -> MeanInterval:
    """A ratio and its interval as a change in percent: 0.97 becomes -3."""
    return MeanInterval(
        100 * (ratio.mean - 1), 100 * (ratio.low - 1), 100 * (ratio.high - 1), ratio.count
    )


def tau_control(comparison: Comparison) -> MeanInterval:
    """A/A difference of tau between the first loss and its twin, in points."""
    return comparison.difference("tau", comparison.control, comparison.reference)


def total_change(comparison: Comparison, mode: str) -> MeanInterval:
    """Change of a mode's total time against that of the first loss, in percent."""
    return percent_change(comparison.ratio("total_ms", mode, comparison.reference))
