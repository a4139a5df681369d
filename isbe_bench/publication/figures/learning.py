"""Figure 1: the learning curves of three models."""

from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.trainings import Trainings
from isbe_bench.catalogue.entry import Entry
from isbe_bench.catalogue.losses import is_own
from isbe_bench.catalogue.networks import NETWORKS
from isbe_bench.publication.figures import curves

MODELS = ("ce_mean", "isbe_softmax", "isbe_sigmoid")
"""The models in the paper; the user's own losses get a column as well."""

# Each model has its own column, so the line style shows the data split, not the mode.
_LOSSES = {"train_loss": ("-", "o"), "validation_loss": ("--", "s"), "running_loss": (":", "^")}
_ACCURACIES = {"train_accuracy": ("-", "o"), "validation_accuracy": ("--", "s")}
_WORDS = {"train": "training", "validation": "validation", "running": "training, progressive"}


def make(analysis: Analysis) -> Iterator[tuple[str, Figure]]:
    """Figure 1 for each group, with the stem of its file name."""
    for group in curves.other_groups(analysis):
        shown = [*MODELS, *filter(is_own, group.modes)]
        trained = [mode for mode in shown if mode in group.modes]
        models = [analysis.losses[mode] for mode in (trained if group.is_own else shown)]
        if trained:
            yield f"figure1_learning_curves-{curves.file_words(group)}", _figure(group, models)


def _figure(group: Trainings, models: list[Entry]) -> Figure:
    """Losses above accuracies, one column per model."""
    figure, axes = curves.page(2, len(models), 4.4, sharex=True, sharey="row", squeeze=False)
    for model, (loss, accuracy) in zip(models, axes.T, strict=True):
        loss.set_title(model.name, fontsize=8)
        accuracy.set_xlabel("epoch")
        if model.name in group.modes:
            _draw_model(loss, accuracy, group, model)
        else:
            curves.say_absent(loss, [model.name])
            curves.say_absent(accuracy, [model.name])
    axes[0, 0].set_ylabel("loss per image")
    axes[1, 0].set_ylabel("accuracy, %")
    curves.loss_axis(list(axes[0]))
    curves.accuracy_axis(list(axes[1]), since=group.epochs / 3)
    curves.epoch_axis(axes[0, 0], 1, group.epochs)
    subject = f"Learning curves of {NETWORKS.label(group.net)} on {group.dataset}"
    return curves.finish(figure, subject, [group], _keys(group.epochs))


def _draw_model(loss: Axes, accuracy: Axes, group: Trainings, model: Entry) -> None:
    for axes, styles in ((loss, _LOSSES), (accuracy, _ACCURACIES)):
        for column, (line, shape) in styles.items():
            marker = curves.point(group.epochs, shape)
            look = {"linestyle": line, "marker": marker, "label": _word(column)}
            curves.draw(axes, group.curve(model.name, column), model, **look)
    last = float(group.curve(model.name, "test_accuracy")["mean"].iloc[-1])
    accuracy.axhline(last, color=model.colour, linewidth=0.7, label="_test")
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
