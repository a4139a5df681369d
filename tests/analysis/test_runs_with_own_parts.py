"""Runs with the user's own parts: which may be compared, and the commands that do them again."""

from typing import Any

import pandas as pd
import pytest

from isbe_bench.analysis import origin
from isbe_bench.analysis.reading import settings
from isbe_bench.settings import composition
from isbe_bench.settings.identity import flatten


def training(loss: dict[str, Any], seed: int = 0, **more: Any) -> dict[str, Any]:
    """A run as `Collection.runs` has it."""
    usual = flatten(composition.values(composition.defaults(())))
    usual = {key: value for key, value in usual.items() if not key.startswith("loss.")}
    run = usual | {"device.name": "cpu"} | {f"loss.{key}": value for key, value in loss.items()}
    del run["dataset.format"]
    run = run | {"seed": seed} | {key.replace("__", "."): value for key, value in more.items()}
    place = {"dataset": run["dataset.name"], "net": run["arch.name"], "mode": run["loss.name"]}
    return {**run, **place, "environment.numerics": 1}


CE = {"name": "ce_mean", "label_smoothing": 0.0}
FOCAL = {"name": "focal", "_target_": "focal.Focal", "gamma": 2.0}
SOFTER = {"name": "softer", "_target_": "focal.Focal", "gamma": 0.5}
OTHER = {"name": "other", "_target_": "other.make", "weight": 3.0}


def labels(*runs: dict[str, Any]) -> list[str]:
    return settings.labels(pd.DataFrame(runs))


def test_own_losses_are_compared_with_the_others_whatever_their_parameters() -> None:
    assert set(labels(*map(training, (CE, FOCAL, SOFTER, OTHER)))) == {""}


def test_two_settings_of_one_own_loss_are_not_averaged() -> None:
    found = labels(training(CE), training(FOCAL), training(FOCAL), training(FOCAL | {"gamma": 5.0}))
    assert found == ["loss.gamma=2.0"] * 3 + ["loss.gamma=5.0"]


def test_nor_are_two_states_of_its_code() -> None:
    key = "code.focal.Focal"
    found = labels(training(CE), *(training(FOCAL) | {key: code} for code in ("0a1b", "0a1b", "ffff")))
    assert found == ["code.focal.Focal=0a1b"] * 3 + ["code.focal.Focal=ffff"]


def commands(*runs: dict[str, Any]) -> list[str]:
    return origin.training_commands(pd.DataFrame(runs).assign(settings=""))


FIXED = "arch=n0 dataset=digits device=cpu"


@pytest.mark.parametrize(
    ("run", "command"),
    [
        (training(CE), f"isbe-bench -m loss=ce_mean seed=0 {FIXED}"),
        (training(FOCAL), f"isbe-bench --config-dir DIR -m loss=focal seed=0 {FIXED} loss.gamma=2.0"),
        (training(CE, optimizer__name="sgd", optimizer__lr=0.1, optimizer__momentum=0.9, schedule__name="cosine"), f"isbe-bench -m loss=ce_mean seed=0 {FIXED} optimizer=sgd schedule=cosine"),
        (training(CE, optimizer__name="sgd", optimizer__lr=0.5), f"isbe-bench -m loss=ce_mean seed=0 {FIXED} optimizer=sgd optimizer.lr=0.5"),
        (training(CE, dataset__name="fashion", dataset__format="mnist"), "isbe-bench -m loss=ce_mean seed=0 arch=n0 dataset=mnist device=cpu dataset.root=DIR"),
        (training(CE, arch__name="mine", arch___target_="nets.Net", arch__width=3), "isbe-bench --config-dir DIR -m loss=ce_mean seed=0 arch=mine dataset=digits device=cpu"),
        (training(CE, dataset__name="birds", dataset__image_size=32), "isbe-bench --config-dir DIR -m loss=ce_mean seed=0 arch=n0 dataset=birds device=cpu"),
    ],
)  # fmt: skip
def test_a_command_carries_what_is_needed(run: dict[str, Any], command: str) -> None:
    (found,) = commands(run)
    assert found.startswith(command)
    assert found.count(" dataset=") == 1
    if run["dataset"] == "fashion":
        assert " dataset.name=fashion " in f"{found} "
    if run["net"] == "mine":
        assert " arch.width=3 " in f"{found} "
        assert "_target_" not in found


def test_own_losses_that_were_timed_need_the_folder_too() -> None:
    run = flatten(
        composition.values(composition.defaults(("task=timing", "timing.losses=[ce_mean,isbe_tanh]")))
    )
    modes = [CE, FOCAL]
    (found,) = origin.measurement_commands(
        pd.DataFrame([run | {"device.name": "cpu", "timing.modes": modes}])
    )
    assert found.startswith(
        "isbe-bench --config-dir DIR -m task=timing arch=n0 dataset=digits device=cpu"
    )
