"""The verdicts: each comes out right where the truth is known, and none on too few runs."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from conftest import Make, MakeTheory, MakeTiming
from recorded import leave, record, record_times

from isbe_bench.analysis import Analysis
from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.losses import ISBE, MODES
from isbe_bench.execution import run
from isbe_bench.publication import claims
from isbe_bench.publication.claim import Claim

MNIST = ("dataset=mnist",)
CIFAR10 = ("dataset=cifar10", "arch=vgg16")
Claims = Callable[[], dict[str, Claim]]


@pytest.fixture
def judged(tmp_path: Path) -> Claims:
    """All claims of what was recorded, by their titles."""
    return lambda: {claim.title: claim for claim in claims.make(Analysis(collect(tmp_path / "results")))}


def trained(
    make_config: Make, alphas: dict[str, float], *overrides: str, seeds: int = 6, spread: float = 0.01
) -> None:
    """Each mode's runs end at its alpha, a little above or below by seed."""
    rng = np.random.default_rng(0)
    for mode, alpha in alphas.items():
        config = make_config("train.epochs=3", *MNIST, f"loss={mode}", *overrides)
        for seed in range(seeds):
            leave(config.model_copy(update={"seed": seed}), alpha + spread * float(rng.normal()))


def test_without_runs_nothing_is_measured_and_each_claim_says_what_to_run(judged: Claims) -> None:
    made = judged()
    assert Counter(claim.source for claim in made.values()) == {"skarbek": 38, "zhu": 12, "tomasi": 6}
    for claim in made.values():
        assert (claim.verdict, claim.findings) == ("not measured", ())
        assert claim.basis.runs == "none"
        assert claim.basis.commands
        assert all(command.startswith("isbe-bench ") for command in claim.basis.commands)


@pytest.mark.parametrize(
    ("alpha", "spread", "verdict"),
    [
        (95.0, 0.01, "holds"),
        (95.2, 0.01, "holds"),
        (94.8, 0.01, "does not hold"),
        (94.98, 0.5, "undecided"),
    ],
)
def test_accuracy_not_below(
    make_config: Make, judged: Claims, alpha: float, spread: float, verdict: str
) -> None:
    trained(make_config, {"ce_mean": 95.0, "isbe_tanh": alpha}, spread=spread)
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert claim.verdict == verdict
    assert claim.basis.runs == "12 trainings"
    assert "over 6 pairs, margin 0.1" in claim.findings[0].evidence
    assert "loss=ce_mean,isbe_tanh seed=0,1,2,3,4,5 arch=n0 dataset=mnist" in claim.basis.commands[0]
    assert judged()["softmax: accuracy not below cross-entropy"].verdict == "not measured"


def test_five_seeds_are_too_few(make_config: Make, judged: Claims) -> None:
    trained(make_config, dict.fromkeys(MODES, 99.4), seeds=5)
    for claim in judged().values():
        assert claim.verdict == ("undecided" if claim.findings else "not measured")
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert claim.findings[0].where == "n0 on mnist (3 epochs)"
    assert claim.findings[0].lacking.startswith("too few runs, 5 of 6 seeds; about 1 more seed ")


def test_a_verdict_rests_on_pairs_alone(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 99.4})
    record(make_config, 10.0, *MNIST, "loss=isbe_tanh", "seed=9")  # without a partner
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert (claim.verdict, claim.basis.runs) == ("holds", "12 trainings")
    assert "9" not in claim.basis.commands[0].partition("seed=")[2].partition(" ")[0]


def test_runs_under_other_settings_do_not_decide(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 99.4})
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 50.0}, "optimizer.lr=0.5", seeds=3)
    assert judged()["tanh: accuracy not below cross-entropy"].verdict == "holds"


def test_digits_are_not_what_the_paper_claims_of(make_config: Make, judged: Claims) -> None:
    trained(make_config, dict.fromkeys(MODES, 99.0), "dataset=digits")
    assert {claim.verdict for claim in judged().values()} == {"not measured"}


def test_a_claim_that_fails_on_one_net_does_not_hold(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 99.4})
    trained(make_config, {"ce_mean": 99.6, "isbe_tanh": 99.0}, "arch=n1")
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert claim.verdict == "does not hold"
    assert claim.basis.runs == "24 trainings"


