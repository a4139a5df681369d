"""tau and times against cross-entropy, by the length of a step: `experiment=why_tau`."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullFormatter

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.step_sizes import StepSizes
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.losses import FUNCTION, base
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves
from isbe_bench.statistics.comparison import Comparison, total_change
from isbe_bench.statistics.intervals import MeanInterval

_HEIGHT = 5.6  # inches


@dataclass(frozen=True)
class _Panel:
    """One quantity against the reference; `value` takes a measurement, a mode and the reference."""

    title: str
    value: Callable[[Comparison, str, str], MeanInterval]


def _of_step(phase: str) -> Callable[[Comparison, str, str], MeanInterval]:
    """The difference of a phase, in percent of a step under the reference."""

    def value(measured: Comparison, mode: str, other: str) -> MeanInterval:
        difference = measured.difference(f"{phase}_ms", mode, other)
        share = 100 / measured.mean("total_ms", other).mean
        mean, low, high = (share * each for each in (difference.mean, difference.low, difference.high))
        return MeanInterval(mean, low, high, difference.count)

    return value


_PANELS = (
    _Panel("tau, points", lambda measured, mode, other: measured.difference("tau", mode, other)),
    _Panel("both phases together, %", lambda measured, mode, other: total_change(measured, mode)),
    _Panel("forward phase, % of a step", _of_step("forward")),
    _Panel("backward phase, % of a step", _of_step("backward")),
)


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each series of batch sizes, with the stem of its file name."""
    for series in analysis.step_sizes:
        words = (str(series.where[key]) for key in ("dataset", "net", "device", "settings"))
        yield f"tau_by_step-{'-'.join(filter(None, words))}", _figure(series, analysis.losses)


def _figure(series: StepSizes, losses: dict[str, Entry]) -> Figure:
    figure, grid = curves.page(2, 2, _HEIGHT, sharex=True)
    steps = [group.comparison.mean("total_ms", series.reference).mean for group in series.groups]
    keys: list[Line2D] = []
    for axes, panel in zip(grid.flat, _PANELS, strict=True):
        axes.axhline(0, color="black", linewidth=0.6)
        keys = [_draw(axes, panel, series, mode, steps, losses[base(mode)]) for mode in series.modes]
        axes.set_title(panel.title, fontsize=8)
        _step_axis(axes)
    for axes in grid[-1]:
        axes.set_xlabel(f"a step under {series.reference}, ms")
    figure.legend(handles=keys, loc="outside lower center", ncols=5, frameon=False)
    place = series.where
    net = f"{NETWORKS.label(place['net'])} on {place['dataset']}, {place['device']} {place['settings']}"
    processes = min(group.comparison.processes for group in series.groups)
    sizes = ", ".join(map(str, series.by_size))
    figure.suptitle(
        f"Against {series.reference}, by the length of a step: {net.strip()}\n"
        f"batches of {sizes} images, mean and 95% interval over {processes} processes",
        fontsize=9,
    )
    return figure


def _draw(
    axes: Axes, panel: _Panel, series: StepSizes, mode: str, steps: list[float], loss: Entry
) -> Line2D:
    """Draw one mode, with its intervals; returns its entry for the legend."""
    values = [panel.value(group.comparison, mode, series.reference) for group in series.groups]
    line = ":" if mode.endswith(FUNCTION) else loss.line
    axes.plot(
        steps,
        [value.mean for value in values],
        color=loss.colour,
        linestyle=line,
        linewidth=1.1,
        marker="o",
        markersize=2.5,
    )
    band = [value.low for value in values], [value.high for value in values]
    axes.fill_between(steps, *band, color=loss.colour, alpha=0.12, linewidth=0)
    return curves.neutral_key(mode, color=loss.colour, linestyle=line)


def _step_axis(axes: Axes) -> None:
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, position: f"{value:g}"))
    axes.xaxis.set_minor_formatter(NullFormatter())
