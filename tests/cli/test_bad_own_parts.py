"""Own parts that cannot be used: one line each, and nothing left behind."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from isbe_bench import cli
from isbe_bench.settings import composition, search_path

MODULE = """
import torch
import torch.nn.functional as F
from PIL import Image
from torch import nn

class Net(nn.Module):
    def __init__(self, num_classes: int, width: int = 4, mode: str = "") -> None:
        super().__init__()
        self.mode = mode
        self.layers = nn.Sequential(nn.Flatten(), nn.LazyLinear(width), nn.Linear(width, num_classes))
        if mode == "fails":
            raise RuntimeError("no weights")

    def forward(self, images):
        scores = self.layers(images)
        return {"": scores, "wide": scores.repeat(1, 2), "maps": scores[:, :, None], "pair": (scores, scores),
                "few": scores[:1]}[self.mode]

def maps(): return nn.Conv2d(1, 3, 3)
def number(): return 3
NUMBER = 3

class Loss(nn.Module):
    def __init__(self, factor: float, mode: str = "") -> None:
        super().__init__()
        self.factor, self.mode = factor, mode

    def forward(self, scores, labels):
        value = self.factor * F.cross_entropy(scores, labels)
        return {"": value, "endless": value * float("nan"), "matrix": scores, "constant": torch.zeros(()), "column": value.reshape(1, 1),
                "pair": (value, value)}[self.mode]

def plain(scores, labels, factor=1.0): return factor * F.cross_entropy(scores, labels)
def greedy(): return lambda scores: scores.sum()

class Data:
    def __init__(self, count: int = 20, mode: str = "") -> None:
        self.count, self.mode = count, mode

    def __len__(self): return self.count

    def __getitem__(self, index):
        image, label = torch.full((1, 28, 28), index, dtype=torch.uint8), index % 2
        match self.mode:
            case "no labels": return image
            case "three": return image, label, index
            case "names": return image, "cat"
            case "negative": return image, label - 1
            case "one class": return image, 0
            case "floats": return image.float() * 10, label
            case "integers": return image.int(), label
            case "text": return "0.png", label
            case "sizes": return torch.zeros(1, 8 + index, 8, dtype=torch.uint8), label
            case "four": return image[None], label
            case "crash": raise KeyError(index)
            case "endless": return torch.full((1, 28, 28), float("nan")), label
            case "colour": return image.repeat(3, 1, 1), label
            case "more": return image, index % 5
            case "from 1": return image, index % 2 + 1
        return image, label
