"""Parts of the notes below tables: how numbers are computed, and what a verdict means."""

from collections.abc import Iterable

from isbe_bench.analysis.timings import MARGIN, MAX_DISTURBED_SHARE
from isbe_bench.catalogue.datasets import margin
from isbe_bench.catalogue.losses import together
from isbe_bench.runs.rows import MAX_FOREIGN_CPU_SHARE
from isbe_bench.statistics.verdicts import MIN_RUNS

TAU = (
    "tau = 100 * backward / (forward + backward), in percent (Formula 7); the loss, or the soft error, "
    "is formed in the forward phase. tau is a share: work moved from one phase to the other changes it "
    "and saves nothing. What is saved is in the table of totals."
)
PROCESSES = (
    "Each process gives the median over its rounds, in which all losses take their turns on the same "
    "weights and batches; the value is the mean over processes, with the half-width of its 95% Student "
    "interval."
)
CONTROL = (
    "A/A: the first loss entered a second time; what differs there differs between identical modes. "
    "Where its interval leaves out zero, the measurement is untrusted."
)
DISTURBED = (
    f"disturbed: processes during which others took more than {MAX_FOREIGN_CPU_SHARE:.0%} of the CPU, "
    "or the GPU was shared or slowed down; their times are not to be trusted."
)
ALPHA = (
    "alpha: percent of the test images classified correctly after the last epoch, or with the weights "
    "that train.stop keeps (Formula 8)."
)
MEAN = "Mean over seeds, with the half-width of its 95% Student interval"
SEEDS = f"{MEAN}; std in the CSV file."
ACCURACY_VERDICTS = (
    "Verdicts: same, if two one-sided tests at 5% put the difference within the margin of "
    f"{margin('mnist'):g} points on MNIST and {margin(''):g} elsewhere; else lower or "
    "higher, if the 95% interval leaves out zero; else undecided. Below "
    f"{MIN_RUNS} pairs: too few runs. No correction for the number of cells: of twenty differences "
    "between identical modes, one is called lower or higher by chance."
)


def pairs(modes: Iterable[str]) -> str:
    """What differences of alpha are; `modes` are the compared ones."""
    return (
        f"{together(modes)} minus cross-entropy (reduction ce), in points: mean over pairs of runs with "
        "the same seed, with its 95% Student interval."
    )


def time_verdicts(less: str, more: str, unit: str) -> str:
    """How verdicts on time are reached; `less` and `more` are the words for the two directions."""
    return (
        f"Verdicts: {less} or {more} where the interval leaves out zero and the difference is larger "
        f"than what the A/A interval allows for, with (<{MARGIN:g}{unit}) where it is shown "
        "to be smaller than matters; else same within the larger of both reaches; too noisy where that "
        f"is beyond {MARGIN:g}{unit}; untrusted where the A/A interval leaves out zero, or where more "
        f"than {MAX_DISTURBED_SHARE:.0%} of the processes were disturbed."
    )