@pytest.mark.parametrize(("softmax", "verdict"), [(99.4, "holds"), (99.3, "does not hold")])
def test_none_is_softmax_where_counts_are_identical(
    make_config: Make, judged: Claims, softmax: float, verdict: str
) -> None:
    trained(make_config, {"ce_none": 99.4, "isbe_softmax": softmax}, spread=0.0)
    claim = judged()["Reduction none behaves exactly like ISBE with softmax"]
    assert claim.verdict == verdict
    assert f"in {6 if verdict == 'holds' else 0} of 6 seeds" in claim.findings[0].evidence


@pytest.mark.parametrize(
    ("cross_entropy", "verdict"), [(99.6, "holds"), (99.4, "undecided"), (99.2, "does not hold")]
)
def test_mean_and_sum_against_softmax(
    make_config: Make, judged: Claims, cross_entropy: float, verdict: str
) -> None:
    trained(
        make_config,
        {"ce_mean": cross_entropy, "ce_sum": cross_entropy, "isbe_softmax": 99.4},
        spread=0.03,
    )
    assert judged()["Mean and sum are slightly better than softmax"].verdict == verdict


@pytest.mark.parametrize(
    ("n1", "n1r", "above", "relocation"),
    [(99.6, 99.6, "holds", "holds"), (99.4, 99.8, "does not hold", "does not hold")],
)
def test_between_nets(
    make_config: Make, judged: Claims, n1: float, n1r: float, above: str, relocation: str
) -> None:
    for net, alpha in {"n0": 99.4, "n1": n1, "n1r": n1r}.items():
        trained(make_config, {"ce_mean": alpha, "isbe_tanh": alpha}, f"arch={net}", spread=0.02)
    made = judged()
    assert made["N1 is better than N0"].verdict == above
    assert made["N1 is better than N0"].basis.runs == "24 trainings"
    assert made["Relocation (N1r) makes no difference"].verdict == relocation


@pytest.mark.parametrize(("alpha", "verdict"), [(40.0, "holds"), (99.0, "does not hold")])
def test_normalize(make_config: Make, judged: Claims, alpha: float, verdict: str) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_normalize": alpha})
    claim = judged()["With normalize as activation, training does not converge"]
    assert claim.verdict == verdict
    assert claim.basis.runs == "12 trainings"


@pytest.mark.parametrize(("jitter", "verdict"), [(0.02, "holds"), (0.5, "does not hold")])
def test_the_last_epochs(make_config: Make, judged: Claims, jitter: float, verdict: str) -> None:
    for mode in ("ce_mean", *ISBE):
        config = make_config("train.epochs=12", *MNIST, f"loss={mode}")
        for seed in range(6):
            own = (0.1 if mode == "ce_mean" else jitter) * (1 + 0.1 * seed)
            leave(config.model_copy(update={"seed": seed}), 99.0, jitter=own)
    claim = judged()["The last epochs vary less under ISBE"]
    assert claim.verdict == verdict
    assert claim.basis.runs == "36 trainings"


@pytest.mark.parametrize(("tanh", "verdict"), [(1.0, "holds"), (0.05, "does not hold")])
def test_clusters_of_losses(make_config: Make, judged: Claims, tanh: float, verdict: str) -> None:
    levels = {"ce": 0.2, "isbe": 0.05, "tanh": tanh, "hardtanh": 1.0}
    for mode in MODES:
        group, _, name = mode.partition("_")
        config = make_config("train.epochs=6", *MNIST, f"loss={mode}")
        for seed in range(6):
            own = levels.get(name, levels[group]) * (1 + 0.01 * seed + 0.01 * MODES.index(mode))
            leave(config.model_copy(update={"seed": seed}), 99.0, losses=[own] * 6)
    assert judged()["Loss curves form clusters"].verdict == verdict


def test_a_short_training_says_nothing_of_epoch_30(make_config: Make, judged: Claims) -> None:
    trained(make_config, dict.fromkeys(("ce_mean", "isbe_tanh"), 80.0), *CIFAR10)
    (rises,) = (claim for title, claim in judged().items() if "rises from about epoch 30" in title)
    assert rises.verdict == "undecided"
    assert "3 epochs show no trend from epoch 30 on" in rises.findings[0].lacking


