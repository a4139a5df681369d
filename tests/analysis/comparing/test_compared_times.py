"""Times in two results folders: differences against scipy, and verdicts by the A/A controls."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from isbe_bench.analysis.comparing import times
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.heads import Heads
from isbe_bench.analysis.timings import Timings
from isbe_bench.statistics.comparison import Comparison, with_totals

A = [1.0, 1.02, 0.99, 1.01, 1.0]
"""Factors of the total time by process."""


def timed(forward: dict[str, list[float]], disturbed: int = 0, backward: float = 1.0) -> Timings:
    """Timings with one round: forward ms by mode and process, and the same backward ms for all."""
    samples = pd.DataFrame(
        [
            ("run", process, 0, mode, ms, backward, 0)
            for mode, by_process in forward.items()
            for process, ms in enumerate(by_process)
        ],
        columns=["run", "process", "round", "mode", "forward_ms", "backward_ms", "warmup"],
    )
    where = {"dataset": "mnist", "net": "n0", "device": "a CPU", "settings": ""}
    return Timings(where, Comparison(with_totals(samples)), pd.DataFrame({"disturbed": [disturbed]}))


def modes(
    ratio: float, twin: float = 1.0, noise: float = 0.001, seed: int = 0
) -> dict[str, list[float]]:
    """Forward ms of `ce_mean`, of its twin and of `isbe_softmax`, as multiples with noise."""
    rng = np.random.default_rng(seed)

    def noisy(factor: float) -> list[float]:
        return [factor * (1 + noise * step) for step in rng.normal(size=5)]

    return {"ce_mean": noisy(1), "ce_mean@2": noisy(twin), "isbe_softmax": noisy(ratio)}


def timing(a: Timings, b: Timings, quantity: str, mode: str = "isbe_softmax") -> Difference:
    key = Key.of("timing", a.where, mode, "ce_mean")
    return {each.quantity: each for each in times.timing_differences(key, a, b)}[quantity]


def test_the_difference_of_tau_is_welchs_over_processes() -> None:
    a, b = timed(modes(1.0)), timed(modes(1.2, seed=1))
    tau = [[100 / (1 + ms) for ms in made["isbe_softmax"]] for made in (modes(1.0), modes(1.2, seed=1))]
    interval = stats.ttest_ind(tau[1], tau[0], equal_var=False).confidence_interval()
    found = timing(a, b, "tau")
    assert found.difference is not None
    assert found.difference.mean == pytest.approx(np.mean(tau[1]) - np.mean(tau[0]))
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(interval))
    assert (found.method, found.verdict, found.words, found.reference) == (
        "Welch",
        "less",
        "lower",
        None,
    )
    assert timing(b, a, "tau").words == "higher"


def test_the_difference_of_totals_is_in_points_of_percent() -> None:
    """A total that is 20% above the reference's in A, and 30% above it in B."""
    a, b = (timed(modes(ratio, seed=seed), backward=1e-9) for seed, ratio in enumerate((1.2, 1.3)))
    found = timing(a, b, "total_percent")
    percents = [
        [100 * (mode / ce - 1) for mode, ce in zip(made["isbe_softmax"], made["ce_mean"], strict=True)]
        for made in (modes(1.2, seed=0), modes(1.3, seed=1))
    ]
    interval = stats.ttest_ind(percents[1], percents[0], equal_var=False).confidence_interval()
    assert found.a.mean == pytest.approx(20, abs=0.2)
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(interval), rel=1e-3)
    assert found.difference.mean == pytest.approx(found.b.mean - found.a.mean)
    assert found.difference.mean == pytest.approx(10, abs=0.3)
    assert (found.words, found.reference) == ("higher", "ce_mean")


