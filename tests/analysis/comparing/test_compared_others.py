"""Other tasks in two results folders: checks of theorems, and tasks of the user's own."""

import pandas as pd
import pytest
from scipy import stats

from isbe_bench.analysis.comparing import others
from isbe_bench.analysis.comparing.difference import Difference, Key
from isbe_bench.analysis.others import OtherRuns


@pytest.mark.parametrize(
    ("value", "holds", "verdict", "words"),
    [
        (1e-12, 1, "identical", "identical"),
        (2e-12, 1, "same outcome", "same outcome"),
        (2e-3, 0, "other outcome", "A holds, B does not hold"),
    ],
)
def test_checks_of_theorems(value: float, holds: int, verdict: str, words: str) -> None:
    key = Key.of("theory", {"statement": "theorem1", "classes": 2}, "ce")
    a, b = {"value": 1e-12, "holds": 1}, {"value": value, "holds": holds}
    (found,) = others.check_differences(key, a, b)
    assert (found.verdict, found.words) == (verdict, words)
    assert found.difference is not None
    assert found.difference.mean == value - 1e-12


def test_tasks_of_the_users_own_get_an_interval_and_no_verdict() -> None:
    def runs(values: list[float]) -> OtherRuns:
        rows = [(f"run{number}", "layer", value) for number, value in enumerate(values)]
        return OtherRuns(
            "theory", {"settings": ""}, pd.DataFrame(rows, columns=["run", "statement", "value"])
        )

    def difference(a: list[float], b: list[float]) -> Difference:
        key = Key.of("theory", {"settings": ""}, "layer")
        (found,) = others.own_differences(key, runs(a), runs(b))
        return found

    found = difference([1.0, 2.0, 3.0], [3.0, 5.0])
    interval = stats.ttest_ind([3.0, 5.0], [1.0, 2.0, 3.0], equal_var=False).confidence_interval()
    assert found.difference is not None
    assert (found.difference.low, found.difference.high) == pytest.approx(tuple(interval))
    assert (found.method, found.words) == ("Welch", "")
    assert difference([1.0], [2.0]).method == ""
    assert difference([1.0, 2.0], [1.0, 2.0]).words == "identical"