@pytest.mark.parametrize(("slope", "verdict"), [(0.001, "holds"), (-0.001, "does not hold")])
def test_the_rise_of_the_test_loss(
    make_config: Make, judged: Claims, slope: float, verdict: str
) -> None:
    for mode in ("ce_mean", *ISBE):
        config = make_config("train.epochs=70", *CIFAR10, f"loss={mode}")
        for seed in range(6):
            own = (slope if mode == "ce_mean" else -0.001) * (1 + 0.05 * seed)
            losses = [0.5 + own * max(0, epoch - 30) for epoch in range(70)]
            leave(config.model_copy(update={"seed": seed}), 80.0, losses=losses)
    (rises,) = (claim for title, claim in judged().items() if "rises from about epoch 30" in title)
    assert rises.verdict == verdict


def test_times(make_timing: MakeTiming, judged: Claims) -> None:
    """Every ISBE mode moves work forward, and none of it saves anything; the function costs more."""
    losses = f"timing.losses=[{','.join(MODES)},isbe_softmax:function]"
    forward = dict.fromkeys(ISBE, 4.6 / 4) | {"isbe_softmax:function": 1.3}
    backward = dict.fromkeys(ISBE, 5.4 / 6) | {"isbe_softmax:function": 0.95}
    record_times(make_timing, losses, forward=forward, backward=backward)
    made = judged()
    assert made["tau is lower under ISBE"].verdict == "holds"
    assert made["tau falls by up to 3 points"].verdict == "holds"
    assert made["Forward and backward together take less time"].verdict == "does not hold"
    assert made["As autograd function, ISBE takes slightly more time"].verdict == "holds"
    assert {made[title].basis.runs for title in list(made)[9:13]} == {"5 processes"}


@pytest.mark.parametrize(("backward", "verdict"), [(1.0, "undecided"), (1.1, "does not hold")])
def test_a_tau_that_does_not_fall_to_be_seen_is_no_contradiction(
    make_timing: MakeTiming, judged: Claims, backward: float, verdict: str
) -> None:
    record_times(make_timing, backward={"isbe_softmax": backward})
    claim = judged()["tau is lower under ISBE"]
    assert claim.verdict == verdict


def test_the_largest_fall_of_tau_is_that_of_the_mean(make_timing: MakeTiming, judged: Claims) -> None:
    record_times(make_timing, backward={"isbe_tanh": 0.95})
    assert "(isbe_tanh against ce_mean)" in judged()["tau falls by up to 3 points"].findings[0].evidence


@pytest.mark.parametrize(("forward", "verdict"), [(1.0, "undecided"), (0.9, "does not hold")])
def test_a_function_that_costs_nothing_to_be_seen_is_no_contradiction(
    make_timing: MakeTiming, judged: Claims, forward: float, verdict: str
) -> None:
    losses = f"timing.losses=[{','.join(MODES)},isbe_softmax:function]"
    record_times(make_timing, losses, forward={"isbe_softmax:function": forward})
    claim = judged()["As autograd function, ISBE takes slightly more time"]
    assert claim.verdict == verdict


def test_times_that_cannot_be_trusted_decide_nothing(make_timing: MakeTiming, judged: Claims) -> None:
    record_times(make_timing, backward=dict.fromkeys(ISBE, 0.5), disturbed=5)
    claim = judged()["Forward and backward together take less time"]
    assert claim.verdict == "undecided"
    assert "measure again on an idle machine" in claim.findings[0].lacking


def test_theorems(make_theory: MakeTheory, judged: Claims) -> None:
    run.execute(make_theory("theory.classes=[2,5]", "theory.samples=60"))
    verdicts = [claim.verdict for claim in list(judged().values())[:9]]
    assert verdicts[:5] == ["holds", "does not hold", "holds", "does not hold", "holds"]
    assert verdicts[5:] == ["holds", "does not hold", "holds", "does not hold"]
    claim = judged()["Theorem 1, the gradient identity"]
    assert claim.basis.runs == "120 random draws in float64"
    assert any("theorem1.4c" in finding.where for finding in claim.findings)


