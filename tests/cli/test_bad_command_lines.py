"""Command lines that are wrong: one line each, with key, value and what is allowed, and nothing left behind."""

import re
import shlex
import sys
from pathlib import Path

import pytest
from conftest import without_announcement

from isbe_bench import cli

# fmt: off
BAD = [
    # Bare words
    ('train', 'train: did you mean task=train?'),
    ('timing', 'timing: did you mean task=timing?'),
    ('cifar10', 'cifar10: did you mean dataset=cifar10?'),
    ('isbe_sofmax', 'isbe_sofmax: did you mean loss=isbe_softmax?'),
    ('quick', 'quick: did you mean experiment=quick?'),
    ('seed', 'seed: did you mean seed=VALUE?'),
    ('arch', 'arch: did you mean arch=CHOICE?'),
    ('arch n1', 'arch: did you mean arch=CHOICE?'),
    ('tabels', 'tabels: did you mean tables?'),
    ('1', '1: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ('null', 'null: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ('{}', '{}: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ('[]', '[]: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ('-', '-: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ('arch:n1', 'arch:n1: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    ("'seed : 1'", 'seed : 1: allowed is a command (publish, tables, figures, report, records, samples, status or compare), GROUP=CHOICE or KEY=VALUE'),
    # Options
    ('--foo', '--foo: unknown option; isbe-bench --hydra-help lists them'),
    ('--foo=1 seed=1', '--foo=1: unknown option; isbe-bench --hydra-help lists them'),
    ('-x', '-x: unknown option; isbe-bench --hydra-help lists them'),
    ('--c', '--c: unknown option; isbe-bench --hydra-help lists them'),
    ('--cfg', '--cfg/-c: allowed is job, hydra or all'),
    ('--cfg nope', '--cfg/-c: allowed is job, hydra or all'),
    ('-m --cfg job', 'the command line cannot be read (Only one of --run, --multirun, --cfg, --info and --shell_completion'),
    ('--run --multirun', 'the command line cannot be read (Only one of --run, --multirun, --cfg, --info and --shell_completion'),
    ('--resolve', 'the command line cannot be read (The --resolve flag can only be used in conjunction with'),
    ('--package', '--package/-p: expected one argument'),
    ('--config-dir', '--config-dir/-cd: expected one argument'),
    ('--config-dir /nowhere', '--config-dir /nowhere: allowed is an existing folder'),
    ('--config-name nope', '--config-name nope: no such file; allowed is config'),
    ('--config-path /nowhere', '--config-path /nowhere: allowed is an existing folder'),
    ('--info nope', '--info/-i: allowed is all, config, defaults, defaults-tree, plugins or searchpath'),
    ('-sc install=fish2', "the command line cannot be read (No completion plugin for 'fish2' found, available : bash"),
    ('--experimental-rerun nope', '--experimental-rerun: unknown option; isbe-bench --hydra-help lists them'),
    # Overrides that cannot be read
    ('=1', '=1: has no key; allowed is KEY=VALUE, with quotes around other signs than letters, digits'),
    ('==', '==: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('=', '=: has no key; allowed is KEY=VALUE, with quotes around other signs than letters, digits'),
    ('@=1', '@=1: has no key; allowed is KEY=VALUE, with quotes around other signs than letters, digits'),
    ("seed=\\'", "seed=': cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,"),
    ('"\'seed=1"', "'seed=1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,"),
    ('\'seed="a\'', 'seed="a: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed=1]'", 'seed=1]: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed=[1'", 'seed=[1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed={a:1'", 'seed={a:1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed=(1)'", 'seed=(1): cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed=${'", 'seed=${: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("'seed=${}'", 'seed=${}: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('é=1', 'é=1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('seed=é', 'seed=é: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('.seed=1', '.seed=1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('seed.=1', 'seed.=1: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('seed=1=2', 'seed=1=2: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ('results_dir=a=b', 'results_dir=a=b: cannot be read; allowed is KEY=VALUE, with quotes around other signs'),
    ("'seed=1\n2'", 'seed=1 2: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    # Overrides that contradict one another
    ('seed=0 seed=1', 'seed=1: seed is set already, by seed=0; allowed is once'),
    ('arch=n0 arch=n1', 'arch=n1: arch is set already, by arch=n0; allowed is once'),
    ('seed=0 ++seed=1', '++seed=1: seed is set already, by seed=0; allowed is once'),
    ('seed=0 ~seed', '~seed: seed is set already, by seed=0; allowed is once'),
    ('-m seed=0,1 seed=2', 'seed=2: seed is set already, by seed=0,1; allowed is once'),
    # Groups
    ('arch=null', 'arch=null: allowed is n0, n1, n1r or vgg16'),
    ('arch={}', 'arch={}: allowed is n0, n1, n1r or vgg16'),
    ('arch=[]', 'arch=[]: allowed is n0, n1, n1r or vgg16'),
    ('arch=[n0,n1]', 'arch=[n0,n1]: allowed is n0, n1, n1r or vgg16'),
    ('arch=3', 'arch=3: allowed is n0, n1, n1r or vgg16'),
    ('arch=true', 'arch=true: allowed is n0, n1, n1r or vgg16'),
    ('arch=', 'arch=: allowed is n0, n1, n1r or vgg16'),
    ('arch=N0', 'arch=N0: allowed is n0, n1, n1r or vgg16'),
    ('arch=../loss/ce_mean', 'arch=../loss/ce_mean: allowed is n0, n1, n1r or vgg16'),
    ('arch=/n1', 'arch=/n1: allowed is n0, n1, n1r or vgg16'),
    ('arch=n1.yaml', 'arch=n1.yaml: allowed is n0, n1, n1r or vgg16'),
    ('task=null', 'task=null: allowed is head, theory, timing or train'),
    ('task={}', 'task={}: allowed is head, theory, timing or train'),
    ('task=[train,timing]', 'task=[train,timing]: allowed is head, theory, timing or train'),
    ('task=learn', 'task=learn: allowed is head, theory, timing or train'),
    ('loss=null', 'loss=null: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid,'),
    ('loss={}', 'loss={}: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid,'),
    ('loss=[isbe_tanh]', 'loss=[isbe_tanh]: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid,'),
    ('loss=mse', 'loss=mse: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid,'),
    ('loss="\'isbe tanh\'"', 'loss=isbe tanh: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid,'),
    ('loss="\'é\'"', 'loss=é: allowed is ce_mean, ce_none, ce_sum, isbe_dilated_softmax, isbe_hardsigmoid, isbe_hardtanh,'),
    ('dataset=null', 'dataset=null: allowed is cifar10, cifar100, digits, image_folder or mnist'),
    ('device={}', 'device={}: allowed is auto, cpu or cuda'),
    ('device=gpu', 'device=gpu: allowed is auto, cpu or cuda'),
    ('optimizer=null', 'optimizer=null: allowed is adam'),
    ('experiment={}', 'experiment={}: allowed is figure1, figure2, figure3, figure4, figure6, figure7, figure8,'),
    ('experiment=quik', 'experiment=quik: allowed is figure1, figure2, figure3, figure4, figure6, figure7, figure8,'),
    ('experiment=[quick,figure1]', 'experiment=[quick,figure1]: allowed is one experiment a command'),
    ('hydra/launcher=nope', 'hydra/launcher=nope: allowed is basic'),
    # Prefixes and packages
    ('+experiment=quick', '+experiment=quick: allowed is experiment=CHOICE, without +'),
    ('+arch=n1', '+arch=n1: allowed is arch=CHOICE, without +'),
    ('++arch=n1', '++arch=n1: allowed is arch=CHOICE, without +'),
    ('~arch', '~arch: a run needs it; allowed is arch=n0, n1, n1r or vgg16'),
    ('~task', '~task: a run needs it; allowed is task=head, theory, timing or train'),
    ('~seed', 'seed: missing'),
    ('~seed=5', "~seed=5: The value of 'seed' is 0 and not 5; allowed is KEY=VALUE"),
    ('~nothing', "~nothing: 'nothing' does not exist; allowed is KEY=VALUE"),
    ('~optimizer.lr', 'optimizer.lr: missing'),
    ('+seed=1', '+seed: seed is set already; allowed is seed=VALUE'),
    ('+foo=1', 'foo=1: unknown key; known are task, device, seed, results_dir, force, plan, arch, dataset, loss,'),
    ('+train.foo=1', 'train.foo=1: unknown key; known are epochs, batch_size'),
    ('+arch.name.x=1', 'arch.name={x:1}: allowed is n0, n1, n1r or vgg16'),
    ('+loss._target_=os.system', 'loss.name=ce_mean: allowed is a name of letters, digits, _ and -, other than ce_mean, ce_none, ce_sum, isbe_hardsigmoid,'),
    ('+arch@foo=n1', '+arch@foo=n1: allowed is arch=CHOICE, without +'),
    ('+dataset.root.x=1', 'dataset.root={x:1}: allowed is a path'),
    # Interpolations
    ("'seed=${foo}'", 'seed=${foo}: cannot be resolved; allowed is a value, or ${KEY} of a key that has one'),
    ("'seed=${seed}'", 'seed=${seed}: cannot be resolved; allowed is a value, or ${KEY} of a key that has one'),
    ("'seed=${oc.env:NOPE}'", 'seed=${oc.env:NOPE}: cannot be resolved; allowed is a value, or ${KEY} of a key that has one'),
    ("'train.epochs=${loss}'", 'train.epochs={name:ce_mean,label_smoothing:0.0}: allowed is an integer, 1 or more'),
    ("'loss.name=${arch}'", 'loss.name={name:n0,batch_norm:true,bias:false,pooling:flatten}: allowed is ce_mean, ce_none,'),
    ('seed=???', 'seed: must be set; allowed is seed=VALUE'),
    # Unknown keys
    ('foo=1', 'foo=1: unknown key; task=train does not know it'),
    ('train.epoch=3', 'train.epoch=3: unknown key; did you mean epochs?'),
    ('train.epochs.x=3', 'train.epochs.x=3: unknown key; train.epochs has none'),
    ('loss.implementation=function', 'loss.implementation=function: unknown key; known are name, label_smoothing'),
    ('dataset.fingerprint=abc', 'dataset.fingerprint=abc: unknown key; known are name, format, root, download, validation_fraction,'),
    ('timing.rounds=3', 'timing.rounds=3: unknown key; task=train does not know it'),
    ('task=timing timing.modes=[1]', 'timing.modes=[1]: unknown key; known are losses, processes, rounds, warmup, batch_size, engine'),
    ('task=timing loss=isbe_tanh', 'loss=isbe_tanh: unknown key; task=timing does not know it'),
    ('task=head arch=n1', 'arch=n1: unknown key; task=head does not know it'),
    ('task=head experiment=quick', 'experiment=quick: sets arch, which task=head does not know'),
    ('task=theory dataset=mnist', 'dataset=mnist: unknown key; task=theory does not know it'),
    ('hydra.foo=1', 'hydra.foo=1: unknown key; known are run, sweep, launcher, sweeper, help, hydra_help, hydra_logging,'),
    # Values
    ('seed=', 'seed=: allowed is an integer, 0 to 4294967295'),
    ('seed=-1', 'seed=-1: allowed is an integer, 0 to 4294967295'),
    ('seed=1.5', 'seed=1.5: allowed is an integer, 0 to 4294967295'),
    ('seed=true', 'seed=true: allowed is an integer, 0 to 4294967295'),
    ('seed="\'0\'"', "seed='0': allowed is an integer, 0 to 4294967295"),
    ('seed=4294967296', 'seed=4294967296: allowed is an integer, 0 to 4294967295'),
    ('force=1', 'force=1: allowed is true or false'),
    ('results_dir=', 'results_dir=: allowed is a path'),
    ('results_dir=/dev/null/x', 'results_dir=/dev/null/x: cannot be written, because /dev/null is a file; allowed is a'),
    ('train=3', 'train=3: allowed is a group with the keys epochs, batch_size'),
    ('train=null', 'train=null: allowed is a group with the keys epochs, batch_size'),
    ('train=[1]', 'train=[1]: allowed is a value of the kind that stands there'),
    ('train.epochs=0', 'train.epochs=0: allowed is an integer, 1 or more'),
    ('train.batch_size=1294', 'train.batch_size=1294: allowed is 1 to 1293, the number of training images'),
    ('arch.bias=1', 'arch.bias=1: allowed is true or false'),
    ('arch.pooling=max', 'arch.pooling=max: allowed is flatten or average'),
    ('dataset=image_folder', 'dataset.root: must be set; allowed is dataset.root=VALUE'),
    ('dataset=image_folder dataset.root=/nowhere', 'dataset.root=/nowhere: has no folder train/; allowed is a folder with train/ and test/'),
    ('dataset.augmentation=5', 'dataset.augmentation=5: allowed is a group with the keys enabled, degrees, translate,'),
    ('dataset.augmentation.degrees=-1', 'dataset.augmentation.degrees=-1: allowed is a number, 0 or more'),
    ('dataset.validation_fraction=0.6', 'dataset.validation_fraction=0.6: allowed is a number above 0 and at most 0.5'),
    ('device.name=[cpu]', 'device.name=[cpu]: allowed is auto, cpu or cuda'),
    ('device.threads=2.0', 'device.threads=2.0: allowed is an integer, 1 to 1024, or null'),
    ('loss.name=ce', 'loss.name=ce: allowed is ce_mean, ce_none, ce_sum, isbe_hardsigmoid, isbe_hardtanh, isbe_sigmoid,'),
    ('loss=isbe_tanh loss.blur_amount=0.4', 'loss.blur_amount=0.4: allowed is less than 0.1 with 10 classes and loss.blur=appendix_b'),
    ('loss=isbe_dilated_softmax loss.dilation=[1,2]', 'loss.dilation=[1,2]: holds 2; allowed is one number above 0, or a list of 10, one for'),
    ('optimizer.lr=0', 'optimizer.lr=0: allowed is a number above 0'),
    ('optimizer.lr=1e400', 'optimizer.lr=inf: allowed is a number above 0'),
    ('arch=vgg16', 'arch.name=vgg16: cannot take images of 28x28 pixels; allowed is 32x32 or larger'),
    ('task=timing timing.losses=ce_mean', 'timing.losses=ce_mean: allowed is a list, [A,B], of one or more different of ce_mean,'),
    ('task=timing timing.engine=graph device=cpu', 'timing.engine=graph: needs CUDA, and the device is cpu; allowed is eager'),
    ('task=head head.ways=[mse]', 'head.ways=[mse]: allowed is a list, [A,B], of one or more different of ce_mean, ce_none,'),
    ('task=head head.ways=[ce_liger] device=cpu', "head.ways=ce_liger: Liger's kernels need CUDA; allowed is null, for all that this machine has"),
    ('task=head head.sizes=[10]', 'head.sizes[0]=10: allowed is a group with the keys classes, batch_size, rounds'),
    ("task=head 'head.sizes=[{classes:10,batch_size:4}]'", 'head.sizes[0].rounds: missing'),
    ('task=theory theory.classes=[1]', 'theory.classes=[1]: allowed is a list, [A,B], of one or more different values, each an'),
    # Sweeps
    ('seed=0,1', 'seed=0,1: allowed is one value, or several in a sweep, with -m'),
    ('arch=n0,n1', 'arch=n0,n1: allowed is one value, or several in a sweep, with -m'),
    ("'seed=range(1,3)'", 'seed=range(1,3): allowed is one value, or several in a sweep, with -m'),
    ('-m seed=1,', 'seed=1,: cannot be read; allowed is KEY=VALUE, with quotes around other signs than letters,'),
    ("-m 'seed=range(3,0)'", 'the sweep holds no run: one of its lists of values is empty'),
    ("-m 'seed=range(a,b)'", 'seed=range(a,b): cannot be read; allowed is KEY=VALUE, with quotes around other signs'),
    ("-m 'seed=choice()'", 'seed=choice(): cannot be read; allowed is KEY=VALUE, with quotes around other signs than'),
    ("-m 'seed=interval(0,1)'", 'seed=interval(0,1): allowed is a list of values, seed=A,B'),
    ("-m 'seed=glob(*)'", 'the sweep holds no run: one of its lists of values is empty'),
    ("-m 'seed=foo(1)'", 'seed=foo(1): cannot be read; allowed is KEY=VALUE, with quotes around other signs than'),
    ("-m 'arch=range(1,3)'", 'arch=range(1,3): allowed is n0, n1, n1r or vgg16'),
    ('-m arch=n0,null', 'arch=n0,null: allowed is n0, n1, n1r or vgg16'),
    ('-m arch=n0,n7', 'arch=n7: allowed is n0, n1, n1r or vgg16'),
    ('-m train.batch_size=128,9999', 'train.batch_size=9999: allowed is 1 to 1293, the number of training images'),
    ('-m task=train,timing train.epochs=1', 'train.epochs=1: unknown key; task=train,timing does not know it'),
    ('-m experiment=quick,figure1', 'experiment=quick,figure1: allowed is one experiment a command'),
    # --- words on a results folder ---
    ('publish', 'RESULTS_DIR=results: allowed is a folder with runs/ or records/'),
    ('tables nowhere', 'RESULTS_DIR=nowhere: allowed is a folder with runs/ or records/'),
    ('figures --foo', 'unrecognized arguments: --foo; isbe-bench figures --help says what is allowed'),
    ('report a b', 'unrecognized arguments: b; isbe-bench report --help says what is allowed'),
    ('records seed=0', 'RESULTS_DIR=seed=0: allowed is a folder with runs/ or records/'),
    ('compare', 'the following arguments are required: A, B; isbe-bench compare --help says what is allowed'),
    ('compare a', 'the following arguments are required: B; isbe-bench compare --help says what is allowed'),
    ('compare a b c', 'unrecognized arguments: c; isbe-bench compare --help says what is allowed'),
    ('compare a b', 'A=a: allowed is a folder with runs/ or records/'),
    ('compare a b --csv c/d.csv', '--csv=c/d.csv: allowed is a file in a folder that exists'),
    ('compare a b --csv .', '--csv=.: allowed is a file in a folder that exists'),
    ('samples --data', 'argument --data: expected one argument; isbe-bench samples --help says what is allowed'),
    ('samples --data nowhere', '--data=nowhere: has neither MNIST/raw nor cifar-10-batches-py; allowed is a folder'),
]
# fmt: on
"""What is typed behind `isbe-bench`, and how the line begins that answers it."""

FOREIGN = re.compile(r"Hydra|OmegaConf|Traceback|Error\b|NoneType|<class|https?://")
"""Words of libraries, which say nothing to a user."""


def test_the_table_is_long_enough() -> None:
    assert len(dict(BAD)) == len(BAD) >= 150


@pytest.mark.parametrize(("typed", "answer"), BAD, ids=[typed for typed, _ in BAD])
def test_a_bad_command_line_is_answered_in_one_line(
    typed: str,
    answer: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["isbe-bench", *shlex.split(typed)])
    assert cli.main() == 1
    printed = capsys.readouterr()
    refusal = without_announcement(printed.err)
    assert refusal.startswith(f"isbe-bench: {answer}")
    assert refusal.count("\n") == 1
    assert not FOREIGN.search(refusal)
    assert not printed.out
    assert not list(tmp_path.iterdir())
