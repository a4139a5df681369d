"""`isbe-bench compare A B` as a user types it."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from conftest import Make, MakeTiming
from recorded import leave, record, record_times

from isbe_bench.analysis.collection import collect
from isbe_bench.cli import results
from isbe_bench.errors import InputError

Compare = Callable[..., str]


@pytest.fixture
def folders(make_config: Make, make_timing: MakeTiming, tmp_path: Path) -> tuple[Path, Path]:
    """Six seeds and a timing in A; five of the seeds, two modes and a slower machine in B."""
    a, b = tmp_path / "a", tmp_path / "b"
    base = make_config("train.epochs=3")  # composed once, which takes longest

    def train(folder: Path, seed: int, **origin: Any) -> None:
        config = base.model_copy(update={"results_dir": str(folder), "seed": seed})
        leave(config, 98.0 + seed / 10, **origin)

    for seed in range(6):
        train(a, seed)
    for seed in range(1, 6):
        train(b, seed, torch="2.14.0")
    record(make_config, 97.0, f"results_dir={b}", "loss=isbe_tanh")
    losses = "timing.losses=[ce_mean,isbe_softmax]"
    record_times(make_timing, f"results_dir={a}", losses)
    record_times(make_timing, f"results_dir={b}", losses, "seed=1", forward={"isbe_softmax": 0.8})
    return a, b


@pytest.fixture
def compare(folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> Compare:
    def compared(*arguments: str) -> str:
        assert results.main(["compare", *map(str, folders), *arguments]) == 0
        return capsys.readouterr().out

    return compared


def row(text: str, title: str, mode: str) -> list[str]:
    """The cells of a mode's row in the table below a title."""
    lines = text.partition(f"## {title}\n")[2].partition("\n## ")[0].splitlines()
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    (found,) = (cells for cells in rows if mode in cells)
    return found


def test_readers_see_origins_then_tables_then_what_one_folder_lacks(compare: Compare) -> None:
    text = compare()
    titles = [line for line in text.splitlines() if line.startswith("#")]
    assert titles == [
        "# B against A",
        "## What differs in origin",
        "## Trainings: alpha, %",
        "## Times: tau, %",
        "## Times: total against the reference, %",
        "## Times: total, ms",
        "## In B alone",
        "## Notes",
    ]
    assert row(text, "What differs in origin", "train")[1:] == ["torch", "2.13.0", "2.13.0, 2.14.0"]
    alpha = row(text, "Trainings: alpha, %", "ce_mean")
    assert alpha[-5:] == ["+0.00 [+0.00, +0.00]", "identical", "5", "1", "5 of 5"]
    assert row(text, "Times: tau, %", "isbe_softmax")[-2:] == ["higher", "5, 5"]
    total = row(text, "Times: total against the reference, %", "isbe_softmax")
    assert total[2:4] == ["isbe_softmax", "ce_mean"]
    assert total[-2] == "lower"
    assert "- train dataset=digits net=n0 epochs=3: isbe_tanh" in text
    assert text.count("A/A: the reference entered a second time") == 1  # a note stands once


def test_the_csv_file_holds_a_row_per_difference(compare: Compare, tmp_path: Path) -> None:
    path = tmp_path / "difference.csv"
    compare("--csv", str(path))
    table = pd.read_csv(path).to_dict("records")
    by_key = {(row["task"], row["quantity"], row["mode"]): row for row in table}
    assert len(by_key) == len(table)
    assert {key[:2] for key in by_key} == {("train", "alpha")} | {
        ("timing", quantity)
        for quantity in ("tau", "total_percent", "forward_ms", "backward_ms", "total_ms")
    }
    alpha = by_key["train", "alpha", "ce_mean"]
    assert [alpha[key] for key in ("dataset", "net", "epochs")] == ["digits", "n0", 3]
    assert [alpha["a"], alpha["b"]] == pytest.approx([98.3, 98.3])
    assert (alpha["difference"], alpha["verdict"], alpha["method"]) == (0, "identical", "paired")
    counts = ("seeds_common", "seeds_only_a", "seeds_only_b", "seeds_identical")
    assert [alpha[count] for count in counts] == [5, 1, 0, 5]
    total = by_key["timing", "total_percent", "isbe_softmax"]
    assert total["reference"] == "ce_mean"
    assert total["difference"] == pytest.approx(total["b"] - total["a"])
    assert total["difference_low"] < total["difference"] < total["difference_high"]
    assert (total["verdict"], total["words"]) == ("less", "lower")
    milliseconds = by_key["timing", "forward_ms", "isbe_softmax"]
    assert milliseconds["ratio"] == pytest.approx(milliseconds["b"] / milliseconds["a"])
    assert pd.isna([milliseconds["difference"], milliseconds["verdict"]]).all()


