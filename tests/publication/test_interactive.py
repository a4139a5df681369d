"""Curves in the report: what is known of them, how they are drawn into the page, and what its script does."""

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from conftest import ready_below
from recorded import record

from isbe_bench.analysis import Analysis, collection
from isbe_bench.publication import figures, report
from isbe_bench.publication.figures import Drawing, comparisons, intervals
from isbe_bench.publication.report import Content, Picture, inline

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
MAKERS = (comparisons.make, intervals.make)
MODES = ("ce_mean", "ce_sum", "isbe_softmax", "isbe_tanh")
EPOCHS = 4


@pytest.fixture(scope="module")
def analysis(tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """Trainings of N0 and N1 under some modes."""
    results = tmp_path_factory.mktemp("curves") / "results"

    def make(*overrides: str) -> Any:
        return ready_below(results, *overrides)

    for net in ("n0", "n1"):
        for place, mode in enumerate(MODES):
            record(make, 98.0 + place / 4, "dataset=mnist", f"arch={net}", f"loss={mode}", epochs=EPOCHS)
    return Analysis(collection.collect(results))


@pytest.fixture(scope="module")
def drawings(analysis: Analysis) -> dict[str, Drawing]:
    """Figures 2 to 4 and the interval plots; of the first two, those of N0."""
    drawn = [each for each in figures.draw(analysis, MAKERS) if "-n1-" not in each.name]
    return {drawing.name.partition("-")[0]: drawing for drawing in reversed(drawn)}


def test_a_chart_names_every_curve_and_where_it_is(drawings: dict[str, Drawing]) -> None:
    drawing = drawings["figure3_accuracies"]
    assert drawing.chart is not None
    everything, *others = drawing.chart.panels
    assert set(everything.curves.values()) == set(MODES)
    assert len(others) == 5
    assert all(
        panel.x.name == "epoch" and panel.y.name == "accuracy, %" for panel in drawing.chart.panels
    )
    assert not everything.y.log
    for panel in drawing.chart.panels:
        left, top, right, bottom = panel.box
        assert 0 <= left < right <= 7.2 * 72
        assert 0 <= top < bottom <= 4.4 * 72
        for part in panel.curves:
            assert f'id="{part}"'.encode() in drawing.svg
    losses = drawings["figure2_losses"].chart
    assert losses is not None
    assert all(panel.y.log for panel in losses.panels)


def test_an_entry_of_a_legend_stands_for_curves_and_their_bands_in_all_panels(
    drawings: dict[str, Drawing],
) -> None:
    chart = drawings["figure3_accuracies"].chart
    assert chart is not None
    keys = {key.name: key for key in chart.keys}
    assert set(keys) == set(MODES)
    shown = sum("isbe_softmax" in panel.curves.values() for panel in chart.panels)
    assert shown == 5
    assert len(keys["isbe_softmax"].stands_for) == 2 * shown
    every = [part for key in chart.keys for part in key.stands_for]
    assert len(every) == len(set(every))


def test_where_two_nets_are_shown_an_entry_stands_for_a_net_or_a_mode(
    drawings: dict[str, Drawing],
) -> None:
    chart = drawings["figure4_nets"].chart
    assert chart is not None
    meant = {key.name: set(key.stands_for) for key in chart.keys}
    names = {part: name for panel in chart.panels for part, name in panel.curves.items()}
    for entry in ("N0", "N1", "isbe_tanh"):
        curves = {names[part] for part in meant[entry] if part in names}
        assert curves
        assert curves == {name for name in names.values() if entry in name.split(" ")}


def test_figures_without_curves_have_no_chart(drawings: dict[str, Drawing]) -> None:
    assert drawings["table3_alpha"].chart is None


def test_figures_of_a_page_share_what_they_define(drawings: dict[str, Drawing]) -> None:
    page = inline.Page()
    first, second = (
        page.add(drawings[name].svg, "x") for name in ("figure2_losses", "figure3_accuracies")
    )
    whole = page.shared + first + second
    ids = re.findall(r' id="([^"]*)"', whole)
    used = set(re.findall(r'(?:href="|url\()#([^")]*)', whole))
    assert len(ids) == len(set(ids))
    assert used <= set(ids)
    assert len(used) > 20
    assert "<defs" not in first + second
    assert len(whole) < 0.6 * sum(
        len(drawings[name].svg) for name in ("figure2_losses", "figure3_accuracies")
    )
    again = inline.Page()
    again.add(drawings["figure2_losses"].svg, "x")
    size = len(again.shared)
    again.add(drawings["figure2_losses"].svg, "x")
    assert len(again.shared) == size


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium (apt-get install chromium)")
def test_the_script_hides_names_and_enlarges_curves(
    analysis: Analysis, drawings: dict[str, Drawing], tmp_path: Path
) -> None:
    drawing = drawings["figure3_accuracies"]
    assert drawing.chart is not None
    panel = drawing.chart.panels[0]
    probe = """<script>{
        const figure = [...document.querySelectorAll("figure")].find(each => each.textContent.includes("figure3_accuracies"));
        const svg = figure.querySelector("svg"), whole = svg.getAttribute("viewBox"), [left, top, right, bottom] = BOX;
        const parts = JSON.parse(figure.dataset.chart).keys.find(key => key.name === "isbe_tanh").stands_for;
        const hidden = () => parts.filter(id => svg.querySelector(`[data-part="${id}"]`).style.display === "none").length;
        const names = () => [...figure.querySelectorAll(".values div")].map(row => row.textContent);
        svg.setPointerCapture = () => {};
        const point = (type, x, y) => {
            const at = new DOMPoint(left + x * (right - left), top + y * (bottom - top)).matrixTransform(svg.getScreenCTM());
            svg.dispatchEvent(new PointerEvent(type, {clientX: at.x, clientY: at.y, pointerType: "mouse", button: 0}));
        };
        const told = {parts: parts.length, before: hidden()};
        point("pointermove", 0.99, 0.5);
        told.title = figure.querySelector(".values").firstChild.textContent;
        told.all = names();
        svg.querySelector("[role=button][aria-label=isbe_tanh]").dispatchEvent(new MouseEvent("click"));
        told.after = hidden();
        point("pointermove", 0.99, 0.5);
        told.rest = names();
        point("pointerdown", 0.5, 0.25); point("pointermove", 0.7, 0.5); point("pointerup", 0.75, 0.75);
        told.part = svg.getAttribute("viewBox").split(" ").map(Number);
        told.range = figure.querySelector("output").textContent;
        figure.querySelector("button").click();
        told.restored = svg.getAttribute("viewBox") === whole && !figure.querySelector("output").textContent;
        document.body.textContent = JSON.stringify(told);
    }</script></body>""".replace("BOX", json.dumps(panel.box))
    pictures = [Picture(each.name, each.svg, each.chart) for each in drawings.values()]
    html, _ = report.write(Content(None, [], [], [], pictures, [], [], []), tmp_path)
    text = html.read_text()
    text = re.sub(r"<meta http-equiv=.*?>", "", text)  # which would forbid the probe
    page = tmp_path / "probed.html"
    page.write_text(text.replace("</body>", probe))
    shown = subprocess.run(
        [str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,900", "--dump-dom",
         "--enable-logging=stderr", f"--user-data-dir={page.parent / 'profile'}", page.as_uri()],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found = re.search(r"\{\"parts.*\}", shown.stdout)
    assert found is not None, shown.stderr
    told = json.loads(found[0])
    assert told["before"] == 0
    assert told["after"] == told["parts"] > 0
    assert told["title"] == f"epoch {EPOCHS}"
    values = {name: float(value) for name, value in (row.split(" ") for row in told["all"])}
    assert set(values) == set(MODES)
    analysed = next(group for group in analysis.shown if group.net == "n0")
    for mode, value in values.items():
        last = float(analysed.curve(mode, "test_accuracy")["mean"].iloc[-1])
        assert value == pytest.approx(last, abs=(panel.y.high - panel.y.low) / 1000)
    assert told["all"] == sorted(told["all"], key=lambda row: -float(row.split(" ")[1]))
    assert [row.split(" ")[0] for row in told["rest"]] == [
        row.split(" ")[0] for row in told["all"] if "isbe_tanh" not in row
    ]
    left, top, right, bottom = panel.box
    assert told["part"] == pytest.approx(
        [
            left + 0.5 * (right - left),
            top + 0.25 * (bottom - top),
            0.25 * (right - left),
            0.5 * (bottom - top),
        ],
        abs=0.1,
    )
    assert told["range"].startswith("epoch: 2")
    assert "accuracy, %: " in told["range"]
    assert told["restored"]
