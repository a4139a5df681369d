"""Numbers and counts as text for readers."""

from isbe_bench.statistics.intervals import MeanInterval


def mean_text(cell: MeanInterval | None, digits: int = 2, signed: bool = False) -> str:
    """A mean with the half-width of its interval, such as `99.29 ± 0.08`; `-` if not measured.

    A single value, or identical values, show no spread and get no `±`.
    """
    if cell is None:
        return "-"
    mean = f"{cell.mean:+z.{digits}f}" if signed else f"{cell.mean:.{digits}f}"
    return f"{mean} ± {cell.half_width:.{digits}f}" if cell.half_width > 0 else mean


def interval_text(cell: MeanInterval, digits: int = 2) -> str:
    """A difference with its interval, such as `-0.31 [-0.42, -0.20]`; a single value has none."""
    return _with_interval(cell, f"+z.{digits}f")


def ratio_text(cell: MeanInterval, digits: int = 2) -> str:
    """A ratio with its interval, such as `0.31 [0.20, 0.42]`; a single value has none."""
    return _with_interval(cell, f".{digits}f")


def _with_interval(cell: MeanInterval, form: str) -> str:
    if cell.count < 2:
        return f"{cell.mean:{form}}"
    return f"{cell.mean:{form}} [{cell.low:{form}}, {cell.high:{form}}]"


def count_text(counts: list[int]) -> str:
    """The range of several counts: `3`, or `1-3`."""
    return "-".join(str(count) for count in sorted({min(counts), max(counts)}))