def test_nothing_is_written_into_the_folders(folders: tuple[Path, Path], compare: Compare) -> None:
    def files() -> dict[Path, bytes]:
        paths = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
        return {path: path.read_bytes() for path in paths}

    before = files()
    compare()
    assert files() == before


def test_a_folder_and_its_records_are_identical(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    a, _ = folders
    assert results.main(["records", str(a)]) == 0
    (tmp_path / "c").mkdir()
    (a / "records").rename(tmp_path / "c" / "records")
    path = tmp_path / "difference.csv"
    capsys.readouterr()
    assert results.main(["compare", str(a), str(tmp_path / "c"), "--csv", str(path)]) == 0
    assert "Nothing differs in hardware" in capsys.readouterr().out
    table = pd.read_csv(path)
    judged = table[table["difference"].notna()]
    assert set(judged["verdict"]) == {"identical"}
    assert judged["difference"].eq(0).all()
    assert table["ratio"].dropna().eq(1).all()


def test_folders_that_share_nothing_say_what_each_has(
    folders: tuple[Path, Path], make_config: Make, tmp_path: Path
) -> None:
    a, _ = folders
    record(make_config, 98.0, f"results_dir={tmp_path / 'c'}", "train.batch_size=64")
    with pytest.raises(InputError) as caught:
        results.main(["compare", str(a), str(tmp_path / "c")])
    assert str(caught.value) == (
        f"nothing was measured in both folders: A={a} has train dataset=digits net=n0 epochs=3 "
        "train.batch_size=128: ce_mean; timing dataset=digits net=n0: ce_mean, ce_mean@2, isbe_softmax. "
        f"B={tmp_path / 'c'} has train dataset=digits net=n0 epochs=3 train.batch_size=64: ce_mean"
    )


def test_an_empty_folder_is_named(folders: tuple[Path, Path], tmp_path: Path) -> None:
    a, _ = folders
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=f"^B={tmp_path / 'empty'}: has no finished run"):
        results.main(["compare", str(a), str(tmp_path / "empty")])


def test_runs_that_are_left_out_are_named_with_their_folder(
    folders: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    a, b = folders
    tanh = next(b.glob("runs/*tanh*"))
    (tanh / "epochs.csv").write_text("")
    assert results.main(["compare", str(a), str(b)]) == 0
    printed = capsys.readouterr()
    assert printed.err.startswith(f"B={b}: {tanh}: left out, ")
    assert "## In B alone" not in printed.out
    assert len(collect(b).problems) == printed.err.count("\n") == 1


def test_comparing_imports_no_torch_and_its_reader_may_stop_early(folders: tuple[Path, Path]) -> None:
    code = """
import sys
from isbe_bench.cli import main
sys.stdin.read()
assert main() == 0
heavy = {"torch", "torchvision", "sklearn"} & set(sys.modules)
assert not heavy, heavy
"""
    command = [sys.executable, "-c", code, "compare", *map(str, folders)]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:  # type: ignore[call-overload]
        assert process.stdout
        process.stdout.close()  # before anything is written
        process.stdin.close()
        assert process.stderr.read() == ""
    assert process.returncode == 0
