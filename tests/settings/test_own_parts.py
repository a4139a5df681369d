"""A loss and a network of the user's own: one YAML file each, with `_target_`."""

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest

from isbe_bench import tasks
from isbe_bench.errors import InputError
from isbe_bench.settings import composition, loss, search_path, words
from isbe_bench.settings.architecture import OwnArchitecture
from isbe_bench.settings.device import ReadyDevice
from isbe_bench.settings.loss import AnyLoss, OwnLoss
from isbe_bench.tasks.train.settings import ReadyTraining, TrainingSettings

FOCAL = "name: focal\n_target_: isbe_bench.losses.focal.Focal\ngamma: 2.0\nweights: [1, 2]\n"
PLAIN = "name: plain\n_target_: isbe_bench.networks.plain.make\nwidth: 64\n"


def forget() -> None:
    composition.defaults.cache_clear()
    composition.choice.cache_clear()
    composition.resolved.cache_clear()


@pytest.fixture
def conf(tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of `conf/`, with a loss and a network added."""
    folder = copytree(root / "conf", tmp_path / "conf")
    (folder / "loss/focal.yaml").write_text(FOCAL)
    (folder / "arch/plain.yaml").write_text(PLAIN)
    monkeypatch.setattr(search_path, "CONF", folder)
    forget()
    yield folder
    forget()


def asked(*overrides: str) -> TrainingSettings:
    settings = tasks.find("train").parse(composition.defaults(overrides))
    assert isinstance(settings, TrainingSettings)
    return settings


def ready(*overrides: str) -> ReadyTraining:
    settings = asked(*overrides)
    device = ReadyDevice(**dict(settings.device) | {"name": "cpu"})
    return ReadyTraining(**dict(settings) | {"device": device, "dataset": settings.dataset})


@pytest.mark.usefixtures("conf")
def test_an_own_loss_is_composed_validated_and_identified() -> None:
    training = ready("loss=focal")
    assert isinstance(training.loss, OwnLoss)
    assert training.loss.target == "isbe_bench.losses.focal.Focal"
    assert training.loss.parameters == {"gamma": 2.0, "weights": [1, 2]}
    flat = {key: value for key, value in training.identity().items() if key.startswith("loss.")}
    assert flat == {
        "loss.name": "focal",
        "loss._target_": "isbe_bench.losses.focal.Focal",
        "loss.gamma": 2.0,
        "loss.weights": [1, 2],
    }
    assert training.slug.startswith("train-n0-digits-focal-seed0-")
    assert ready("loss=focal", "loss.gamma=3.0").slug != training.slug
    assert ready("loss=focal", "+loss.alpha=0.5").slug != training.slug


@pytest.mark.usefixtures("conf")
def test_an_own_network_is_too() -> None:
    training = ready("arch=plain")
    assert isinstance(training.arch, OwnArchitecture)
    assert training.arch.parameters == {"width": 64}
    assert training.identity()["arch._target_"] == "isbe_bench.networks.plain.make"


@pytest.mark.usefixtures("conf")
def test_an_own_loss_can_be_timed() -> None:
    assert "focal" in loss.comparable()
    assert "focal:function" not in loss.comparable()
    timing = ("task=timing", "timing.losses=[ce_mean,focal]")
    tasks.find("timing").parse(composition.defaults(timing))
    assert loss.in_full("focal") == words.validate(AnyLoss, composition.choice("loss", "focal"))


@pytest.mark.usefixtures("conf")
@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("loss=focal loss.name=ce_mean", "loss.name=ce_mean: allowed is focal, the name of its file"),
        ("loss=focal loss._target_=focal", "loss._target_=focal: allowed is a dotted path, as package.module.Name"),
        ("loss=focal loss._target_=3", "loss._target_=3: allowed is a dotted path"),
        ("arch=plain arch.name=n0", "arch.name=n0: allowed is plain, the name of its file"),
        ("loss=focal loss.name='a:b'", "loss.name=a:b: allowed is focal, the name of its file"),
        ("+loss._target_=a.b", "loss.name=ce_mean: allowed is a name of letters, digits, _ and -, other than ce_mean, ce_none, "),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        asked(*overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("group", "file"), [("loss", "a@2"), ("arch", "n 1")])
def test_an_own_name_holds_no_mark_of_a_record(conf: Path, group: str, file: str) -> None:
    content = f"name: {file}\n_target_: package.module.make\n"
    (conf / group / f"{file}.yaml").write_text(content)
    with pytest.raises(InputError, match=f"^{group}.name={file}: allowed is .* digits") as caught:
        asked(f"{group}='{file}'")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [("TASKS = 1", "AttributeError: "), ("import nothing_such", "ModuleNotFoundError: "), ("TASK =", "SyntaxError: ")],
)  # fmt: skip
def test_a_task_whose_module_cannot_be_used_is_named(
    conf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str, reason: str
) -> None:
    (conf / "task/mine.yaml").write_text("")
    (tmp_path / "mine.py").write_text(content)
    monkeypatch.delitem(sys.modules, "isbe_bench.tasks.mine", raising=False)
    monkeypatch.setattr(tasks, "__path__", [*tasks.__path__, str(tmp_path)])
    with pytest.raises(InputError, match=f"^task=mine: isbe_bench.tasks.mine cannot be used .{reason}"):
        tasks.find("mine")
