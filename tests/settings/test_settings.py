"""What a run is called, and which values are refused."""

import os
import subprocess
import sys

import pytest
from conftest import Make, MakeTiming

from isbe_bench.errors import InputError
from isbe_bench.settings.loss import DilatedIsbe, NormalizeIsbe
from isbe_bench.tasks.train.settings import ReadyTraining


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ("train.epochs=-1", "train.epochs=-1: allowed is an integer, 1 or more"),
        ("train.epochs=0", "train.epochs=0: allowed is an integer, 1 or more"),
        ("train.epochs=1.5", "train.epochs=1.5: allowed is an integer, 1 or more"),
        ("train.epochs=true", "train.epochs=true: allowed is an integer, 1 or more"),
        ("train.epochs=many", "train.epochs=many: allowed is an integer, 1 or more"),
        ("train.batch_size=0", "train.batch_size=0: allowed is an integer, 1 or more"),
        ("train.batch_size=1294", "train.batch_size=1294: allowed is 1 to 1293, the number of training images"),
        ("seed=-1", "seed=-1: allowed is an integer, 0 to 4294967295"),
        ("optimizer.lr=0", "optimizer.lr=0: allowed is a number above 0"),
        ("optimizer.lr=nan", "optimizer.lr=nan: allowed is a number above 0"),
        ("optimizer.beta1=1", "optimizer.beta1=1: allowed is a number, 0 or more and below 1"),
        ("dataset.augmentation.padding=wrap", "padding=wrap: allowed is zeros, border or reflection"),
        ("force=maybe", "force=maybe: allowed is true or false"),
        ("results_dir=''", "results_dir=: allowed is a path"),
        (f"results_dir={'a' * 300}", "a: allowed is a path"),
        ('results_dir="~nobody-of-that-name/x"', "allowed is a path"),
        ("results_dir=null", "results_dir=null: allowed is a path"),
        (f"optimizer.lr={'9' * 400}", "9: allowed is a number above 0"),
        ("device.threads=1000000000000", "allowed is an integer, 1 to 1024, or null"),
        ("loss=isbe_tanh loss.blur_amount=0.1", "loss.blur_amount=0.1: allowed is less than 0.1 with 10 classes"),
        ("loss=isbe_tanh +loss.activation=softmax", "loss.activation=softmax: unknown key"),
        ("loss=isbe_tanh loss.implementation=fast", "loss.implementation=fast: allowed is direct or function"),
        ("loss=isbe_tanh +loss.targets=onehot", "loss.targets=onehot: unknown key"),
        ("loss=isbe_normalize loss.targets=soft", "loss.targets=soft: allowed is symmetric or onehot"),
        ("loss=isbe_dilated_softmax loss.dilation=0", "loss.dilation=0: allowed is a number above 0, or a list"),
        ("loss=isbe_dilated_softmax loss.dilation=[1,-1]", "loss.dilation=[1,-1]: allowed is a number above 0"),
        ("loss=isbe_dilated_softmax loss.dilation=[]", "loss.dilation=[]: allowed is a number above 0"),
        ("loss=isbe_dilated_softmax loss.dilation=null", "loss.dilation=null: allowed is a number above 0"),
        ("loss=isbe_dilated_softmax loss.dilation=[1,2.5,3]", "loss.dilation=[1,2.5,3]: holds 3; allowed is one number above 0, or a list of 10, one for each class"),
        ("loss.name=ce", "loss.name=ce: allowed is ce_mean, ce_none, ce_sum, isbe_hardsigmoid"),
        ("train=3", "train=3: allowed is a group with the keys epochs, batch_size"),
        ("+zzz=1", "zzz=1: unknown key; known are task, device"),
        ("device.index=-1", "device.index=-1: allowed is an integer, 0 or more"),
        ("dataset=image_folder", "dataset.root: must be set"),
        ("dataset=image_folder dataset.root=/nowhere", "dataset.root=/nowhere: has no folder train/"),
        ("dataset=mnist dataset.root=/nowhere dataset.download=false", "dataset.root=/nowhere: has no MNIST/raw"),
        ("arch=vgg16", "arch.name=vgg16: cannot take images of 28x28 pixels; allowed is 32x32 or larger"),
        ("arch=n1 train.batch_size=1", "train.batch_size=1: leaves a batch of 1 image"),
        ("arch=n1 train.batch_size=38", "train.batch_size=38: leaves a batch of 1 image of 1293"),
    ],
)  # fmt: skip
def test_bad_values_are_named_in_one_line(make_config: Make, overrides: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        make_config(*overrides.split())
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_cuda_device_that_is_not_there(make_config: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.device_count", lambda: 0)
    with pytest.raises(InputError, match="device.name=cuda: no CUDA device is there"):
        make_config("device=cuda")
    assert make_config("device=auto").device.name == "cpu"
    monkeypatch.setattr("torch.cuda.device_count", lambda: 2)
    with pytest.raises(InputError, match="device.index=2: no such CUDA device; allowed is 0 to 1"):
        make_config("device=cuda", "device.index=2")
    assert make_config("device=auto").device.name == "cuda"


def test_a_results_dir_that_is_a_file(make_config: Make, tmp_path: os.PathLike[str]) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        make_config(f"results_dir={__file__}/below")


def test_slug_names_the_run(make_config: Make) -> None:
    slug = make_config("arch=n1", "loss=isbe_tanh", "seed=7").slug
    assert slug.startswith("train-n1-digits-isbe_tanh-seed7-")


def changed(config: ReadyTraining, group: str, **values: object) -> ReadyTraining:
    return config.model_copy(update={group: getattr(config, group).model_copy(update=values)})


def test_slug_leaves_out_paths_and_the_device_index(make_config: Make) -> None:
    config = make_config("dataset.root=here")
    same = [
        config.model_copy(update={"results_dir": "elsewhere", "force": True}),
        changed(config, "dataset", root="/there", download=True),
        changed(config, "device", index=3),
        make_config("device=cpu", "dataset.augmentation.degrees=10.0"),
    ]
    other = [
        config.model_copy(update={"seed": 1}),
        changed(config, "device", threads=1),
        changed(config, "train", batch_size=64),
        make_config("loss=isbe_softmax"),
        make_config("loss=isbe_softmax", "loss.implementation=function"),
    ]
    assert {each.slug for each in same} == {config.slug}
    assert len({each.slug for each in [config, *other]}) == 1 + len(other)


@pytest.mark.parametrize(
    ("loss", "slug"),
    [
        ("isbe_softmax", "train-n0-mnist-isbe_softmax-seed0-45148fd090"),
        ("ce_mean", "train-n0-mnist-ce_mean-seed0-1ae9d3f835"),
    ],
)
def test_runs_that_are_there_keep_their_names(make_config: Make, loss: str, slug: str) -> None:
    """A key more in a mode's configuration would make all of its runs anew."""
    run = f"arch=n0 dataset=mnist loss={loss} device=cpu device.threads=1 train.epochs=30 seed=0"
    assert make_config(*run.split()).slug == slug


def test_dilations_are_numbers(make_config: Make) -> None:
    single = make_config("loss=isbe_dilated_softmax", "loss.dilation=3").loss
    listed = make_config("loss=isbe_dilated_softmax", "loss.dilation=[1,2,3,4,5,6,7,8,9,10]").loss
    assert isinstance(single, DilatedIsbe)
    assert isinstance(listed, DilatedIsbe)
    assert single.dilation == 3.0
    assert listed.dilation == tuple(map(float, range(1, 11)))


def test_the_modes_apart_can_be_timed(make_timing: MakeTiming) -> None:
    timed = make_timing("timing.losses=[ce_mean,isbe_normalize,isbe_dilated_softmax:function]").timing
    _, normalize, dilated = timed.modes
    assert isinstance(normalize, NormalizeIsbe)
    assert isinstance(dilated, DilatedIsbe)
    assert dilated.implementation == "function"


@pytest.mark.slow
def test_slug_is_the_same_in_every_process(make_config: Make) -> None:
    code = (
        "from isbe_bench import tasks; from isbe_bench.settings import composition; train = tasks.find('train');"
        "print(train.check(train.parse(composition.defaults(('loss=isbe_tanh',)))).slug)"
    )
    slugs = {make_config("loss=isbe_tanh").slug}
    for hash_seed in ("1", "2"):
        done = subprocess.run(
            [sys.executable, "-c", code],
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            capture_output=True,
            text=True,
            check=True,
        )
        slugs.add(done.stdout.strip())
    assert len(slugs) == 1
