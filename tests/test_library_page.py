"""The code of docs/library.md runs as it stands there."""

import re
from pathlib import Path

import pytest
import torch
from torch import nn

from isbe_bench.losses import heads

BLOCK = re.compile(r"^```python\n(.*?)^```$", re.DOTALL | re.MULTILINE)


@pytest.mark.slow
@pytest.mark.skipif(heads.missing("ce_compiled", "cpu") is not None, reason="needs a C++ compiler")
@pytest.mark.filterwarnings("ignore")  # of the compiler
def test_every_block_runs(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # for results/cpu
    torch.manual_seed(0)
    torch.compiler.reset()
    network = nn.Linear(6, 4)
    images = torch.randn(8, 6)
    labels = torch.arange(8) % 4
    names = {
        "network": network,
        "optimizer": torch.optim.SGD(network.parameters(), lr=0.1),
        "batches": [(images, labels)] * 2,
        "device": "cpu",
    }
    blocks = BLOCK.findall((root / "docs" / "library.md").read_text(encoding="utf-8"))
    assert len(blocks) == 6
    for block in blocks:
        before = network.weight.detach().clone()
        exec(block, names)
        if "optimizer.step()" in block or "scaler.step(optimizer)" in block:
            assert not torch.equal(network.weight, before)
    assert len(names["alphas"]) > 0  # type: ignore[arg-type]
