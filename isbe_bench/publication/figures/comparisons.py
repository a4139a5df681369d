"""Figures 2 to 4: losses and accuracies, cross-entropy beside ISBE, and N0 beside N1."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.losses import MODES, REFERENCE, is_own
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves

Panels = dict[str, tuple[str, ...]]
Losses = Mapping[str, Entry]

PANELS: Panels = {
    "all options": MODES,
    "CE none, CE mean vs softmax": ("ce_none", "ce_mean", "isbe_softmax"),
    "CE none, CE mean vs tanh, hardtanh": ("ce_none", "ce_mean", "isbe_tanh", "isbe_hardtanh"),
    "softmax vs sigmoid, hardsigmoid": ("isbe_softmax", "isbe_sigmoid", "isbe_hardsigmoid"),
    "softmax vs tanh, hardtanh": ("isbe_softmax", "isbe_tanh", "isbe_hardtanh"),
    "softmax vs sigmoid, tanh": ("isbe_softmax", "isbe_sigmoid", "isbe_tanh"),
}
"""Panels of Figures 2 and 3, row by row. Losses are per image, so ce_sum has a similar range."""

NET_PANELS: Panels = {
    "CE none, CE mean, CE sum": ("ce_none", "ce_mean", "ce_sum"),
    "CE none, softmax": ("ce_none", "isbe_softmax"),
    "softmax, sigmoid": ("isbe_softmax", "isbe_sigmoid"),
    "sigmoid, tanh": ("isbe_sigmoid", "isbe_tanh"),
    "sigmoid, hardsigmoid": ("isbe_sigmoid", "isbe_hardsigmoid"),
    "tanh, hardtanh": ("isbe_tanh", "isbe_hardtanh"),
}
"""Panels of Figure 4, row by row."""


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """Figures 2 and 3 for each group, and Figure 4 for each pair, with the stems of their file names."""
    losses = analysis.losses
    groups = curves.other_groups(analysis)
    for group in groups:
        yield f"figure2_losses-{curves.file_words(group)}", _losses(group, losses)
        yield f"figure3_accuracies-{curves.file_words(group)}", _accuracies(group, losses)
    n1 = {_comparable(group): group for group in groups if group.net == "n1"}
    for group in groups:
        if group.net == "n0" and (other := n1.get(_comparable(group))):
            words = f"{group.dataset}-n0-n1-{group.settings}"
            yield f"figure4_nets-{words}", _nets(group, other, losses)


def _comparable(group: Trainings) -> tuple[str, int, str]:
    """The key that groups of two nets must share; only one may have its length in `settings`."""
    return group.dataset, group.epochs, group.other_settings


def _losses(group: Trainings, losses: Losses) -> Figure:
    # Training losses: Section 4.1.3 turns to test data only after its Figure 2.
    page = _Page(PANELS, "train_loss", {"": group}, losses)
    figure, axes = page.draw({})
    curves.loss_axis(page.used(axes))
    for panel in axes[:, 0]:
        panel.set_ylabel("loss per image")
    return page.finish(figure, f"Training losses of {NETWORKS.label(group.net)} on {group.dataset}")


def _accuracies(group: Trainings, losses: Losses) -> Figure:
    page = _Page(PANELS, "test_accuracy", {"": group}, losses)
    figure, axes = page.draw({})
    page.accuracy_axes(axes)
    return page.finish(figure, f"Test accuracies of {NETWORKS.label(group.net)} on {group.dataset}")


def _nets(n0: Trainings, n1: Trainings, losses: Losses) -> Figure:
    thin = {
        "linewidth": 0.6,
        "marker": "o",
        "markersize": 2.5,
        "markeredgewidth": 0.6,
        "markerfacecolor": "white",
        "markevery": max(1, n0.epochs // 10),
    }
    page = _Page(NET_PANELS, "test_accuracy", {"N0 ": n0, "N1 ": n1}, losses)
    figure, axes = page.draw({"N0 ": thin})
    page.accuracy_axes(axes)
    keys = [
        curves.neutral_key("N0", **thin | {"markevery": None}),
        curves.neutral_key("N1"),
    ]
    return page.finish(figure, f"Test accuracies of N0 and N1 on {n0.dataset}", keys)


class _Page:
    """A figure with two rows of panels, each with some of the modes.

    Parameters
    ----------
    panels
        Title and modes of each panel. The user's own losses are added to "all options", and get a
        panel with the reference.
    column
        The column of `epochs.csv` to draw.
    shown
        Groups by the prefix of their modes' names.
    """

    def __init__(self, panels: Panels, column: str, shown: dict[str, Trainings], losses: Losses) -> None:
        self._column, self._shown, self._losses = column, shown, losses
        present = {mode for group in shown.values() for mode in group.modes}
        own = tuple(mode for mode in losses if mode in present and is_own(mode))
        self._panels = dict(panels)
        if own:
            self._panels[f"{REFERENCE} vs {', '.join(own)}"] = (REFERENCE, *own)
            if "all options" in panels:
                self._panels["all options"] = (*MODES, *own)
        self._modes = (*MODES, *own)
        self._together = self._coinciding()

    def draw(self, looks: Mapping[str, dict[str, Any]]) -> tuple[Figure, Any]:
        """Draw all panels; `looks` changes the line properties of a group, by its prefix."""
        figure, axes = curves.page(2, -(-len(self._panels) // 2), 4.4, sharex=True, sharey=True)
        drawn_as = {mode: same[0] for same in self._together for mode in same}
        for panel, (title, modes) in zip(axes.flat, self._panels.items(), strict=False):
            panel.set_title(title, fontsize=7.5)
            drawn = dict.fromkeys(drawn_as[mode] for mode in modes if mode in drawn_as)
            for prefix, group in self._shown.items():
                for mode in (mode for mode in drawn if mode in group.modes):
                    look = looks.get(prefix, {}) | {"label": f"{prefix}{mode}"}
                    curves.draw(panel, group.curve(mode, self._column), self._losses[mode], **look)
            if not panel.lines:
                curves.say_absent(panel, modes)
        for panel in axes.flat[len(self._panels) :]:
            panel.set_visible(False)
        for panel in axes[1]:
            panel.set_xlabel("epoch")
        curves.epoch_axis(axes[0, 0], 1, self._epochs)
        return figure, axes

    @property
    def _epochs(self) -> int:
        return next(iter(self._shown.values())).epochs

    def used(self, axes: Any) -> list[Any]:
        """The panels in use, row by row."""
        return list(axes.flat[: len(self._panels)])

    def accuracy_axes(self, axes: Any) -> None:
        """Zoom the accuracy axes onto the later epochs."""
        curves.accuracy_axis(self.used(axes), since=self._epochs / 3)
        for panel in axes[:, 0]:
            panel.set_ylabel("accuracy, %")

    def finish(self, figure: Figure, subject: str, keys: Sequence[Line2D] = ()) -> Figure:
        """Add title, legend and a note of the modes without runs."""
        missing = []
        for mode in MODES:
            without = [prefix for prefix, group in self._shown.items() if mode not in group.modes]
            everywhere = len(without) == len(self._shown)
            missing += [mode] if everywhere else [f"{prefix}{mode}" for prefix in without]
        mode_keys = [curves.key(self._losses[same[0]], " = ".join(same)) for same in self._together]
        groups = list(self._shown.values())
        return curves.finish(figure, subject, groups, [*mode_keys, *keys], missing)

    def _coinciding(self) -> list[list[str]]:
        """The modes to draw; those with identical curves are in one list."""
        groups = list(self._shown.values())
        left = [mode for mode in self._modes if any(mode in group.modes for group in groups)]
        together = []
        while left:
            same = [
                mode
                for mode in left
                if all(group.coincide(left[0], mode, self._column) for group in groups)
            ]
            left = [mode for mode in left if mode not in same]
            together.append(same)
        return together
