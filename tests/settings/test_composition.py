"""Composition: values set on what Hydra composed of the choices are what Hydra composes of the whole."""

import shlex
import sys
from pathlib import Path

import hydra
import pytest
from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig, OmegaConf

from isbe_bench.cli import arguments
from isbe_bench.errors import InputError
from isbe_bench.settings import choices, composition, experiments, search_path

OVERRIDES = [
    "",
    "arch=n1 seed=3 train.epochs=7",
    "task=timing timing.losses=[ce_mean,isbe_tanh:function] timing.rounds=3",
    "task=head 'head.sizes=[{classes:10,batch_size:4,rounds:2}]'",
    "task=theory 'theory={classes:[3]}'",
    "+loss.extra=1 ++train.epochs=2 ++train.more={a:1,b:[2,3]} '+dataset.list=[1,2]'",
    "~seed ~optimizer.lr",
    "~force=false",
    "'train.epochs=${seed}' seed=4 'results_dir=out/${arch.name}-${seed}'",
    "'results_dir=${oc.env:HOME}/x'",
    "results_dir='\"a, b = (c)\"' \"dataset.root='it\\\\'s'\"",
    "seed=null train.epochs=1.5 force=yes loss.label_smoothing=.1e-3",
    "optimizer=sgd ~experiment",
    "-m seed=0,1 train.epochs=1,2",
    "-m loss=ce_mean,isbe_tanh arch=n0,n1 ~optimizer.beta1",
    "-m 'arch=glob(n*)' 'seed=range(1,4)'",
    "-m 'loss=glob([*tanh,ce_*],exclude=ce_s*)'",
    "-m 'loss=choice(ce_mean,ce_sum)' 'train.epochs=choice(1,2)' 'seed=sort(3,1,2)'",
    "-m 'dataset.root=\"a,b\",c' 'results_dir=out/${seed}' seed=5,6",
    "-m 'task=timing' 'timing.losses=[ce_mean],[ce_mean,ce_sum]'",
    "-m 'train={epochs:1},{epochs:2,batch_size:4}' '+loss.x=1,[2]'",
    "-m task=train,timing device.threads=1",
    "-m optimizer=adam,sgd schedule=cosine",
]
"""Command lines; what they give is not always a run, but it is always the same."""
KEYS_OF_SWEPT_GROUPS = [
    "-m loss=isbe_softmax,isbe_tanh loss.implementation=direct,function",
    "-m optimizer=adam,adamw optimizer.lr=0.1",
]
"""Of these Hydra composes the first part with the group's default, which lacks the key: it needs `++`."""


def composed(typed: list[str], monkeypatch: pytest.MonkeyPatch) -> list[DictConfig]:
    monkeypatch.setattr(sys, "argv", ["isbe-bench", *arguments.checked(typed)])
    return composition.compose()


def whole(typed: list[str], monkeypatch: pytest.MonkeyPatch, scratch: Path) -> list[DictConfig]:
    """What Hydra itself composes of the whole command line, run by run."""
    found = []

    def keep(config: DictConfig) -> None:
        chosen = HydraConfig.get().runtime.choices
        found.append(composition._run_settings(config, chosen))

    for line in experiments.expanded(typed):
        quiet = ["hydra/job_logging=disabled", "hydra.output_subdir=null"]
        places = [f"hydra.{each}.dir='{scratch}'" for each in ("run", "sweep")]
        swept = ["hydra.sweep.subdir=."]
        monkeypatch.setattr(sys, "argv", ["isbe-bench", *line, *quiet, *places, *swept])
        run = hydra.main(version_base="1.3", config_path=str(search_path.CONF), config_name="config")
        run(keep)()
    return found


def plain(configs: list[DictConfig]) -> list[object]:
    flags = [(config._get_flag("struct"), config._get_flag("readonly")) for config in configs]
    return [*flags, *(OmegaConf.to_container(config, resolve=False) for config in configs)]