def test_verdicts_on_times_are_those_of_one_folder() -> None:
    def words(a: Timings, b: Timings) -> str:
        return timing(a, b, "total_percent").words

    sound = timed(modes(1.2))
    assert words(sound, timed(modes(1.2, seed=1))).startswith("same within 0.")
    assert words(sound, timed(modes(1.2, noise=0.1, seed=1))) == "too noisy"
    assert words(sound, timed(modes(1.206, seed=1))) == "higher (<1%)"
    twin_off = timed(modes(1.3, twin=1.1, seed=1))
    assert words(sound, twin_off) == words(twin_off, sound) == "untrusted"
    # Both folders' twins are off alike, so that their difference is not.
    assert words(timed(modes(1.3, twin=1.1)), twin_off) == "untrusted"
    disturbed = timed(modes(1.3, seed=1), disturbed=2)
    assert words(sound, disturbed) == words(disturbed, sound) == "untrusted"
    assert timing(sound, disturbed, "tau").disturbed == (0, 2)


def test_a_copied_measurement_is_called_identical() -> None:
    """Welch's interval is of independent processes, and these are the same."""
    a, b = timed(modes(1.2, noise=0.2)), timed(modes(1.2, noise=0.2))
    for quantity in ("tau", "total_percent"):
        found = timing(a, b, quantity)
        assert found.words == found.verdict == "identical"
        assert found.difference is not None
        assert (found.difference.mean, found.difference.low, found.difference.high) == (0, 0, 0)


def test_milliseconds_are_shown_without_a_verdict() -> None:
    slow = {mode: [3 * ms for ms in values] for mode, values in modes(1.2).items()}
    found = timing(timed(modes(1.2)), timed(slow, backward=3.0), "total_ms")
    assert found.ratio == pytest.approx(3)
    assert (found.difference, found.verdict, found.words) == (None, "", "")


def test_the_twin_is_compared_as_the_control_alone() -> None:
    a, b = timed(modes(1.2)), timed(modes(1.3, seed=1))
    key = Key.of("timing", a.where, "ce_mean@2", "ce_mean")
    found = {each.quantity: each for each in times.timing_differences(key, a, b)}
    assert "tau" not in found
    assert found["total_percent"].words == "A/A"


def heads(ways: dict[str, list[float]]) -> Heads:
    """Ways at one size with one round: ms by way and process."""
    samples = pd.DataFrame(
        [
            ("run", process, 0, way, ms, 1, 0, 0.0)
            for way, by_process in ways.items()
            for process, ms in enumerate(by_process)
        ],
        columns=["run", "process", "round", "mode", "gradient_ms", "peak_bytes", "warmup", "error"],
    )
    where = {"device": "a CPU", "settings": "", "classes": 10, "batch_size": 128}
    return Heads(where, samples, 0, "float32")


def test_heads_are_compared_against_the_first_way_and_against_a_copy() -> None:
    ways = {"ce_mean": A, "ce_mean@2": A[::-1], "copy": [0.1] * 5}
    direct, slower = [0.5, 0.51, 0.5, 0.5, 0.49], [0.55, 0.56, 0.55, 0.54, 0.55]
    a, b = heads(ways | {"isbe_direct": direct}), heads(ways | {"isbe_direct": slower})

    def head(way: str) -> dict[str, Difference]:
        key = Key.of("head", a.where, way, "ce_mean")
        return {each.quantity: each for each in times.head_differences(key, a, b)}

    found = head("isbe_direct")
    logs = stats.ttest_ind(np.log(slower), np.log(direct), equal_var=False).confidence_interval()
    floor = found["times_floor"]
    assert floor.difference is not None
    assert floor.difference.mean == pytest.approx(100 * (stats.gmean(slower) / stats.gmean(direct) - 1))
    assert floor.difference.low == pytest.approx(100 * (np.exp(logs.low) - 1))
    assert (floor.words, floor.reference) == ("higher", "copy")
    assert floor.a.mean == pytest.approx(stats.gmean(direct) / 0.1)
    change = found["change_percent"]
    assert change.difference is not None
    geometric = [stats.gmean(np.divide(each, A)) for each in (slower, direct)]
    assert change.difference.mean == pytest.approx(100 * (geometric[0] - geometric[1]))
    assert set(head("copy")) == {"gradient_ms"}
    assert set(head("ce_mean")) == {"gradient_ms", "times_floor"}
