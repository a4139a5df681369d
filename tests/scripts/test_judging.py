"""What a benchmark of faults must not overlook."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
import recorded
from conftest import Make
from injection import judging

from isbe_bench.runs import manifest


@pytest.fixture
def reference(make_config: Make, tmp_path: Path) -> Path:
    """The results of an undisturbed sweep of two runs."""
    for seed in (0, 1):
        recorded.record(make_config, 90.0, f"seed={seed}")
    return tmp_path / "results"


@pytest.fixture
def results(reference: Path, tmp_path: Path) -> Path:
    """A copy of them."""
    return Path(shutil.copytree(reference, tmp_path / "disturbed"))


def first(results: Path) -> Path:
    return min((results / "runs").iterdir())


def test_an_equal_sweep_is_as_it_should_be(results: Path, reference: Path) -> None:
    assert judging.torn(results) == []
    assert judging.litter(results) == []
    assert judging.lost(results, reference) == []
    assert judging.changed(results, reference) == []


@pytest.mark.parametrize("name", ["status.json", "config.yaml", "epochs.csv", "predictions.csv"])
def test_a_file_that_ends_in_the_middle_is_torn(results: Path, name: str) -> None:
    file = first(results) / name
    content = file.read_bytes()
    for size in (0, len(content) // 2 if name != "config.yaml" else 3):
        file.write_bytes(content[:size])
        assert [each.partition(":")[0] for each in judging.torn(results)] == [name]


def test_a_checkpoint_with_a_flipped_bit_is_torn(results: Path) -> None:
    (first(results) / "checkpoint.pt").write_bytes(bytes(40))
    assert judging.torn(results) == ["checkpoint.pt: has another checksum"]


def leave_partial(run: Path) -> None:
    (run / ".epochs.csv.12@host.partial").touch()


def leave_checkpoint(run: Path) -> None:
    (run / "checkpoint.pt").touch()


def change_file(run: Path) -> None:
    (run / "environment.json").write_text("{}")


def remove_manifest(run: Path) -> None:
    (run / manifest.MANIFEST).unlink()


@pytest.mark.parametrize("damage", [leave_partial, leave_checkpoint, change_file, remove_manifest])
def test_what_is_left_behind_or_does_not_fit_is_found(
    results: Path, damage: Callable[[Path], None]
) -> None:
    damage(first(results))
    assert len(judging.litter(results)) == 1


def test_runs_that_are_missing_or_not_done_are_lost(results: Path, reference: Path) -> None:
    gone, failed = sorted((results / "runs").iterdir())
    shutil.rmtree(gone)
    status = json.loads((failed / "status.json").read_text())
    (failed / "status.json").write_text(json.dumps(status | {"status": "error", "error": "why"}))
    assert judging.lost(results, reference) == [
        f"{gone.name}: was never begun",
        f"{failed.name}: failed",
    ]


def test_other_numbers_are_seen_and_other_times_are_not(results: Path, reference: Path) -> None:
    file = first(results) / "epochs.csv"
    frame = pd.read_csv(file)
    frame.assign(epoch_s=7.0, forward_ms=3.0).to_csv(file, index=False)
    assert judging.changed(results, reference) == []
    frame["test_loss"] *= 1 + 1e-15
    frame.to_csv(file, index=False)
    assert judging.changed(results, reference) == [f"{file.parent.name}: epochs.csv has other numbers"]
