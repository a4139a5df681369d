"""The paper's Figures 1 to 8, from records alone."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from recorded import sample_rows

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import Collection, collect
from isbe_bench.catalogue.losses import CROSS_ENTROPY, ISBE, LOSSES, MODES
from isbe_bench.publication import figures
from isbe_bench.publication.figures import comparisons, late, learning, parallel
from isbe_bench.publication.figures import samples as sample_figure

LEVELS = {mode: 90 + number for number, mode in enumerate(MODES)}
"""Each mode's last accuracy on test data in the records below, of the first seed, in percent."""


@dataclasses.dataclass(frozen=True)
class Trainings:
    """Made-up trainings: accuracies rise to a level of the mode's own, and sag a little at the end."""

    net: str
    modes: Iterable[str] = MODES
    seeds: int = 2
    epochs: int = 12
    settings: str = ""
    dataset: str = "mnist"
    raised: float = 0.0  # points by which all accuracies are higher

    def runs(self) -> pd.DataFrame:
        rows: list[dict[str, Any]] = [
            {"run": f"{self}-{mode}-{seed}", "mode": mode, "seed": seed, "alpha": 90.0}
            for mode in self.modes
            for seed in range(self.seeds)
        ]
        common: dict[str, Any] = {"dataset": self.dataset, "net": self.net, "settings": self.settings}
        common |= {"train.epochs": self.epochs}
        return pd.DataFrame([row | common for row in rows])

    def epoch_rows(self) -> pd.DataFrame:
        return pd.concat([self._epochs(run) for _, run in self.runs().iterrows()])

    def _epochs(self, run: "pd.Series[Any]") -> pd.DataFrame:
        epoch = np.arange(1, self.epochs + 1)
        shape = -5 * (1 - epoch / self.epochs) + 0.3 * (epoch == self.epochs - 1)
        accuracy = LEVELS.get(run["mode"], 50) + 0.5 * run["seed"] + self.raised + shape
        loss = (1 + MODES.index(run["mode"]) if run["mode"] in MODES else 1) / epoch
        curves = {
            f"{split}_{what}": values + offset
            for split, offset in (("train", 0.2), ("validation", 0.1), ("test", 0.0))
            for what, values in (("loss", loss), ("accuracy", accuracy))
        }
        return pd.DataFrame({"run": run["run"], "epoch": epoch, "running_loss": loss + 0.3, **curves})


@pytest.fixture
def nothing(tmp_path: Path) -> Collection:
    return collect(tmp_path / "nothing")


def recorded(nothing: Collection, *trainings: Trainings) -> Collection:
    return dataclasses.replace(
        nothing,
        runs=pd.concat([each.runs() for each in trainings], ignore_index=True),
        epochs=pd.concat([each.epoch_rows() for each in trainings], ignore_index=True),
    )


PAPER = [module.make for module in (learning, comparisons, sample_figure, late)]
"""Figures 1 to 8; others need more of a record."""


@pytest.fixture(autouse=True)
def coarse(monkeypatch: pytest.MonkeyPatch) -> Iterable[None]:
    """Figures of few pixels, which are drawn sooner; those that a test makes are closed."""
    monkeypatch.setattr(figures, "_DPI", 100)
    yield
    plt.close("all")


def write(collection: Collection, folder: Path) -> list[Path]:
    return figures.write(figures.draw(Analysis(collection), PAPER), folder)


def analysed(nothing: Collection, *trainings: Trainings) -> Analysis:
    return Analysis(recorded(nothing, *trainings))


def made(maker: Any, collection: Collection) -> dict[str, Figure]:
    """Figures by the start of their files' names, as in `figure1`."""
    return {name.split("_")[0]: figure for name, figure in maker.make(Analysis(collection))}


def curves(axes: Axes) -> list[str]:
    """What is drawn, but for reference lines."""
    labels = [str(line.get_label()) for line in axes.lines]
    return [label for label in labels if not label.startswith("_")]