def test_noise_that_reaches_three_points_is_no_saving_of_three(
    make_timing: MakeTiming, judged: Claims
) -> None:
    record_times(make_timing, noise=0.3)
    assert judged()["tau falls by up to 3 points"].verdict == "undecided"


def test_a_trial_of_a_few_rounds_does_not_decide(make_timing: MakeTiming, judged: Claims) -> None:
    record_times(make_timing)
    record_times(make_timing, "seed=1")
    record_times(make_timing, "timing.batch_size=32", backward=dict.fromkeys(ISBE, 0.5))
    claim = judged()["Forward and backward together take less time"]
    assert (claim.verdict, claim.basis.runs) == ("does not hold", "10 processes")
    assert "batch_size" not in " ".join(claim.basis.commands)


def test_a_verdict_rests_on_the_nets_that_decide(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 99.4})
    trained(make_config, {"ce_mean": 99.4, "isbe_tanh": 99.4}, "arch=n1", seeds=1)
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert [finding.verdict for finding in claim.findings] == ["holds", "undecided"]
    assert (claim.verdict, claim.basis.runs) == ("holds", "12 trainings")


def test_trainings_of_other_lengths_are_not_compared(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4})
    trained(make_config, {"ce_mean": 99.9, "isbe_normalize": 10.0}, "train.epochs=9", "arch=n1")
    trained(make_config, {"isbe_normalize": 10.0}, "train.epochs=9")
    made = judged()
    nets = made["N1 is better than N0"]
    assert (nets.verdict, nets.basis.runs) == ("undecided", "none")
    assert nets.findings[0].evidence == "trained for 9 epochs and for 3 epochs"
    assert nets.basis.commands == ["isbe-bench experiment=table3_alpha arch=n0 train.epochs=9"]
    claim = made["With normalize as activation, training does not converge"]
    assert [finding.where for finding in claim.findings] == [
        "n1 on mnist (9 epochs)",
        "n0 on mnist (9 epochs)",
    ]
    assert [finding.verdict for finding in claim.findings] == ["holds", "undecided"]
    assert claim.findings[1].lacking == "ce_mean was not trained for 9 epochs"


def test_normalize_without_cross_entropy_of_its_length_says_what_would_decide(
    make_config: Make, judged: Claims
) -> None:
    trained(make_config, {"isbe_normalize": 10.0}, "train.epochs=9")
    claim = judged()["With normalize as activation, training does not converge"]
    assert (claim.verdict, claim.basis.runs) == ("undecided", "none")
    command = "isbe-bench experiment=normalize loss=ce_mean arch=n0 train.epochs=9"
    assert claim.basis.commands == [command]


def test_a_few_epochs_of_cifar_10_decide_nothing_of_its_curves(
    make_config: Make, judged: Claims
) -> None:
    trained(make_config, dict.fromkeys(MODES, 80.0), *CIFAR10)
    for title, claim in judged().items():
        if title.startswith("CIFAR-10"):
            assert claim.verdict == "undecided"
            assert "3 epochs" in claim.findings[0].lacking


def test_a_mode_with_fewer_seeds_costs_the_others_none(make_config: Make, judged: Claims) -> None:
    for net, alpha in (("n0", 99.4), ("n1", 99.6)):
        trained(make_config, {"ce_mean": alpha, "isbe_tanh": alpha}, f"arch={net}")
        record(make_config, alpha, *MNIST, f"arch={net}", "loss=isbe_softmax")
    claim = judged()["N1 is better than N0"]
    assert (claim.verdict, claim.basis.runs) == ("holds", "24 trainings")


@pytest.mark.parametrize(
    "title", ["CIFAR-10: better convergence than cross-entropy", "CIFAR-10: the test loss"]
)
def test_noise_decides_nothing_on_cifar10(make_config: Make, judged: Claims, title: str) -> None:
    rng = np.random.default_rng(3)
    for mode in ("ce_mean", *ISBE):
        config = make_config("train.epochs=60", *CIFAR10, f"loss={mode}")
        for seed in range(6):
            losses = (0.5 + 0.1 * rng.random(60)).tolist()
            leave(config.model_copy(update={"seed": seed}), 80 + 3 * float(rng.normal()), losses=losses)
    (claim,) = (claim for each, claim in judged().items() if each.startswith(title))
    assert claim.verdict == "undecided"
    assert claim.basis.runs == "36 trainings"


