"""Peak memory: what is held at once is counted."""

import pytest
import torch

from isbe_bench.measuring import memory

CPU = torch.device("cpu")


@pytest.mark.parametrize(
    ("work", "held"),
    [
        (lambda: torch.zeros(1000), 4000),
        (lambda: torch.zeros(1000) + torch.zeros(1000), 12000),  # two summands and their sum
        (lambda: torch.zeros(1000).add_(torch.zeros(1000)), 8000),
        (lambda: None, 0),
    ],
)
def test_the_peak_counts_what_is_held_at_once(work: object, held: int) -> None:
    assert callable(work)
    assert memory.peak_bytes(work, CPU) == pytest.approx(held, abs=100)
