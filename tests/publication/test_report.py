"""The report: whole in one file, the same from the same records, and readable in a browser."""

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ready_below
from recorded import record, record_times

from isbe_bench.analysis import Analysis, collection
from isbe_bench.catalogue.losses import MODES
from isbe_bench.execution import run
from isbe_bench.publication import claims, tables
from isbe_bench.publication.publishing import Publication

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (apt-get install chromium)")


@pytest.fixture(scope="module")
def publication(tmp_path_factory: pytest.TempPathFactory) -> Publication:
    """Some of everything: MNIST under all modes, times, the theorems, and a folder that was cut off."""
    results = tmp_path_factory.mktemp("report") / "results"

    def make(*overrides: str) -> Any:
        return ready_below(results, *overrides)

    for mode in MODES:
        record(make, 99.0, "dataset=mnist", f"loss={mode}", epochs=4)
    record_times(lambda *overrides: make("task=timing", *overrides), "dataset=mnist")
    run.execute(make("task=theory", "theory.classes=[2]", "theory.samples=50"))
    cut = record(make, 98.0, "loss=ce_mean", "seed=5")
    (cut.path / "epochs.csv").write_text("epoch,lr\n1,0.1\n")
    publication = Publication(results)
    publication.write_all()
    return publication


@pytest.fixture
def results(publication: Publication) -> Path:
    return publication.results_dir


def test_every_claim_has_its_verdict_in_both_files(publication: Publication) -> None:
    analysis = Analysis(publication.collection)
    html, markdown = (path.read_text() for path in publication.write_report())
    of_paper = [claim for claim in claims.make(analysis) if claim.source == "skarbek"]
    for claim in of_paper:
        for text in (html, markdown):
            assert claim.title in text
            assert claim.basis.commands[0].split()[1] in text
    # The statements on dropout are of a third text; of the second, nothing was measured.
    of_others = [claim for claim in claims.make(analysis) if claim.source == "tomasi"]
    assert html.count('class="verdict') == len(of_paper) + len(of_others)
    for table in tables.make(analysis):
        assert table.numbers.empty or f'<h3 id="{table.name}">{table.caption}</h3>' in html
    assert "epochs.csv was changed after the run wrote it" in html  # the folder that was cut off
    assert "epochs.csv was changed after the run wrote it" in markdown


def test_the_report_needs_no_other_file_and_no_network(results: Path) -> None:
    html = (results / "report.html").read_text()
    assert "@import" not in html
    for target in re.findall(r'(?:src|href)="([^"]*)"', html):
        assert target.startswith(("data:image/png;base64,", "#"))
    assert "default-src 'none'" in html


def test_the_report_allows_its_own_script_and_no_other(results: Path) -> None:
    html = (results / "report.html").read_text()
    (script,) = re.findall(r"<script>(.*?)</script>", html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    (policy,) = re.findall(r"script-src ([^\"]*)", html)
    assert policy == f"'sha256-{digest}'"


def test_figures_need_no_script(results: Path) -> None:
    html = re.sub(r"<script>.*?</script>", "", (results / "report.html").read_text(), flags=re.DOTALL)
    drawn = re.findall(r"<figure.*?</figure>", html, re.DOTALL)
    assert len(drawn) == len(list((results / "figures").glob("*.png"))) > 4
    assert all(figure.count("<path") + figure.count("<use") > 20 for figure in drawn)


def test_the_pictures_of_the_markdown_are_those_of_the_figures(results: Path) -> None:
    shown = re.findall(r"\]\((figures/[^)]*)\)", (results / "report.md").read_text())
    assert len(shown) > 4
    assert all((results / path).exists() for path in shown)


@pytest.mark.slow
def test_the_same_records_give_the_same_report(publication: Publication, tmp_path: Path) -> None:
    collection.write(publication.collection, tmp_path / "records")
    records = Publication(tmp_path)
    records.collection.problems.extend(publication.collection.problems)  # of the folder that was cut off
    for a, b in zip(publication.write_report(), records.write_report(), strict=True):
        assert a.read_bytes() == b.read_bytes()


def test_words_of_records_are_no_markup(publication: Publication) -> None:
    publication.collection.problems.append("<script>alert(1)</script>")
    html, _ = (path.read_text() for path in publication.write_report())
    publication.collection.problems.pop()
    publication.write_report()
    assert "<script>alert" not in html
    assert "&lt;script&gt;" in html


def _browse(page: Path, width: int, *options: str) -> "subprocess.CompletedProcess[str]":
    assert CHROMIUM is not None
    return subprocess.run(
        [CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", f"--window-size={width},900",
         "--enable-logging=stderr", f"--user-data-dir={page.parent / 'profile'}", *options, page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip


@needs_browser
def test_a_browser_has_nothing_to_complain_of(results: Path) -> None:
    page = results / "report.html"
    shown = _browse(page, 1280, "--dump-dom")
    assert "The claims" in shown.stdout
    # What the page may not fetch, cannot parse or does not find is a line of the console.
    assert "CONSOLE" not in shown.stderr


@needs_browser
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_is_wider_than_the_screen(results: Path, width: int) -> None:
    page = results / "report.html"
    probe = """<script>addEventListener("load", () => parent.postMessage(JSON.stringify({
        screen: document.documentElement.clientWidth,
        page: document.documentElement.scrollWidth,
        figures: document.querySelectorAll("figure > svg").length,
        flat: [...document.querySelectorAll("figure > svg")].filter(svg => svg.clientHeight < 90).length,
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
    assert measured["flat"] == 0
    assert measured["figures"] > 4