# --- what is lacking -----------------------------------------------------------------------------


def test_an_undecided_claim_says_how_many_more_seeds_and_trains_them(
    make_config: Make, judged: Claims
) -> None:
    trained(make_config, {"ce_mean": 95.0, "isbe_tanh": 94.98}, spread=0.1)
    claim = judged()["tanh: accuracy not below cross-entropy"]
    (finding,) = claim.findings
    assert (claim.verdict, finding.shortage is None) == ("undecided", False)
    assert finding.shortage
    assert finding.shortage.need
    test, more = finding.shortage.need.test, finding.shortage.more
    assert (test.low, test.level, test.seen.count) == (-0.1, 0.05, 6)
    assert test.power(6 + more - 1) < 0.8 <= test.power(6 + more)
    assert f"about {more} more seeds would decide with 80% power, expected: holds" in finding.lacking
    seeds = ",".join(map(str, range(6, 6 + more)))
    (command,) = finding.shortage.commands
    assert command.startswith(f"isbe-bench -m loss=ce_mean,isbe_tanh seed={seeds} arch=n0 dataset=mnist")


def test_the_seeds_of_a_command_decide(make_config: Make, judged: Claims) -> None:
    """Runs like those so far, as many as were asked for, make a verdict of it."""
    differences = np.array([-0.16, 0.04, -0.11, 0.09, -0.06, 0.02])
    for seed in range(18):
        for mode, alpha in (("ce_mean", 95.0), ("isbe_tanh", 95.0 + differences[seed % 6])):
            config = make_config("train.epochs=3", *MNIST, f"loss={mode}", f"seed={seed}")
            leave(config, alpha)
        if seed == 5:
            (finding,) = judged()["tanh: accuracy not below cross-entropy"].findings
            assert finding.verdict == "undecided"
            assert finding.shortage
            assert finding.shortage.more <= 12
    assert judged()["tanh: accuracy not below cross-entropy"].verdict == "holds"


def test_no_number_of_seeds_decides_what_lies_at_the_bound(make_config: Make, judged: Claims) -> None:
    for seed, sign in enumerate((1, -1) * 3):
        for mode in ("ce_mean", "ce_sum", "isbe_softmax"):
            alpha = 99.4 + (0.05 * sign if mode == "isbe_softmax" else 0)
            record(make_config, alpha, *MNIST, f"loss={mode}", f"seed={seed}")
    (finding,) = judged()["Mean and sum are slightly better than softmax"].findings
    assert "more than 100 more seeds" in finding.lacking
    assert finding.shortage
    assert finding.shortage.commands == []


def test_one_seed_shows_no_spread_but_that_of_the_other_modes_may_stand_in(
    make_config: Make, judged: Claims
) -> None:
    for mode in ("ce_mean", "isbe_tanh"):
        record(make_config, 99.4, *MNIST, f"loss={mode}")
    (finding,) = judged()["tanh: accuracy not below cross-entropy"].findings
    assert "at least 5 more seeds" in finding.lacking
    assert finding.shortage
    assert "seed=1,2,3,4,5 " in finding.shortage.commands[0]
    for seed in range(1, 6):
        record(make_config, 99.4 + 0.02 * seed, *MNIST, f"seed={seed}")  # of ce_mean alone
    (finding,) = judged()["tanh: accuracy not below cross-entropy"].findings
    assert "1 of 6 seeds; about " in finding.lacking


def test_modes_without_which_nothing_is_decided_are_named(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 99.4, "isbe_softmax": 99.4})
    (finding,) = judged()["More pluses than minuses in Table 4"].findings
    assert "6 seeds of isbe_hardsigmoid, isbe_hardtanh, isbe_sigmoid, isbe_tanh" in finding.lacking
    assert finding.shortage
    (command,) = finding.shortage.commands
    assert "loss=isbe_hardsigmoid,isbe_hardtanh,isbe_sigmoid,isbe_tanh seed=0,1,2,3,4,5" in command


