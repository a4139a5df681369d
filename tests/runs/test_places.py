"""Nothing is written through a link in a results folder."""

from pathlib import Path

import pytest
from conftest import Make
from recorded import record

from isbe_bench.cli import results
from isbe_bench.errors import InputError
from isbe_bench.execution import sweep
from isbe_bench.runs.folder import RunFolder


@pytest.mark.parametrize("name", ["runs", "runs/{}", "sweeps", ".locks", ".locks/{}.lock"])
def test_a_run_is_refused_before_it_starts(name: str, make_config: Make, tmp_path: Path) -> None:
    config = make_config("train.epochs=1")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept").write_text("kept")
    link = Path(config.results_dir) / name.format(config.slug)
    link.parent.mkdir(parents=True)
    link.symlink_to(elsewhere)
    with pytest.raises(InputError, match="is a link, through which nothing is written"):
        sweep.run_all([config], "isbe-bench")
    assert [each.name for each in elsewhere.iterdir()] == ["kept"]
    assert not RunFolder(config).has_begun


@pytest.mark.parametrize(
    ("word", "name"), [("tables", "tables"), ("figures", "figures"), ("records", "records")]
)
def test_nothing_is_published_through_a_link(
    word: str, name: str, make_config: Make, tmp_path: Path
) -> None:
    record(make_config, 98.0)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "results" / name).symlink_to(elsewhere)
    with pytest.raises(InputError, match=f"{name} is a link"):
        results.main([word, str(tmp_path / "results")])
    assert not list(elsewhere.iterdir())


def test_the_results_folder_itself_may_be_a_link(make_config: Make, tmp_path: Path) -> None:
    record(make_config, 98.0)
    (tmp_path / "link").symlink_to(tmp_path / "results")
    assert results.main(["tables", str(tmp_path / "link")]) == 0
