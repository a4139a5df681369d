"""Titles of a sweep: what they show besides task, parts and seed."""

import pytest
from conftest import Make, MakeHead, MakeTiming

from isbe_bench.settings.titles import full_titles


@pytest.mark.parametrize(
    ("sweep", "titles"),
    [
        (["seed=0", "seed=1"], ["n0 digits ce_mean seed 0", "n0 digits ce_mean seed 1"]),
        (
            [
                "arch=n0 loss=ce_mean",
                "arch=n1 loss=isbe_tanh",
            ],  # their own settings follow from the names
            ["n0 digits ce_mean seed 0", "n1 digits isbe_tanh seed 0"],
        ),
        (
            ["optimizer.lr=0.01", "loss=isbe_tanh optimizer.lr=0.1"],
            ["n0 digits ce_mean seed 0 lr=0.01", "n0 digits isbe_tanh seed 0 lr=0.1"],
        ),
        (
            ["train.epochs=2 train.batch_size=32", "train.epochs=3 train.batch_size=64"],
            [
                "n0 digits ce_mean seed 0 epochs=2 batch_size=32",
                "n0 digits ce_mean seed 0 epochs=3 batch_size=64",
            ],
        ),
        (
            ["loss=isbe_tanh loss.implementation=function", "loss=isbe_tanh", "loss=ce_mean"],
            [
                "n0 digits isbe_tanh seed 0 implementation=function",
                "n0 digits isbe_tanh seed 0 implementation=direct",
                "n0 digits ce_mean seed 0",
            ],
        ),
        (
            ["device.threads=1", "device.threads=null dataset.augmentation.enabled=false"],
            [
                "n0 digits ce_mean seed 0 enabled=true threads=1",
                "n0 digits ce_mean seed 0 enabled=false threads=null",
            ],
        ),
        (
            ["results_dir=a", "results_dir=b"],
            [f"n0 digits ce_mean seed 0 results_dir={x}" for x in "ab"],
        ),
    ],
)
def test_a_title_shows_the_settings_that_differ(
    make_config: Make, sweep: list[str], titles: list[str]
) -> None:
    def words(title: str) -> tuple[str, set[str]]:
        name, _, settings = title.partition(" seed 0 ")
        return name, set(settings.split())

    made = full_titles([make_config(*overrides.split()) for overrides in sweep])
    assert list(map(words, made)) == list(map(words, titles))


def test_a_key_is_written_in_full_where_its_last_part_is_ambiguous(
    make_timing: MakeTiming, make_head: MakeHead
) -> None:
    runs = [
        *(make_timing(f"timing.warmup={warmup}") for warmup in (1, 2)),
        *(make_head(f"head.warmup={warmup}") for warmup in (1, 2)),
    ]
    endings = [title.rpartition(" ")[2] for title in full_titles(runs)]
    assert endings == ["timing.warmup=1", "timing.warmup=2", "head.warmup=1", "head.warmup=2"]


def test_what_follows_from_other_settings_is_left_out_and_long_values_are_cut(
    make_timing: MakeTiming,
) -> None:
    first, second = full_titles([make_timing(), make_timing("timing.losses=[ce_mean,isbe_tanh]")])
    assert second == "timing n0 digits cpu eager seed 0 losses=[ce_mean,isbe_tanh]"
    assert first.startswith("timing n0 digits cpu eager seed 0 losses=[ce_mean,ce_none,")
    assert first.endswith("…")
    assert len(first.rpartition("=")[2]) == 40


def test_one_run_has_its_own_title(make_config: Make) -> None:
    assert full_titles([make_config("optimizer.lr=0.5")]) == ["n0 digits ce_mean seed 0"]
