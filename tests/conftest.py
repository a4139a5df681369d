"""What tests share: configurations as the command line makes them, and small runs."""

from collections.abc import Callable
from pathlib import Path

import pytest

from isbe_bench.settings import composition, config
from isbe_bench.settings.config import Config, HeadConfig, TheoryConfig, TimingConfig, TrainConfig
from isbe_bench.tasks import preparation

Make = Callable[..., TrainConfig]
MakeTiming = Callable[..., TimingConfig]
MakeHead = Callable[..., HeadConfig]
MakeTheory = Callable[..., TheoryConfig]


def _prepared(results_dir: Path, *overrides: str) -> Config:
    composed = composition.defaults((f"results_dir={results_dir}", *overrides))
    return preparation.prepare(config.parse(composed))


@pytest.fixture
def make_config(tmp_path: Path) -> Make:
    """A prepared configuration from command-line overrides, with results below `tmp_path`."""

    def make(*overrides: str) -> TrainConfig:
        prepared = _prepared(tmp_path / "results", *overrides)
        assert isinstance(prepared, TrainConfig)
        return prepared

    return make


@pytest.fixture
def make_timing(tmp_path: Path) -> MakeTiming:
    """The same for `task=timing`."""

    def make(*overrides: str) -> TimingConfig:
        prepared = _prepared(tmp_path / "results", "task=timing", *overrides)
        assert isinstance(prepared, TimingConfig)
        return prepared

    return make


@pytest.fixture
def make_head(tmp_path: Path) -> MakeHead:
    """The same for `task=head`."""

    def make(*overrides: str) -> HeadConfig:
        prepared = _prepared(tmp_path / "results", "task=head", *overrides)
        assert isinstance(prepared, HeadConfig)
        return prepared

    return make


@pytest.fixture
def make_theory(tmp_path: Path) -> MakeTheory:
    """The same for `task=theory`."""

    def make(*overrides: str) -> TheoryConfig:
        prepared = _prepared(tmp_path / "results", "task=theory", *overrides)
        assert isinstance(prepared, TheoryConfig)
        return prepared

    return make


@pytest.fixture(scope="session")
def root() -> Path:
    """The repository's root."""
    return Path(__file__).parents[1]
