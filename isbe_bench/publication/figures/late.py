"""Figures 6 to 8: losses and accuracies of VGG-16, in all epochs and in late ones."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.losses import ISBE, is_compared
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves

SHOWN = ("ce_mean", *ISBE)
"""The paper shows one cross-entropy here; others are drawn if there are runs of them."""

_SPLITS = {"train": "training", "test": "testing"}
_HEIGHT = 5.0  # inches


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """Figures 6 to 8 for each group, with the stems of their file names."""
    for group in curves.cifar_groups(analysis):
        pages = _Pages(group, analysis.losses)
        name = curves.file_words(group)
        yield f"figure6_losses_and_accuracies-{name}", pages.whole()
        if any(map(is_compared, group.modes)):
            yield f"figure7_late_losses-{name}", pages.late_losses()
        yield f"figure8_late_accuracies-{name}", pages.late_accuracies()


def windows(epochs: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last epoch of the middle and the last third: 40-80 and 80-120 in the paper."""
    start, middle = max(1, round(epochs / 3)), max(1, round(2 * epochs / 3))
    return (start, middle), (middle, epochs)


class _Pages:
    """The three figures of one group."""

    def __init__(self, group: Trainings, losses: Mapping[str, Entry]) -> None:
        self._group = group
        self._losses = losses

    def whole(self) -> Figure:
        """Figure 6: losses above accuracies, training left, testing right."""
        group = self._group
        figure, axes = curves.page(2, 2, _HEIGHT, sharex=True)
        for column, (split, word) in enumerate(_SPLITS.items()):
            loss, accuracy = axes[:, column]
            for mode in group.modes:
                curves.draw(loss, group.curve(mode, f"{split}_loss"), self._losses[mode])
                curves.draw(accuracy, group.curve(mode, f"{split}_accuracy"), self._losses[mode])
            loss.set_title(word, fontsize=8)
            curves.loss_axis([loss])
            curves.accuracy_axis([accuracy], since=group.epochs / 3)
            accuracy.set_xlabel("epoch")
        axes[0, 0].set_ylabel("loss per image")
        axes[1, 0].set_ylabel("accuracy, %")
        curves.epoch_axis(axes[0, 0], 1, group.epochs)
        return self._finish(figure, "Losses and accuracies", group.modes, SHOWN)

    def late_losses(self) -> Figure:
        """Figure 7: late losses, without cross-entropy, whose loss has another unit."""
        modes = list(filter(is_compared, self._group.modes))
        figure, axes = self._in_windows("loss", modes)
        for panel in axes.flat:
            curves.loss_axis([panel])
        return self._finish(figure, "Losses in late epochs", modes, ISBE)

    def late_accuracies(self) -> Figure:
        """Figure 8: late accuracies, with a line at the maximum of each mean curve over all epochs."""
        group = self._group
        figure, axes = self._in_windows("accuracy", group.modes)
        for split, row in zip(_SPLITS, axes, strict=True):
            for panel, (first, _) in zip(row, windows(group.epochs), strict=True):
                for mode in group.modes:
                    highest = group.curve(mode, f"{split}_accuracy")["mean"].max()
                    look = {"color": self._losses[mode].colour, "label": f"_{mode}"}
                    panel.axhline(highest, linewidth=0.6, **look)
                curves.accuracy_axis([panel], since=first)
        highest_key = curves.neutral_key("highest of all epochs", linewidth=0.6)
        return self._finish(figure, "Accuracies in late epochs", group.modes, SHOWN, [highest_key])

    def _in_windows(self, quantity: str, modes: Sequence[str]) -> tuple[Figure, Any]:
        """Four panels: training above testing, the middle third of the epochs left, the last right."""
        both = windows(self._group.epochs)
        figure, axes = curves.page(2, 2, _HEIGHT)
        for (split, word), row in zip(_SPLITS.items(), axes, strict=True):
            row[0].set_ylabel(f"{word} {quantity}{', %' if quantity == 'accuracy' else ' per image'}")
            for panel, (first, last) in zip(row, both, strict=True):
                for mode in modes:
                    curve = self._group.curve(mode, f"{split}_{quantity}").loc[first:last]
                    curves.draw(panel, curve, self._losses[mode])
                curves.epoch_axis(panel, first, last)
        for panel, (first, last) in zip(axes[0], both, strict=True):
            title = f"epochs {first} to {last}" if first < last else f"epoch {first}"
            panel.set_title(title, fontsize=8)
        for panel in axes[1]:
            panel.set_xlabel("epoch")
        return figure, axes

    def _finish(
        self,
        figure: Figure,
        subject: str,
        modes: Sequence[str],
        expected: Sequence[str],
        more: Sequence[Line2D] = (),
    ) -> Figure:
        keys = [*(curves.key(self._losses[mode], mode) for mode in modes), *more]
        missing = [mode for mode in expected if mode not in self._group.modes]
        title = f"{subject} of {NETWORKS.label(self._group.net)} on {self._group.dataset}"
        return curves.finish(figure, title, [self._group], keys, missing)
