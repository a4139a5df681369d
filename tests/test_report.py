"""The report: whole in one file, the same from the same records, and readable in a browser."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Make, MakeTheory, MakeTiming
from recorded import record
from test_tau_tables import record as record_times

from isbe_bench.analysis import collection
from isbe_bench.analysis.collection import collect
from isbe_bench.catalogue.losses import MODES
from isbe_bench.execution import run
from isbe_bench.publication import claims, publish, report, tables

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (apt-get install chromium)")


@pytest.fixture
def results(make_config: Make, make_timing: MakeTiming, make_theory: MakeTheory, tmp_path: Path) -> Path:
    """Some of everything: MNIST under all modes, times, the theorems, and a folder that was cut off."""
    for mode in MODES:
        record(make_config, 99.0, "dataset=mnist", f"loss={mode}", epochs=4)
    record_times(make_timing, "dataset=mnist")
    run.execute(make_theory("theory.classes=[2]", "theory.samples=50"))
    cut = record(make_config, 98.0, "loss=ce_mean", "seed=5")
    (cut.path / "epochs.csv").write_text("epoch,lr\n1,0.1\n")
    return tmp_path / "results"


def test_every_claim_has_its_verdict_in_both_files(results: Path) -> None:
    read = collect(results)
    html, markdown = (path.read_text() for path in report.write(read, results))
    for claim in claims.make(read):
        for text in (html, markdown):
            assert claim.title in text
            assert claim.basis.commands[0].split()[1] in text
    assert html.count('class="verdict') == len(claims.make(read))
    for table in tables.make(read):
        assert table.numbers.empty or f"<h3>{table.caption}</h3>" in html
    assert "epochs.csv was changed after the run wrote it" in html  # the folder that was cut off
    assert "epochs.csv was changed after the run wrote it" in markdown


def test_the_report_needs_no_other_file_and_no_network(results: Path) -> None:
    html, _ = (path.read_text() for path in report.write(collect(results), results))
    assert "<script" not in html
    assert "@import" not in html
    for target in re.findall(r'(?:src|href)="([^"]*)"', html):
        assert target.startswith(("data:image/png;base64,", "#"))
    assert "default-src 'none'" in html


def test_the_pictures_of_the_markdown_are_those_of_make_figures(results: Path) -> None:
    from isbe_bench.publication import figures

    read = collect(results)
    figures.write(read, results / "figures")
    _, markdown = (path.read_text() for path in report.write(read, results))
    shown = re.findall(r"\]\((figures/[^)]*)\)", markdown)
    assert len(shown) > 4
    assert all((results / path).exists() for path in shown)


def test_the_same_records_give_the_same_report(results: Path, tmp_path: Path) -> None:
    read = collect(results)
    collection.write(read, tmp_path / "tidy" / "records")
    first = report.write(read, tmp_path / "first")
    again = collect(tmp_path / "tidy")
    again.problems.extend(read.problems)  # the folder that was cut off is no more
    second = report.write(again, tmp_path / "second")
    for a, b in zip(first, second, strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_words_of_records_are_no_markup(results: Path) -> None:
    read = collect(results)
    read.problems.append("<script>alert(1)</script>")
    html, _ = (path.read_text() for path in report.write(read, results))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.parametrize("name", ["report.html", "report.md"])
def test_the_command_writes_it(
    results: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    monkeypatch.setattr(sys, "argv", ["make_report.py", "--results-dir", str(results)])
    assert publish.main("report", report.write, ".") == 0
    assert str(results / name) in capsys.readouterr().out


@pytest.mark.parametrize("there", [False, True])
def test_no_results_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], there: bool
) -> None:
    folder = tmp_path / "results"
    if there:
        folder.mkdir()
    monkeypatch.setattr(sys, "argv", ["make_report.py", "--results-dir", str(folder)])
    assert publish.main("report", report.write, ".") == 1
    assert f"--results-dir={folder}: " in capsys.readouterr().err
    assert not list(folder.glob("*"))


def _browse(page: Path, width: int, *options: str) -> "subprocess.CompletedProcess[str]":
    assert CHROMIUM is not None
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
         "--enable-logging=stderr", f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


@needs_browser
def test_a_browser_has_nothing_to_complain_of(results: Path) -> None:
    page, _ = report.write(collect(results), results)
    shown = _browse(page, 1280, "--dump-dom")
    assert "The claims" in shown.stdout
    # What the page may not fetch, cannot parse or does not find is a line of the console.
    assert "CONSOLE" not in shown.stderr


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(results: Path, width: int) -> None:
    page, _ = report.write(collect(results), results)
    probe = """<script>addEventListener("load", () => parent.postMessage(JSON.stringify({
        screen: document.documentElement.clientWidth,
        page: document.documentElement.scrollWidth,
        images: document.images.length,
        broken: [...document.images].filter(image => !image.naturalWidth).length,
    }), "*"))</script></body>"""
    text = re.sub(r"<meta http-equiv=.*?>", "", page.read_text())  # which would forbid the probe
    (results / "probed.html").write_text(text.replace("</body>", probe))
    # In a frame of that width, since a window is never as narrow as a phone.
    frame = results / "frame.html"
    frame.write_text(
        '<script>addEventListener("message", told => document.body.textContent = told.data)</script>'
        f'<body><iframe src="probed.html" width="{width}" height="900"></iframe></body>'
    )
    told = re.search(r"\{.*\}", _browse(frame, 1400, "--dump-dom", "--virtual-time-budget=10000").stdout)
    assert told is not None
    measured = json.loads(told[0])
    assert width - 30 <= measured["screen"] <= width  # but for a scroll bar
    assert measured["page"] <= measured["screen"]
    assert measured["broken"] == 0
    assert measured["images"] > 4
