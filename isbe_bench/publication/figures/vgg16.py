"""Figures 6 to 8: losses and accuracies of VGG-16, whole and in late epochs."""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import ISBE, MODES
from isbe_bench.catalogue.palette import COLOURS
from isbe_bench.publication.figures import curves, groups
from isbe_bench.publication.figures.groups import Group

SHOWN = ("ce_mean", *ISBE)
"""The paper shows one cross-entropy here; others are drawn where there are runs of them."""

_SPLITS = {"train": "training", "test": "testing"}
_HEIGHT = 5.0  # inches


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Figures 6 to 8 for each group, with what their files are to be called."""
    for group in groups.of(collection, ("vgg16",)):
        name = f"{group.dataset}-{group.net}-{group.settings}"
        yield f"figure6_losses_and_accuracies-{name}", _whole(group)
        if set(ISBE) & set(group.modes):
            yield f"figure7_late_losses-{name}", _late_losses(group)
        yield f"figure8_late_accuracies-{name}", _late_accuracies(group)


def windows(epochs: int) -> tuple[tuple[int, int], tuple[int, int]]:
    """First and last epoch of the middle and of the last third: 40-80 and 80-120 of the paper's 120."""
    start, middle = max(1, round(epochs / 3)), max(1, round(2 * epochs / 3))
    return (start, middle), (middle, epochs)


def _whole(group: Group) -> Figure:
    """Losses above accuracies; training left, testing right."""
    figure, axes = curves.page(2, 2, _HEIGHT, sharex=True)
    for column, (split, word) in enumerate(_SPLITS.items()):
        loss, accuracy = axes[:, column]
        for mode in group.modes:
            curves.draw(loss, group.curve(mode, f"{split}_loss"), mode)
            curves.draw(accuracy, group.curve(mode, f"{split}_accuracy"), mode)
        loss.set_title(word, fontsize=8)
        curves.loss_axis([loss])
        curves.accuracy_axis([accuracy], since=group.length / 3)
        accuracy.set_xlabel("epoch")
    axes[0, 0].set_ylabel("loss per image")
    axes[1, 0].set_ylabel("accuracy, %")
    curves.epoch_axis(axes[0, 0], 1, group.length)
    return _finish(figure, "Losses and accuracies", group, MODES)


def _late_losses(group: Group) -> Figure:
    """ISBE alone: its losses have one unit."""
    figure, axes = _in_windows(group, "loss", ISBE)
    for panel in axes.flat:
        curves.loss_axis([panel])
    return _finish(figure, "Losses in late epochs", group, ISBE)


def _late_accuracies(group: Group) -> Figure:
    """With a horizontal line at the maximum, over all epochs, of each curve's mean."""
    figure, axes = _in_windows(group, "accuracy", MODES)
    for split, row in zip(_SPLITS, axes, strict=True):
        for panel, (first, _) in zip(row, windows(group.length), strict=True):
            for mode in group.modes:
                highest = group.curve(mode, f"{split}_accuracy")["mean"].max()
                panel.axhline(highest, color=COLOURS[mode], linewidth=0.6, label=f"_maximum {mode}")
            curves.accuracy_axis([panel], since=first)
    highest_key = curves.neutral_key("highest of all epochs", linewidth=0.6)
    return _finish(figure, "Accuracies in late epochs", group, MODES, [highest_key])


def _in_windows(group: Group, quantity: str, modes: tuple[str, ...]) -> tuple[Figure, Any]:
    """Training above testing; the middle third of the epochs left, the last right."""
    figure, axes = curves.page(2, 2, _HEIGHT)
    for (split, word), row in zip(_SPLITS.items(), axes, strict=True):
        row[0].set_ylabel(f"{word} {quantity}{', %' if quantity == 'accuracy' else ' per image'}")
        for panel, (first, last) in zip(row, windows(group.length), strict=True):
            for mode in (mode for mode in modes if mode in group.modes):
                curve = group.curve(mode, f"{split}_{quantity}").loc[first:last]
                curves.draw(panel, curve, mode)
            curves.epoch_axis(panel, first, last)
    for panel, (first, last) in zip(axes[0], windows(group.length), strict=True):
        panel.set_title(f"epochs {first} to {last}" if first < last else f"epoch {first}", fontsize=8)
    for panel in axes[1]:
        panel.set_xlabel("epoch")
    return figure, axes


def _finish(
    figure: Figure, subject: str, group: Group, modes: tuple[str, ...], more: Sequence[Line2D] = ()
) -> Figure:
    keys = [*(curves.key(mode, mode) for mode in modes if mode in group.modes), *more]
    missing = [mode for mode in modes if mode in SHOWN and mode not in group.modes]
    return curves.finish(figure, f"{subject} of VGG-16 on {group.dataset}", [group], keys, missing)
