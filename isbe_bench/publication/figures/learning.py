"""Figure 1: the learning curves of three models."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis.collection import Collection
from isbe_bench.catalogue.palette import COLOURS
from isbe_bench.publication.figures import curves, groups
from isbe_bench.publication.figures.groups import NETS, Group

MODELS = ("ce_mean", "isbe_softmax", "isbe_sigmoid")

# Each model has a column of its own, so here the line's style tells the data apart, not the modes.
_LOSSES = {"train_loss": ("-", "o"), "validation_loss": ("--", "s"), "running_loss": (":", "^")}
_ACCURACIES = {"train_accuracy": ("-", "o"), "validation_accuracy": ("--", "s")}
_WORDS = {"train": "training", "validation": "validation", "running": "training, progressive"}


def make(collection: Collection) -> Iterator[tuple[str, Figure]]:
    """Figure 1 for each group, with what its file is to be called."""
    for group in groups.of(collection, ("n0", "n1", "n1r")):
        if set(MODELS) & set(group.modes):
            yield f"figure1_learning_curves-{group.dataset}-{group.net}-{group.settings}", _figure(group)


def _figure(group: Group) -> Figure:
    """Losses above accuracies, a column a model."""
    figure, axes = curves.page(2, len(MODELS), 4.4, sharex=True, sharey="row")
    for mode, (loss, accuracy) in zip(MODELS, axes.T, strict=True):
        loss.set_title(mode, fontsize=8)
        accuracy.set_xlabel("epoch")
        if mode in group.modes:
            _draw_model(loss, accuracy, group, mode)
        else:
            curves.say_absent(loss, [mode])
            curves.say_absent(accuracy, [mode])
    axes[0, 0].set_ylabel("loss per image")
    axes[1, 0].set_ylabel("accuracy, %")
    curves.loss_axis(list(axes[0]))
    curves.accuracy_axis(list(axes[1]), since=group.length / 3)
    curves.epoch_axis(axes[0, 0], 1, group.length)
    subject = f"Learning curves of {NETS[group.net]} on {group.dataset}"
    return curves.finish(figure, subject, [group], _keys(group.length))


def _draw_model(loss: Axes, accuracy: Axes, group: Group, mode: str) -> None:
    for axes, styles in ((loss, _LOSSES), (accuracy, _ACCURACIES)):
        for column, (line, shape) in styles.items():
            marker = curves.point(group.length, shape)
            look = {"linestyle": line, "marker": marker, "label": _word(column)}
            curves.draw(axes, group.curve(mode, column), mode, **look)
    last = float(group.curve(mode, "test_accuracy")["mean"].iloc[-1])
    accuracy.axhline(last, color=COLOURS[mode], linewidth=0.7, label="_test")
    accuracy.set_title(f"test {last:.2f}", fontsize=7, pad=2)


def _keys(epochs: int) -> list[Line2D]:
    return [
        *(
            curves.neutral_key(_word(column), linestyle=line, marker=curves.point(epochs, shape))
            for column, (line, shape) in _LOSSES.items()
        ),
        curves.neutral_key("test, after the last epoch", linewidth=0.7),
    ]


def _word(column: str) -> str:
    return _WORDS[column.split("_")[0]]