def test_more_processes_are_runs_with_further_seeds(make_timing: MakeTiming, judged: Claims) -> None:
    losses = f"timing.losses=[{','.join(MODES)},isbe_softmax:function]"
    record_times(make_timing, losses, forward={"isbe_softmax:function": 1.05}, noise=0.02)
    (finding,) = judged()["As autograd function, ISBE takes slightly more time"].findings
    assert finding.verdict == "undecided"
    assert finding.shortage
    assert f"at least {finding.shortage.more} more process" in finding.lacking
    (command,) = finding.shortage.commands
    assert command.startswith("isbe-bench -m task=timing arch=")
    seeds = command.partition("seed=")[2].split(",")
    assert seeds[0] == "1"
    assert len(seeds) == -(-finding.shortage.more // 5)  # runs of five processes


# --- other nets than the paper's -----------------------------------------------------------------


def test_any_net_on_cifar_10_counts_under_its_own_name(make_config: Make, judged: Claims) -> None:
    trained(make_config, {"ce_mean": 93.9, "isbe_tanh": 90.0}, "dataset=cifar10", "arch=resnet18")
    claim = judged()["tanh: accuracy not below cross-entropy"]
    assert claim.verdict == "does not hold"
    (finding,) = claim.findings
    assert finding.where == "resnet18 on cifar10 (3 epochs), not the paper's vgg16"
    made = judged()
    for title in ("the best results are near 93 %", "an almost perfect fit of the training images"):
        assert made[f"CIFAR-10: {title}"].verdict == "not measured"


def test_trials_of_another_net_decide_nothing(make_config: Make, judged: Claims) -> None:
    for rate in (0.1, 0.2, 0.3):
        overrides = ("dataset=cifar10", "arch=resnet18", f"optimizer.lr={rate}")
        trained(make_config, {"ce_mean": 93.9, "isbe_tanh": 90.0}, *overrides, seeds=1)
    trained(make_config, {"ce_mean": 93.9, "isbe_tanh": 90.0}, "dataset=cifar10", "arch=airbench")
    assert judged()["tanh: accuracy not below cross-entropy"].verdict == "not measured"


HARD = "CIFAR-10: hard versions are inferior"


def of_net(make_config: Make, net: str, hard: float) -> None:
    alphas = {"isbe_tanh": 93.0, "isbe_sigmoid": 92.9, "isbe_hardtanh": hard, "isbe_hardsigmoid": hard}
    trained(make_config, alphas, "dataset=cifar10", f"arch={net}", "train.epochs=30")


def test_a_claim_of_vgg_16_says_which_other_net_it_rests_on(make_config: Make, judged: Claims) -> None:
    of_net(make_config, "resnet18", 90.0)
    made = judged()
    assert HARD not in made
    assert made[f"{HARD} (by resnet18; the paper has vgg16)"].verdict == "holds"
    of_net(make_config, "vgg16", 95.0)
    claim = judged()[HARD]
    assert claim.verdict == "does not hold"  # its own net decides
    assert {finding.verdict for finding in claim.findings} == {"holds", "does not hold"}


def test_ten_epochs_are_a_whole_training_of_airbench(make_config: Make, judged: Claims) -> None:
    alphas = {"isbe_tanh": 93.0, "isbe_sigmoid": 92.9, "isbe_hardtanh": 90.0, "isbe_hardsigmoid": 90.0}
    for net in ("airbench", "resnet18"):
        trained(make_config, alphas, "dataset=cifar10", f"arch={net}", "train.epochs=10")
    claim = judged()[f"{HARD} (by airbench; the paper has vgg16)"]
    verdicts = {finding.other_net: finding.verdict for finding in claim.findings}
    assert verdicts == {"airbench": "holds", "resnet18": "undecided"}


def test_nets_are_compared_under_the_same_settings(make_config: Make, judged: Claims) -> None:
    """A group of other settings, which happens to come first, does not stand in for the usual one."""
    trained(make_config, {"ce_mean": 99.9}, "dataset.augmentation.enabled=false")
    trained(make_config, {"ce_mean": 99.4})
    trained(make_config, {"ce_mean": 99.6}, "arch=n1")
    assert judged()["N1 is better than N0"].verdict == "holds"