"""
BROKEN = {
    "syntax": "def (:\n",
    "needy": "import not_installed_anywhere\n",
    "fails": "raise OSError('no licence')\n",
}
AUGMENTATION = (
    "{enabled: false, degrees: 0, translate: 0.0, scale: 0.0, shear: 0, flip: false, padding: zeros}"
)
FILES = {
    "arch/net.yaml": "_target_: parts.Net\nwidth: 4\nmode: ''\n",
    "loss/mine.yaml": "_target_: parts.Loss\nfactor: 1.0\nmode: ''\n",
    "optimizer/mine.yaml": "_target_: torch.optim.SGD\nlr: 0.1\n",
    "schedule/mine.yaml": "_target_: torch.optim.lr_scheduler.StepLR\nstep_size: 1\ninterval: epoch\n",
    "dataset/mine.yaml": "train: {_target_: parts.Data, mode: '', count: 20}\n"
    "test: {_target_: parts.Data, mode: '', count: 20}\nimage_size: null\nvalidation_fraction: 0.1\n"
    f"augmentation: {AUGMENTATION}\nrecommended: {{epochs: 1, lr: 0.01}}\n",
    "loss/nothing.yaml": "gamma: 1.0\n",
    "loss/broken.yaml": "gamma: [\n",
    "parts.py": MODULE,
    **{f"{name}.py": content for name, content in BROKEN.items()},
}
DATA = "dataset=mine train.batch_size=4 dataset.train.mode="

# fmt: off
BAD = [
    # Targets
    ("arch=net arch._target_=nowhere.Net", "arch._target_=nowhere.Net: no module is called nowhere; allowed is a module that is installed, on PYTHONPATH, or in the folder of --config-dir"),
    ("arch=net arch._target_=parts.nowhere.Net", "arch._target_=parts.nowhere.Net: no module is called parts.nowhere"),
    ("arch=net arch._target_=parts.Nett", "arch._target_=parts.Nett: parts has no Nett; did you mean Net?"),
    ("arch=net arch._target_=Net", "arch._target_=Net: allowed is a dotted path, as package.module.Name"),
    ("arch=net arch._target_=3", "arch._target_=3: allowed is a dotted path, as package.module.Name"),
    ("arch=net arch._target_=parts.NUMBER", "arch._target_=parts.NUMBER: is of type int; allowed is a class or a function"),
    ("arch=net arch._target_=syntax.Net", "arch._target_=syntax.Net: syntax cannot be imported (SyntaxError"),
    ("arch=net arch._target_=needy.Net", "arch._target_=needy.Net: needy imports not_installed_anywhere, which is not installed"),
    ("arch=net arch._target_=fails.Net", "arch._target_=fails.Net: fails cannot be imported (OSError: no licence)"),
    ("arch=net +arch._partial_=maybe", "arch._partial_=maybe: allowed is true or false"),
    ("arch=net arch.name=n0", "arch.name=n0: unknown key; known are _target_, width, mode"),
    ("arch=net +arch.name=other", "arch.name=other: allowed is net, the name of its file"),
    # Nets
    ("arch=net arch.width=wide", "arch.width=wide: allowed is a valid integer"),
    ("arch=net arch.width=1.5", "arch.width=1.5: allowed is a valid integer"),
    ("arch=net arch.widht=3", "arch.widht=3: unknown key; did you mean width?"),
    ("arch=net +arch.depth=3", "arch.depth=3: parts.Net has no parameter depth; did you mean width?"),
    ("arch=net arch.mode=fails", "arch._target_=parts.Net: cannot be built (RuntimeError: no weights)"),
    ("arch=net arch.mode=wide", "arch._target_=parts.Net: returns scores of shape (128, 20) for 128 images; allowed is (128, 10)"),
    ("arch=net arch.mode=maps", "arch._target_=parts.Net: returns scores of shape (128, 10, 1) for 128 images"),
    ("arch=net arch.mode=few", "arch._target_=parts.Net: returns scores of shape (1, 10) for 128 images"),
    ("arch=net arch.mode=pair", "arch._target_=parts.Net: returns tuple; allowed is a tensor of scores"),
    ("arch=net arch.mode=crash", "arch._target_=parts.Net: fails on 2 images of shape (1, 28, 28) (KeyError"),
    ("arch=net arch._target_=parts.maps ~arch.width ~arch.mode", "arch._target_=parts.maps: is built without a number of classes and yields (2, 3, 26, 26) for 2 images"),
    ("arch=net arch._target_=parts.number ~arch.width ~arch.mode", "arch._target_=parts.number: returns int; allowed is a target that returns a torch.nn.Module"),
    ("arch=net arch._target_=torchvision.models.resnet18 ~arch.width ~arch.mode", "arch._target_=torchvision.models.resnet18: fails on 128 images of shape (1, 28, 28) (RuntimeError"),
    # Losses
    ("loss=mine ~loss.factor", "loss.factor: missing; parts.Loss needs it"),
    ("loss=mine loss.factor=null", "loss.factor=None: allowed is a valid number"),
    ("loss=mine loss.factor=[1]", "loss.factor=[1]: allowed is a valid number"),
    ("loss=mine loss.mode=endless", "loss._target_=parts.Loss: its gradient for 3 images of 10 classes is not finite; allowed is a finite gradient"),
    ("loss=mine loss.mode=matrix", "loss._target_=parts.Loss: fails on 3 images of 10 classes ("),
    ("loss=mine loss.mode=constant", "loss._target_=parts.Loss: fails on 3 images of 10 classes (RuntimeError"),
    ("loss=mine loss.mode=crash", "loss._target_=parts.Loss: fails on 3 images of 10 classes (KeyError"),
    ("loss=mine loss.mode=pair", "loss._target_=parts.Loss: fails on 3 images of 10 classes ("),
    ("loss=mine loss._target_=parts.plain ~loss.mode", "loss.scores: missing; parts.plain needs it; is loss._partial_=true meant, to call it later?"),
    ("loss=mine loss._target_=parts.greedy ~loss.mode ~loss.factor", "loss._target_=parts.greedy: fails on 3 images of 10 classes (TypeError"),
    ("task=timing timing.losses=[ce_mean,mine2]", "timing.losses=[ce_mean,mine2]: allowed is a list, [A,B], of one or more different of ce_mean"),
    ("loss=mine loss.mode=column", "loss._target_=parts.Loss: gives (1, 1) for 3 images of 10 classes; allowed is one number, or one an image"),
    ("loss=nothing", "loss=nothing: "),
    ("loss=broken", "a file of settings cannot be read (while parsing"),
    # Optimisers and schedules
    ("optimizer=mine optimizer._target_=torch.optim.LBFGS", "optimizer._target_=torch.optim.LBFGS: its step needs a closure; allowed is an optimizer whose step does not"),
    ("optimizer=mine optimizer.lr=-1", "optimizer._target_=torch.optim.SGD: cannot be built (ValueError: Invalid learning rate: -1"),
    ("optimizer=mine +optimizer.momentun=0.9", "optimizer.momentun=0.9: torch.optim.SGD has no parameter momentun; did you mean momentum?"),
    ("schedule=mine ~schedule.step_size", "schedule.step_size: missing; torch.optim.lr_scheduler.StepLR needs it"),
    ("schedule=mine schedule.interval=batch", "schedule.interval=batch: allowed is epoch or step"),
    ("schedule=multistep schedule.milestones=[30,60]", "schedule.milestones=[30,60]: allowed is a list, [A,B], of one or more different values, each a number"),
    ("optimizer=sgd optimizer.momentum=0 schedule=onecycle schedule.cycle_momentum=true", "schedule.cycle_momentum=true: the optimizer has no momentum; allowed is false, or an optimizer with momentum"),
    # Data
    (f"{DATA}'no labels'", "dataset.train._target_=parts.Data: item 0 is of type Tensor; allowed is a pair of an image and its label"),
    (f"{DATA}three", "dataset.train._target_=parts.Data: item 0 is of type tuple; allowed is a pair of an image and its label"),
    (f"{DATA}names", "dataset.train._target_=parts.Data: item 0: its label is 'cat'; allowed is an integer, 0 or more"),
    (f"{DATA}negative", "dataset.train._target_=parts.Data: item 0: its label is -1; allowed is an integer, 0 or more"),
    (f"{DATA}'one class'", "dataset.train: has labels up to 0, dataset.test up to 1; allowed is two classes or more"),
    (f"{DATA}'from 1'", "dataset.train: has labels up to 2, and no image with label 0; allowed is labels that count from 0, each with an image"),
    (f"{DATA}floats", "dataset.train._target_=parts.Data: item 1: its pixels reach from 10 to 10; allowed is a PIL image"),
    (f"{DATA}endless", "dataset.train._target_=parts.Data: item 0: its pixels reach from nan to nan; allowed is a PIL image"),
    (f"{DATA}integers", "dataset.train._target_=parts.Data: item 0: its image is of type int32; allowed is a PIL image"),
    (f"{DATA}text", "dataset.train._target_=parts.Data: item 0: its image is of type <U5; allowed is a PIL image"),
    (f"{DATA}sizes", "dataset.train._target_=parts.Data: item 1 has the shape (1, 9, 8), the first (1, 8, 8); allowed is one shape, or dataset.image_size=SIDE"),
    (f"{DATA}four", "dataset.train._target_=parts.Data: item 0: its image has the shape (1, 1, 28, 28); allowed is a PIL image"),
    (f"{DATA}crash", "dataset.train._target_=parts.Data: cannot be read (KeyError: 0); allowed is a data set that yields pairs"),
    (f"{DATA}colour", "dataset.test: its images have the shape (1, 28, 28), those of dataset.train (3, 28, 28); allowed is one shape"),
    ("dataset=mine dataset.test.mode=more", "dataset.train: has labels up to 1, dataset.test up to 4; allowed is"),
    ("dataset=mine dataset.train.count=0", "dataset.train._target_=parts.Data: yields nothing; allowed is one image or more"),
    ("dataset=mine dataset.train.count=many", "dataset.train.count=many: allowed is a valid integer"),
    ("dataset=mine dataset.train._target_=parts.NUMBER", "dataset.train._target_=parts.NUMBER: is of type int; allowed is a class or a function"),
    ("dataset=mine ~dataset.test", "dataset.test: missing"),
    ("dataset=mine dataset.name=mnist", "dataset.name=mnist: unknown key; known are train, test, image_size,"),
]
# fmt: on


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setattr(search_path, "_own", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, content in FILES.items():
        path = tmp_path / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    monkeypatch.chdir(tmp_path)
    yield tmp_path / "conf"
    composition.choice.cache_clear()
    for name in ("parts", *BROKEN):
        sys.modules.pop(name, None)


def test_there_are_fifty() -> None:
    assert len({line for line, _ in BAD}) >= 50


@pytest.mark.parametrize(("line", "message"), BAD)
def test_one_line_and_nothing_left_behind(
    folder: Path,
    line: str,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    typed = ["--config-dir", "conf", *shlex.split(line)]
    monkeypatch.setattr(sys, "argv", ["isbe-bench", *typed])
    assert cli.main() == 1
    *announced, last = capsys.readouterr().err.splitlines()
    assert last.startswith(f"isbe-bench: {message}"), last
    assert all(each.startswith("isbe-bench: 1 run") for each in announced), announced
    assert not (folder.parent / "results").exists()
