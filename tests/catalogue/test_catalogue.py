"""The only list of each kind of name, and what becomes of a name that is not in it."""

from pathlib import Path

import pytest

from isbe_bench.catalogue.classifiers import CLASSIFIERS
from isbe_bench.catalogue.datasets import DATASETS, margin, place
from isbe_bench.catalogue.entry import OWN, Catalogue
from isbe_bench.catalogue.heads import HEADS
from isbe_bench.catalogue.losses import (
    APART,
    CROSS_ENTROPY,
    ISBE,
    LOSSES,
    MODES,
    OTHERS,
    base,
    is_compared,
    label,
)
from isbe_bench.catalogue.networks import NETWORKS


def test_every_file_of_the_suite_has_an_entry(root: Path) -> None:
    def files(group: str) -> set[str]:
        return {path.stem for path in (root / "conf" / group).iterdir()}

    assert files("loss") == set(LOSSES.names())
    assert files("arch") == set(NETWORKS.names())
    assert files("classifier") == set(CLASSIFIERS.names())
    assert files("dataset") == {*DATASETS, "image_folder", "tinyimagenet", "facescrub"}


def test_the_modes_of_the_paper_stand_before_those_apart() -> None:
    assert (*CROSS_ENTROPY, *ISBE) == MODES
    assert LOSSES.names() == (*MODES, *APART, *OTHERS)
    assert len(MODES) == 8


@pytest.mark.parametrize("catalogue", [LOSSES, HEADS, NETWORKS, CLASSIFIERS])
def test_unknown_names_stand_behind_the_known_ones_under_their_own_name(catalogue: Catalogue) -> None:
    own = [f"own{number}" for number in range(20)]
    entries = catalogue.entries([*reversed(own), *catalogue.names()])
    assert list(entries) == [*catalogue.names(), *sorted(own)]
    assert all(entries[name].family == OWN and entries[name].label == name for name in own)
    looks = {(entries[name].colour, entries[name].line) for name in own}
    assert len(looks) == len(own)
    assert catalogue.label("own1") == "own1"
    assert "own1" not in catalogue


def test_no_two_losses_look_alike() -> None:
    colours = [entry.colour for entry in LOSSES]
    assert len(set(colours)) == len(colours)


def test_no_two_ways_of_one_panel_look_alike() -> None:
    looks = [(entry.family, entry.colour, entry.line) for entry in HEADS]
    assert len(set(looks)) == len(looks)


def test_variants_of_a_loss_are_the_loss() -> None:
    assert base("isbe_softmax:function@2") == base("isbe_softmax") == "isbe_softmax"
    assert label("isbe_softmax:function") == "softmax:function"
    assert label("focal") == "focal"
    assert is_compared("isbe_tanh")
    assert is_compared("focal")
    assert not is_compared("ce_none")
    assert not is_compared("isbe_normalize")


def test_the_papers_data_set_comes_first() -> None:
    groups = [("digits", "n0"), ("mnist", "n1"), ("cifar10", "vgg16"), ("mnist", "n0")]
    assert sorted(groups, key=place) == [
        ("mnist", "n0"),
        ("mnist", "n1"),
        ("cifar10", "vgg16"),
        ("digits", "n0"),
    ]
    assert margin("mnist") == 0.1
    assert margin("photos") == 0.5
