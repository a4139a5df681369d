"""Rounds whose order is balanced, with a declared warm-up."""

import gc
from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

import pytest

from isbe_bench.measuring import balanced_rounds


@pytest.mark.parametrize("count", [2, 3, 8, 9, 14])
def test_every_subject_has_every_position_and_follows_every_other_equally_often(count: int) -> None:
    rows = balanced_rounds.orders(count)
    times = 1 if count % 2 == 0 else 2
    assert all(sorted(row) == list(range(count)) for row in rows)
    assert len(rows) == times * count
    for position in range(count):
        assert Counter(row[position] for row in rows) == dict.fromkeys(range(count), times)
    neighbours = Counter(pair for row in rows for pair in pairwise(row))
    others = [(a, b) for a in range(count) for b in range(count) if a != b]
    assert neighbours == dict.fromkeys(others, times)


def test_all_subjects_run_once_a_round_and_the_warmup_is_marked() -> None:
    calls: list[tuple[str, int]] = []
    ended: list[int] = []

    def subject(name: str) -> balanced_rounds.Subject:
        def once(number: int) -> Mapping[str, float]:
            assert not gc.isenabled()
            calls.append((name, number))
            return {"phase": float(number)}

        return once

    samples = list(
        balanced_rounds.measure(
            {n: subject(n) for n in "abc"}, warmup=2, rounds=4, progress=ended.append
        )
    )
    assert gc.isenabled()
    assert [(each.subject, each.round) for each in samples] == calls
    assert ended == [1, 2, 3, 4, 5, 6]
    for number in range(6):
        in_round = [each for each in samples if each.round == number]
        assert sorted(each.subject for each in in_round) == ["a", "b", "c"]
        assert [each.position for each in in_round] == [0, 1, 2]
        assert {each.warmup for each in in_round} == {number < 2}
        assert {each.times_ms["phase"] for each in in_round} == {float(number)}


def test_consecutive_measures_one_subject_after_another() -> None:
    ended: list[int] = []
    subjects = {name: lambda number: {"phase": float(number)} for name in "ab"}
    samples = list(balanced_rounds.consecutive(subjects, 1, 3, ended.append))
    assert [each.subject for each in samples] == [*"aaaa", *"bbbb"]
    assert [each.round for each in samples] == [0, 1, 2, 3, 0, 1, 2, 3]
    assert [each.warmup for each in samples] == [True, False, False, False] * 2
    assert ended == [1, 2, 3, 4]


@pytest.mark.parametrize("order", [balanced_rounds.measure, balanced_rounds.consecutive])
def test_the_garbage_collector_comes_back_after_a_failure(order: balanced_rounds.Order) -> None:
    def fails(number: int) -> Mapping[str, float]:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        list(order({"a": fails}, 1, 1, lambda done: None))
    assert gc.isenabled()
