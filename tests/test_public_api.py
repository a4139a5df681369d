"""`import isbe_bench`: what it offers, and what it does not load until it is asked for."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import isbe_bench


@pytest.mark.parametrize(
    ("statement", "loads", "leaves"),
    [
        ("import isbe_bench; isbe_bench.__version__, dir(isbe_bench)", [], ["torch", "pandas", "numpy", "hydra"]),
        ("from isbe_bench import SoftErrorLoss, soft_error", ["torch"], ["pandas", "scipy", "torchvision"]),
        ("from isbe_bench import load", ["pandas"], ["torch"]),
    ],
)  # fmt: skip
def test_only_what_is_asked_for_is_loaded(statement: str, loads: list[str], leaves: list[str]) -> None:
    script = f"import sys; {statement}; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    modules = done.stdout.split()
    assert [name for name in loads if name not in modules] == []
    assert [name for name in leaves if name in modules] == []


def test_every_public_name_is_there() -> None:
    assert set(isbe_bench.__all__) <= set(dir(isbe_bench))
    for name in isbe_bench.__all__:
        value = getattr(isbe_bench, name)
        if hasattr(value, "__module__"):
            assert getattr(importlib.import_module(value.__module__), name) is value


def test_any_other_name_is_missing_as_usual() -> None:
    with pytest.raises(AttributeError, match="module 'isbe_bench' has no attribute 'SoftLoss'"):
        isbe_bench.SoftLoss  # noqa: B018
    assert not hasattr(isbe_bench, "Analysis")


def test_the_package_is_marked_as_typed() -> None:
    assert (Path(isbe_bench.__file__).parent / "py.typed").is_file()
