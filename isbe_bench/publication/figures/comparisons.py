"""Figures 2 to 4: losses and accuracies, cross-entropy beside ISBE, and N0 beside N1."""

from collections.abc import Iterator, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.losses import MODES
from isbe_bench.publication.figures import curves, groups
from isbe_bench.publication.figures.groups import NETS, Group, beside_length

PANELS = {
    "all options": MODES,
    "CE none, CE mean vs softmax": ("ce_none", "ce_mean", "isbe_softmax"),
    "CE none, CE mean vs tanh, hardtanh": ("ce_none", "ce_mean", "isbe_tanh", "isbe_hardtanh"),
    "softmax vs sigmoid, hardsigmoid": ("isbe_softmax", "isbe_sigmoid", "isbe_hardsigmoid"),
    "softmax vs tanh, hardtanh": ("isbe_softmax", "isbe_tanh", "isbe_hardtanh"),
    "softmax vs sigmoid, tanh": ("isbe_softmax", "isbe_sigmoid", "isbe_tanh"),
}
"""Of Figures 2 and 3, row by row. A loss is per image here, so ce_sum is in the range of the others."""

NET_PANELS = {
    "CE none, CE mean, CE sum": ("ce_none", "ce_mean", "ce_sum"),
    "CE none, softmax": ("ce_none", "isbe_softmax"),
    "softmax, sigmoid": ("isbe_softmax", "isbe_sigmoid"),
    "sigmoid, tanh": ("isbe_sigmoid", "isbe_tanh"),
    "sigmoid, hardsigmoid": ("isbe_sigmoid", "isbe_hardsigmoid"),
    "tanh, hardtanh": ("isbe_tanh", "isbe_hardtanh"),
}
"""Of Figure 4, row by row."""


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Figures 2 and 3 for each group and 4 for each pair, with what their files are to be called."""
    found = list(groups.of(collection, ("n0", "n1", "n1r")))
    for group in found:
        name = f"{group.dataset}-{group.net}-{group.settings}"
        yield f"figure2_losses-{name}", _losses(group)
        yield f"figure3_accuracies-{name}", _accuracies(group)
    n1 = {_comparable(group): group for group in found if group.net == "n1"}
    for group in found:
        if group.net == "n0" and (other := n1.get(_comparable(group))):
            yield f"figure4_nets-{group.dataset}-n0-n1-{group.settings}", _nets(group, other)


def _comparable(group: Group) -> tuple[str, int, str]:
    """What groups of two nets must share; the one may have to name its length, the other not."""
    return group.dataset, group.length, beside_length(group.settings)


def _losses(group: Group) -> Figure:
    # Of training: Section 4.1.3 turns to test data only behind its Figure 2.
    figure, axes = _grid(PANELS, "train_loss", {"": (group, {})})
    curves.loss_axis(list(axes.flat))
    for panel in axes[:, 0]:
        panel.set_ylabel("loss per image")
    subject = f"Training losses of {NETS[group.net]} on {group.dataset}"
    return _finish(figure, subject, "train_loss", {"": group})


def _accuracies(group: Group) -> Figure:
    figure, axes = _grid(PANELS, "test_accuracy", {"": (group, {})})
    _accuracy_axes(axes, group.length)
    subject = f"Test accuracies of {NETS[group.net]} on {group.dataset}"
    return _finish(figure, subject, "test_accuracy", {"": group})


def _nets(n0: Group, n1: Group) -> Figure:
    thin = {
        "linewidth": 0.6,
        "marker": "o",
        "markersize": 2.5,
        "markeredgewidth": 0.6,
        "markerfacecolor": "white",
        "markevery": max(1, n0.length // 10),
    }
    figure, axes = _grid(NET_PANELS, "test_accuracy", {"N0 ": (n0, thin), "N1 ": (n1, {})})
    _accuracy_axes(axes, n0.length)
    keys = [
        curves.neutral_key("N0", **thin | {"markevery": None}),
        curves.neutral_key("N1"),
    ]
    subject = f"Test accuracies of N0 and N1 on {n0.dataset}"
    return _finish(figure, subject, "test_accuracy", {"N0 ": n0, "N1 ": n1}, keys)


def _grid(
    panels: dict[str, tuple[str, ...]], column: str, shown: dict[str, tuple[Group, dict[str, Any]]]
) -> tuple[Figure, Any]:
    """Two rows of three panels; `shown` says what goes before a mode's name, and how curves look."""
    figure, axes = curves.page(2, 3, 4.4, sharex=True, sharey=True)
    together = _together([group for group, _ in shown.values()], column)
    seen = {mode: same[0] for same in together for mode in same}
    for panel, (title, modes) in zip(axes.flat, panels.items(), strict=True):
        panel.set_title(title, fontsize=7.5)
        drawn = dict.fromkeys(seen[mode] for mode in modes if mode in seen)
        for prefix, (group, look) in shown.items():
            for mode in (mode for mode in drawn if mode in group.modes):
                look = look | {"label": f"{prefix}{mode}"}
                curves.draw(panel, group.curve(mode, column), mode, **look)
        if not panel.lines:
            curves.say_absent(panel, modes)
    for panel in axes[1]:
        panel.set_xlabel("epoch")
    curves.epoch_axis(axes[0, 0], 1, next(iter(shown.values()))[0].length)
    return figure, axes


def _accuracy_axes(axes: Any, epochs: int) -> None:
    curves.accuracy_axis(list(axes.flat), since=epochs / 3)
    for panel in axes[:, 0]:
        panel.set_ylabel("accuracy, %")


def _finish(
    figure: Figure, subject: str, column: str, shown: dict[str, Group], keys: Sequence[Line2D] = ()
) -> Figure:
    missing = []
    for mode in MODES:
        without = [prefix for prefix, group in shown.items() if mode not in group.modes]
        missing += [mode] if len(without) == len(shown) else [f"{prefix}{mode}" for prefix in without]
    drawn = _together(list(shown.values()), column)
    all_keys = [*(curves.key(same[0], " = ".join(same)) for same in drawn), *keys]
    return curves.finish(figure, subject, list(shown.values()), all_keys, missing)


def _together(groups: Sequence[Group], column: str) -> list[list[str]]:
    """The modes that are to be drawn, those whose curves hide each other in one list."""
    left = [mode for mode in MODES if any(mode in group.modes for group in groups)]
    drawn = []
    while left:
        same = [mode for mode in left if all(group.coincide(left[0], mode, column) for group in groups)]
        left = [mode for mode in left if mode not in same]
        drawn.append(same)
    return drawn
