"""`--config-dir`: a folder of YAML files and modules of the user's own."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isbe_bench.errors import InputError
from isbe_bench.settings import composition, loss, search_path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(search_path, "_own", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, content in {
        "loss/focal.yaml": "_target_: focal.Focal\ngamma: 2.0\n",
        "loss/focal_1.yaml": "defaults: [focal, _self_]\ngamma: 1.0\n",
        "loss/softmax_mean.yaml": "defaults: [isbe_softmax, _self_]\nscale: mean\n",
        "loss/isbe_clip.yaml": "defaults: [isbe_softmax, _self_]\nactivation: {_target_: own.clip}\ntargets: onehot\n",
        "experiment/mine.yaml": "# @package _global_\nsweeps:\n  - loss: focal,ce_mean\n",
    }.items():
        path = tmp_path / "it's my conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    yield tmp_path / "it's my conf"
    composition.choice.cache_clear()
    composition.defaults.cache_clear()


def test_its_files_are_choices_and_its_modules_can_be_imported(folder: Path) -> None:
    search_path.add(folder)
    assert sys.path[0] == str(folder)
    assert {"focal", "focal_1", "isbe_clip", "ce_mean"} <= search_path.choices("loss").keys()
    assert "mine" in search_path.choices("experiment")
    assert "focal" in loss.comparable()
    assert "isbe_clip:function" in loss.comparable()


@pytest.mark.parametrize(
    ("file", "expected"),
    [
        ("focal", {"name": "focal", "gamma": 2.0}),
        ("focal_1", {"name": "focal_1", "gamma": 1.0}),
        ("softmax_mean", {"name": "isbe_softmax", "scale": "mean"}),
        ("isbe_clip", {"name": "isbe_clip", "scale": "sum", "targets": "onehot"}),
    ],
)
def test_an_own_part_has_the_name_of_its_file(
    folder: Path, file: str, expected: dict[str, object]
) -> None:
    search_path.add(folder)
    values = composition.choice("loss", file)
    assert {key: values[key] for key in expected} == expected
    whole = composition.defaults((f"loss={file}",))
    assert {key: whole.loss[key] for key in expected} == expected


def test_its_experiments_are_expanded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    search_path.add(folder)
    monkeypatch.setattr(sys, "argv", ["isbe-bench", "--config-dir", str(folder), "experiment=mine"])
    assert [run.loss.name for run in composition.compose()] == ["focal", "ce_mean"]


@pytest.mark.parametrize("file", ["loss/ce_mean.yaml", "arch/n0.yaml", "experiment/quick.yaml"])
def test_a_name_that_the_package_has_is_refused(folder: Path, file: str) -> None:
    (folder / file).parent.mkdir(exist_ok=True)
    (folder / file).write_text("name: x\n")
    with pytest.raises(InputError, match=f"{file} has the name of one of isbe-bench's own; allowed is"):
        search_path.add(folder)
    assert search_path.folders() == [search_path.CONF]


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="^--config-dir .*nowhere: allowed is an existing folder$"):
        search_path.add(tmp_path / "nowhere")