def assert_same(line: str, other: str, monkeypatch: pytest.MonkeyPatch, scratch: Path) -> None:
    ours = composed(shlex.split(line), monkeypatch)
    theirs = whole(shlex.split(other), monkeypatch, scratch)
    assert ours
    assert plain(ours) == plain(theirs)
    assert [str(each) for each in ours] == [str(each) for each in theirs]  # 1 is not 1.0, nor true


@pytest.mark.parametrize("line", OVERRIDES)
def test_each_kind_of_override(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert_same(line, line, monkeypatch, tmp_path)


@pytest.mark.parametrize("line", KEYS_OF_SWEPT_GROUPS)
def test_keys_of_swept_groups(line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    group = line.split()[1].partition("=")[0]
    assert_same(line, line.replace(f"{group}.", f"++{group}."), monkeypatch, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", search_path.names(search_path.CONF, "experiment"))
def test_each_run_of_each_experiment(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    grid = {
        "tune": "optimizer.lr=0.1,1 seed=3",
        "table3_alpha": "seed=3",
        "table4_delta_alpha": "seed=3",
    }
    line = f"experiment={name} {grid.get(name, '')}"
    assert_same(line, line, monkeypatch, tmp_path)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of the user's own parts, beside others that set Hydra's keys."""
    monkeypatch.setattr(search_path, "_own", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, content in {
        "loss/focal.yaml": "_target_: focal.Focal\ngamma: 2.0\n",
        "arch/mine.yaml": "defaults: [n1, _self_]\nbias: true\n",
        "extra/a.yaml": "value: ${seed}\n",
        "experiment/mine.yaml": "# @package _global_\nsweeps:\n  - loss: focal,ce_mean\n    seed: 1,2\n",
        "loss/package.yaml": "# @package hydra.run\ndir: elsewhere\n",
        "experiment/key.yaml": "# @package _global_\nhydra: {sweep: {dir: elsewhere}}\n",
        "experiment/group.yaml": "# @package _global_\ndefaults:\n  - override /hydra/job_logging: stdout\n",
        "experiment/path.yaml": "# @package _global_\nhydra: {searchpath: ['pkg://os']}\n",
        "experiment/env.yaml": "# @package _global_\nhydra: {job: {env_set: {A: b}}}\n",
    }.items():
        path = tmp_path / "it's, my = conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path / "it's, my = conf"


@pytest.mark.parametrize(
    "line",
    [
        "loss=focal loss.gamma=1",
        "-m loss=focal,ce_mean arch=mine",
        "-m 'loss=glob(*c*l)'",
        "experiment=mine seed=4",
        "+extra=a",
        "-m +extra=a seed=1,2",
    ],
)
def test_own_parts(line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    line = f"--config-dir {shlex.quote(str(folder))} {line}"
    assert_same(line, line, monkeypatch, tmp_path / "scratch")


@pytest.mark.parametrize(
    "line", ["loss=package", "experiment=key", "experiment=group", "experiment=path", "experiment=env"]
)
def test_a_file_that_sets_keys_of_hydra_is_refused(
    line: str, folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="which isbe-bench does not serve") as refusal:
        composed(["--config-dir", str(folder), line], monkeypatch)
    assert "\n" not in str(refusal.value)
    assert [path.name for path in tmp_path.iterdir()] == [folder.name]


def test_only_distinct_choices_of_groups_are_composed(monkeypatch: pytest.MonkeyPatch) -> None:
    choices._composed.cache_clear()
    runs = composed(["-m", "seed=range(0,50)", "loss=ce_mean,ce_sum"], monkeypatch)
    assert len(runs) == 100
    assert choices._composed.cache_info().misses == 3  # the two losses, and what they share


def test_a_run_does_not_change_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    line = ["-m", "++train.x=1,2", "arch.bias=true,false"]
    assert [(each.train.x, each.arch.bias) for each in composed(line, monkeypatch)] == [
        (1, True),
        (1, False),
        (2, True),
        (2, False),
    ]
    (usual,) = composed([], monkeypatch)
    assert "x" not in usual.train
