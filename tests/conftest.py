"""What tests share: configurations as the command line makes them, and small runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from isbe_bench import composition, config, preparation
from isbe_bench.config import Config

Make = Callable[..., Config]


@pytest.fixture
def make_config(tmp_path: Path) -> Make:
    """A prepared configuration from command-line overrides, with results below `tmp_path`."""

    def make(*overrides: str) -> Config:
        composed = composition.defaults((f"results_dir={tmp_path / 'results'}", *overrides))
        return preparation.prepare(config.parse(composed))

    return make


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return Path(__file__).parents[1]