def references(axes: Axes) -> dict[str, float]:
    return {
        str(line.get_label()): float(np.asarray(line.get_ydata())[0])
        for line in axes.lines
        if str(line.get_label()).startswith("_")
    }


def words(part: Axes | SubFigure) -> str:
    return "\n".join(text.get_text() for text in part.texts)


def note(figure: Figure) -> str:
    return figure.legends[0].get_title().get_text()


def keys(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


def title(figure: Figure) -> str:
    return str(figure.get_suptitle())


# --- Figure 1 -------------------------------------------------------------------------------------


def test_figure_1_shows_three_models_with_losses_and_accuracies(nothing: Collection) -> None:
    figure = made(learning, recorded(nothing, Trainings("n1")))["figure1"]
    losses, accuracies = np.reshape(np.array(figure.axes, dtype=object), (2, 3))
    assert [axes.get_title() for axes in losses] == ["ce_mean", "isbe_softmax", "isbe_sigmoid"]
    for axes in losses:
        assert curves(axes) == ["training", "validation", "training, progressive"]
    for axes in accuracies:
        assert curves(axes) == ["training", "validation"]


def test_figure_1_refers_to_the_mean_accuracy_on_test_data_after_the_last_epoch(
    nothing: Collection,
) -> None:
    figure = made(learning, recorded(nothing, Trainings("n1", seeds=3)))["figure1"]
    for axes, mode in zip(figure.axes[3:], learning.MODELS, strict=True):
        assert references(axes) == {"_test": pytest.approx(LEVELS[mode] + 0.5)}
        assert axes.get_title() == f"test {LEVELS[mode] + 0.5:.2f}"
        low, high = axes.get_ylim()
        assert low < LEVELS[mode] < high


def test_figure_1_says_which_model_there_are_no_runs_of(nothing: Collection) -> None:
    figure = made(learning, recorded(nothing, Trainings("n1", ("ce_mean",))))["figure1"]
    for axes in (figure.axes[1], figure.axes[4]):
        assert curves(axes) == []
        assert words(axes) == "no runs of\nisbe_softmax"


# --- Figures 2 to 4 -------------------------------------------------------------------------------

CAPTION = [
    set(MODES),
    {"ce_none", "ce_mean", "isbe_softmax"},
    {"ce_none", "ce_mean", "isbe_tanh", "isbe_hardtanh"},
    {"isbe_softmax", "isbe_sigmoid", "isbe_hardsigmoid"},
    {"isbe_softmax", "isbe_tanh", "isbe_hardtanh"},
    {"isbe_softmax", "isbe_sigmoid", "isbe_tanh"},
]
NET_CAPTION = [
    {"ce_none", "ce_mean", "ce_sum"},
    {"ce_none", "isbe_softmax"},
    {"isbe_softmax", "isbe_sigmoid"},
    {"isbe_sigmoid", "isbe_tanh"},
    {"isbe_sigmoid", "isbe_hardsigmoid"},
    {"isbe_tanh", "isbe_hardtanh"},
]


@pytest.mark.parametrize(("name", "column"), [("figure2", "train_loss"), ("figure3", "test_accuracy")])
def test_figures_2_and_3_hold_the_modes_of_their_captions(
    nothing: Collection, name: str, column: str
) -> None:
    trainings = Trainings("n1")
    figure = made(comparisons, recorded(nothing, trainings))[name]
    assert [set(curves(axes)) for axes in figure.axes] == CAPTION
    assert note(figure) == ""
    epochs = trainings.epoch_rows().merge(trainings.runs(), on="run")
    for line in figure.axes[0].lines:
        of_mode = epochs[epochs["mode"] == line.get_label()]
        means = of_mode.groupby("epoch")[column].mean()
        np.testing.assert_allclose(np.asarray(line.get_ydata()), means)


def test_figure_4_holds_the_modes_of_its_caption_for_both_nets(nothing: Collection) -> None:
    both = recorded(nothing, Trainings("n0"), Trainings("n1"))
    figure = made(comparisons, both)["figure4"]
    for axes, modes in zip(figure.axes, NET_CAPTION, strict=True):
        assert set(curves(axes)) == {f"{net} {mode}" for net in ("N0", "N1") for mode in modes}
    assert title(figure).endswith("2 seeds, 12 epochs")


def test_figure_4_needs_both_nets_under_the_same_settings(nothing: Collection) -> None:
    other = recorded(nothing, Trainings("n0"), Trainings("n1", settings="optimizer.lr=0.5"))
    assert "figure4" not in made(comparisons, other)
    longer = recorded(nothing, Trainings("n0"), Trainings("n1", epochs=24))
    assert "figure4" not in made(comparisons, longer)
    assert "figure4" not in made(comparisons, recorded(nothing, Trainings("n0")))
    assert "figure4" not in made(comparisons, recorded(nothing, Trainings("n0"), Trainings("n1r")))


def test_missing_modes_are_named_and_panels_without_any_say_so(nothing: Collection) -> None:
    few = recorded(nothing, Trainings("n0", ("ce_mean", "isbe_tanh")))
    figure = made(comparisons, few)["figure3"]
    assert note(figure).replace("\n", " ") == (
        "no runs of ce_none, ce_sum, isbe_hardsigmoid, isbe_hardtanh, isbe_sigmoid, isbe_softmax"
    )
    assert words(figure.axes[3]) == "no runs of\nisbe_softmax\nisbe_sigmoid\nisbe_hardsigmoid"
    assert [words(axes) for axes in figure.axes[:3]] == ["", "", ""]


def test_a_net_without_some_mode_is_named_in_figure_4(nothing: Collection) -> None:
    both = recorded(nothing, Trainings("n0"), Trainings("n1", MODES[:-1]))
    assert note(made(comparisons, both)["figure4"]) == "no runs of N1 isbe_tanh"
    neither = recorded(nothing, Trainings("n0", MODES[:-1]), Trainings("n1", MODES[:-1]))
    assert note(made(comparisons, neither)["figure4"]) == "no runs of isbe_tanh"


# --- Figure 5 -------------------------------------------------------------------------------------


def test_figure_5_shows_an_image_of_each_class_side_by_side(nothing: Collection) -> None:
    both = pd.concat([sample_rows("cifar10"), sample_rows("mnist")])
    figure = made(sample_figure, dataclasses.replace(nothing, samples=both))["figure5"]
    left, right = figure.subfigs
    assert [left.get_suptitle(), right.get_suptitle()] == ["MNIST", "CIFAR-10"]
    assert [axes.get_title() for axes in left.axes] == list("0123456789")
    assert " ".join(axes.get_title() for axes in right.axes) == (
        "plane car bird cat deer dog frog horse ship truck"
    )
    for label, axes in enumerate(right.axes):
        pixels = np.asarray(axes.images[0].get_array())
        assert pixels.shape == (32, 32, 3)
        assert (pixels == 20 * label).all()


def test_figure_5_says_which_data_set_is_missing(nothing: Collection) -> None:
    figure = made(sample_figure, dataclasses.replace(nothing, samples=sample_rows("mnist")))["figure5"]
    assert "no images of CIFAR-10" in words(figure.subfigs[1])
    assert made(sample_figure, nothing) == {}


# --- Figures 6 to 8 -------------------------------------------------------------------------------


@pytest.fixture
def vgg(nothing: Collection) -> Collection:
    return recorded(nothing, Trainings("vgg16", epochs=120, dataset="cifar10"))


def test_figure_6_shows_all_modes_in_training_and_testing(vgg: Collection) -> None:
    figure = made(late, vgg)["figure6"]
    assert len(figure.axes) == 4
    assert [set(curves(axes)) for axes in figure.axes] == [set(MODES)] * 4
    assert [axes.get_title() for axes in figure.axes[:2]] == ["training", "testing"]


@pytest.mark.parametrize(("name", "modes"), [("figure7", ISBE), ("figure8", MODES)])
def test_figures_7_and_8_show_the_late_epochs_of_the_paper(
    vgg: Collection, name: str, modes: tuple[str, ...]
) -> None:
    figure = made(late, vgg)[name]
    assert [set(curves(axes)) for axes in figure.axes] == [set(modes)] * 4
    assert [axes.get_title() for axes in figure.axes[:2]] == ["epochs 40 to 80", "epochs 80 to 120"]
    for axes, (first, last) in zip(figure.axes, [(40, 80), (80, 120)] * 2, strict=True):
        for line in (line for line in axes.lines if not str(line.get_label()).startswith("_")):
            np.testing.assert_array_equal(np.asarray(line.get_xdata()), np.arange(first, last + 1))


def test_windows_are_the_middle_and_the_last_third() -> None:
    assert late.windows(120) == ((40, 80), (80, 120))
    assert late.windows(60) == ((20, 40), (40, 60))
    assert late.windows(2) == ((1, 1), (1, 2))
    assert late.windows(1) == ((1, 1), (1, 1))


def test_horizontal_lines_of_figure_8_are_at_the_maxima_of_the_whole_training(vgg: Collection) -> None:
    figure = made(late, vgg)["figure8"]
    epochs = vgg.epochs.merge(vgg.runs, on="run")
    means = epochs.groupby(["mode", "epoch"])[["train_accuracy", "test_accuracy"]].mean()
    highest = means.groupby("mode").max()
    for axes, column in zip(figure.axes, np.repeat(["train_accuracy", "test_accuracy"], 2), strict=True):
        assert references(axes) == {
            f"_{mode}": pytest.approx(highest.loc[mode, column]) for mode in MODES
        }
        for line in axes.lines:
            assert (
                line.get_color() == LOSSES.entries(MODES)[str(line.get_label()).removeprefix("_")].colour
            )


def test_cross_entropy_alone_gives_no_figure_7(nothing: Collection) -> None:
    alone = recorded(nothing, Trainings("vgg16", CROSS_ENTROPY))
    assert list(made(late, alone)) == ["figure6", "figure8"]


# --- all figures ----------------------------------------------------------------------------------

MAKERS = (learning, comparisons, late)


@pytest.mark.slow
@pytest.mark.parametrize("maker", MAKERS)
def test_runs_under_other_settings_have_figures_of_their_own(maker: Any, nothing: Collection) -> None:
    nets = ("n0", "n1", "vgg16")
    usual = [Trainings(net) for net in nets]
    other = [Trainings(net, settings="optimizer.lr=0.5", raised=-30) for net in nets]
    found = dict(maker.make(analysed(nothing, *usual, *other)))
    plain = dict(maker.make(analysed(nothing, *usual)))
    assert len(found) == 2 * len(plain)
    for name, expected in plain.items():
        assert "optimizer.lr=0.5" not in title(found[name])
        assert "optimizer.lr=0.5" in title(found[f"{name}optimizer.lr=0.5"])
        for axes, same in zip(found[name].axes, expected.axes, strict=True):
            for line, other_line in zip(axes.lines, same.lines, strict=True):
                np.testing.assert_array_equal(line.get_xydata(), other_line.get_xydata())


@pytest.mark.parametrize("maker", MAKERS)
def test_modes_beyond_the_papers_eight_are_left_out(maker: Any, nothing: Collection) -> None:
    more = (*MODES, "isbe_normalize", "isbe_dilated_softmax")
    collection = recorded(nothing, *(Trainings(net, more) for net in ("n0", "n1", "vgg16")))
    for _, figure in maker.make(Analysis(collection)):
        drawn = " ".join(label for axes in figure.axes for label in curves(axes))
        assert "normalize" not in drawn
        assert "dilated" not in drawn
    assert (
        made(maker, recorded(nothing, Trainings("n0", more[-2:]), Trainings("vgg16", more[-2:]))) == {}
    )


def test_losses_of_the_users_own_have_a_place_in_every_figure(nothing: Collection) -> None:
    more = (*MODES, "focal", "poly")
    for net, maker in (
        ("n0", learning),
        ("n0", comparisons),
        ("resnet34", comparisons),
        ("vgg16", late),
    ):
        drawn = dict(maker.make(analysed(nothing, Trainings(net, more))))
        assert drawn
        for figure in drawn.values():
            words = " ".join([*keys(figure), *(axes.get_title() for axes in figure.axes)])
            assert "focal" in words
            assert "poly" in words
    assert title(made(comparisons, recorded(nothing, Trainings("resnet34")))["figure2"]).startswith(
        "Training losses of resnet34 on mnist"
    )


def test_titles_say_how_many_seeds_and_epochs(nothing: Collection) -> None:
    def of(*trainings: Trainings) -> str:
        return title(made(comparisons, recorded(nothing, *trainings))["figure2"])

    assert (
        of(Trainings("n0")) == "Training losses of N0 on mnist: mean and range over 2 seeds, 12 epochs"
    )
    assert (
        of(Trainings("n1r", seeds=1, epochs=1)) == "Training losses of N1r on mnist: one seed, 1 epoch"
    )
    some = Trainings("n1", MODES[:2], seeds=3), Trainings("n1", MODES[2:], seeds=1)
    assert of(*some) == "Training losses of N1 on mnist: mean and range over 1 to 3 seeds, 12 epochs"


def test_a_band_reaches_from_the_lowest_seed_to_the_highest(nothing: Collection) -> None:
    figure = made(comparisons, recorded(nothing, Trainings("n0", ("isbe_tanh",), seeds=3)))["figure3"]
    (band,) = figure.axes[0].collections
    (path,) = band.get_paths()
    last = np.asarray(path.vertices)[np.asarray(path.vertices)[:, 0] == 12, 1]
    assert (last.min(), last.max()) == (LEVELS["isbe_tanh"], LEVELS["isbe_tanh"] + 1)


def test_late_epochs_fill_the_accuracy_axis_and_the_start_may_leave_it(nothing: Collection) -> None:
    steady = Trainings("n0", ("ce_mean", "isbe_tanh"), seeds=1, epochs=60)
    collection = recorded(nothing, steady)
    start = collection.epochs["epoch"] == 1
    collection.epochs.loc[start, "test_accuracy"] = 10.0
    low, high = made(comparisons, collection)["figure3"].axes[0].get_ylim()
    assert 80 < low < 90
    assert 97 < high < 98


def test_a_mode_far_below_the_others_is_named_instead_of_squeezing_them(nothing: Collection) -> None:
    low = Trainings("n0", ("ce_sum",), seeds=1, raised=-80.0)
    others = Trainings("n0", tuple(mode for mode in MODES if mode != "ce_sum"), seeds=1)
    every, without = made(comparisons, recorded(nothing, others, low))["figure3"].axes[:2]
    assert every.get_ylim()[0] > 75
    assert words(every) == "ends below\nce_sum: 12.0"
    assert words(without) == ""


def test_figure_4_takes_nets_of_one_length_though_one_of_them_has_several(nothing: Collection) -> None:
    short = Trainings("n0", settings="train.epochs=6", epochs=6)
    long = Trainings("n0", settings="train.epochs=12")
    collection = recorded(nothing, short, long, Trainings("n1"))
    names = [name for name, _ in comparisons.make(Analysis(collection)) if name.startswith("figure4")]
    assert names == ["figure4_nets-mnist-n0-n1-train.epochs=12"]


def test_modes_whose_curves_are_the_same_are_drawn_once_and_share_a_key(nothing: Collection) -> None:
    others = Trainings("n0", ("ce_mean", "ce_none", "isbe_softmax"))
    twin = Trainings("n0", ("ce_sum",), raised=LEVELS["ce_none"] - LEVELS["ce_sum"])
    figure = made(comparisons, recorded(nothing, others, twin))["figure3"]
    assert keys(figure) == ["ce_mean", "ce_none = ce_sum", "isbe_softmax"]
    assert set(curves(figure.axes[0])) == set(others.modes)
    near = dataclasses.replace(twin, raised=twin.raised + 0.01)
    figure = made(comparisons, recorded(nothing, others, near))["figure3"]
    assert keys(figure) == ["ce_mean", "ce_none", "ce_sum", "isbe_softmax"]


def test_a_loss_of_zero_is_drawn_on_a_linear_axis(nothing: Collection) -> None:
    collection = recorded(nothing, Trainings("n0", ("ce_mean", "isbe_softmax")))
    columns = ["train_loss", "running_loss", "validation_loss", "test_loss"]
    collection.epochs.loc[collection.epochs["epoch"] == 12, columns] = 0.0
    assert made(comparisons, collection)["figure2"].axes[0].get_yscale() == "linear"
    assert list(figures.draw(Analysis(collection), PAPER))


@pytest.mark.slow
@pytest.mark.parametrize(("epochs", "seeds"), [(1, 1), (1, 2), (2, 2)])
def test_short_trainings_are_drawn(nothing: Collection, epochs: int, seeds: int) -> None:
    """Each epoch with a mark, and without a warning."""
    short = [Trainings(net, seeds=seeds, epochs=epochs) for net in ("n0", "n1", "vgg16")]
    collection = recorded(nothing, *short)
    assert made(comparisons, collection)["figure3"].axes[0].lines[0].get_marker() == "o"
    assert len(list(figures.draw(Analysis(collection), PAPER))) == 10


def test_the_same_records_give_the_same_files(nothing: Collection, tmp_path: Path) -> None:
    images = pd.concat([sample_rows("mnist"), sample_rows("cifar10")])
    trainings = [Trainings(net) for net in ("n0", "n1", "vgg16")]
    collection = dataclasses.replace(recorded(nothing, *trainings), samples=images)
    first = write(collection, tmp_path / "first")
    second = write(collection, tmp_path / "second")
    assert sorted(path.name for path in first if path.suffix == ".png") == [
        "figure1_learning_curves-mnist-n0.png",
        "figure1_learning_curves-mnist-n1.png",
        "figure2_losses-mnist-n0.png",
        "figure2_losses-mnist-n1.png",
        "figure3_accuracies-mnist-n0.png",
        "figure3_accuracies-mnist-n1.png",
        "figure4_nets-mnist-n0-n1.png",
        "figure5_samples.png",
        "figure6_losses_and_accuracies-mnist-vgg16.png",
        "figure7_late_losses-mnist-vgg16.png",
        "figure8_late_accuracies-mnist-vgg16.png",
    ]
    assert {path.with_suffix(".svg") for path in first} <= set(first)
    for a, b in zip(first, second, strict=True):
        assert a.stat().st_size > 5_000
        assert a.read_bytes() == b.read_bytes()


@pytest.mark.slow
def test_two_processes_draw_what_one_draws(nothing: Collection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_DPI", 200)  # as the other process does
    analysis = analysed(nothing, Trainings("n0", ("ce_mean",), seeds=1))
    with parallel.drawing(analysis) as finish:
        assert finish() == list(figures.draw(analysis))


def test_nothing_gives_no_figure(nothing: Collection, tmp_path: Path) -> None:
    assert write(nothing, tmp_path / "figures") == []


@pytest.mark.slow
def test_many_settings_fit_into_a_file_name_and_a_title(nothing: Collection) -> None:
    many = " ".join(
        f"dataset.augmentation.{key}=0.5" for key in ("degrees", "translate", "scale", "shear")
    )
    pair = [Trainings("n0", settings=f"{many} optimizer.beta1={value}") for value in (0.5, 0.6)]
    collection = recorded(nothing, *pair)
    names = [each.name for each in figures.draw(Analysis(collection), PAPER)]
    assert len(set(names)) == len(names) == 2 * 3
    assert max(map(len, names)) < 125
    for line in title(made(learning, collection)["figure1"]).splitlines():
        assert len(line) <= 110
