"""An interval plot for each task that the suite does not ship, a panel for each quantity."""

from collections.abc import Iterator

from matplotlib.figure import Figure

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.others import OtherRuns
from isbe_bench.publication.figures import curves

_COLOUR = "#0072B2"


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """One figure for each task and settings, with the stem of its file name."""
    for group in analysis.others:
        words = " ".join(str(value) for value in group.where.values() if value)
        yield f"task-{group.task}-{words}", _figure(group, words)


def _figure(group: OtherRuns, words: str) -> Figure:
    subjects = list(dict.fromkeys(cell.mode for cell in group.cells))
    figure, axes = curves.page(1, len(group.headings), 1.1 + 0.25 * len(subjects), squeeze=False)
    for panel, (quantity, heading) in zip(axes.flat, group.headings.items(), strict=True):
        for cell in (cell for cell in group.cells if cell.quantity == quantity):
            at = subjects.index(cell.mode)
            if cell.value.count > 1:
                panel.plot([cell.value.low, cell.value.high], [at, at], color=_COLOUR, linewidth=1.2)
            panel.plot(cell.value.mean, at, "o", color=_COLOUR, markersize=4)
        panel.set_yticks(range(len(subjects)), subjects)
        panel.set_ylim(len(subjects) - 0.4, -0.6)
        panel.set_xlabel(heading)
    figure.suptitle(f"task={group.task}, {words}: mean over runs, 95% interval", fontsize=9)
    return figure
