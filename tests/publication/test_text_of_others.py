"""What stands in folders of runs arrives in tables and reports as text, never as markup or as code."""

import contextlib
import json
import re
from html.parser import HTMLParser
from importlib import resources
from pathlib import Path

import pytest
import yaml
from conftest import Make
from recorded import record

from isbe_bench.cli import results
from isbe_bench.errors import InputError
from isbe_bench.publication import report
from isbe_bench.settings import identity

EVIL = "CPU <script>alert(1)</script>|[a](javascript:b)`c`\n# d \x1b[31m $x$ \\input{e} & {f} #~^"

NOTE = "<script>hi</script>|[a](javascript:b)\n\x1b$x$\\input{e}"
"""Short enough to be shown as it is: a longer setting is shown as a hash."""


@pytest.fixture
def published(make_config: Make, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> Path:
    """Trainings of two settings and an environment that hold markup, and folders named so."""
    for seed in (0, 1):
        folder = record(make_config, 98.0 + seed, f"seed={seed}").path
        path = folder / "environment.json"
        origin = {"device": EVIL.partition("\n")[0], "torch": EVIL, "git_revision": EVIL}
        path.write_text(json.dumps(json.loads(path.read_text()) | origin))
        settings = yaml.safe_load((folder / "config.yaml").read_text())
        settings["optimizer"]["note"] = f"{NOTE}{seed}"
        (folder / "config.yaml").write_text(yaml.safe_dump(settings))
        (folder / "manifest.json").unlink(missing_ok=True)
        digest = identity.digest(identity.flatten(settings))
        folder.rename(folder.with_name(folder.name[: -len(digest)] + digest))
    runs = tmp_path / "results" / "runs"
    (runs / "<img src=x onerror=alert(1)> \x1b[2J").mkdir()
    (Path(str(runs)) / "x\udcff").mkdir()
    assert results.main(["publish", str(tmp_path / "results")]) == 0
    assert results.main(["compare", *[str(tmp_path / "results")] * 2]) == 0
    out, err = capfd.readouterr()
    for line in (out + err).splitlines():
        assert line.isprintable()
    return tmp_path / "results"


class Tags(HTMLParser):
    """The names of all tags, and the attributes that could run or load something."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found |= {name for name, value in attrs if name.startswith("on")}
        self.found |= {name for name, value in attrs if (value or "").startswith("javascript")}


def test_no_markup_arrives(published: Path) -> None:
    tags = Tags()
    own = resources.files(report).joinpath("curves.js").read_text(encoding="utf-8")
    html = (published / "report.html").read_text(encoding="utf-8")
    assert html.count("<script") == html.count(f"<script>{own}</script>") == 1
    tags.feed(html.replace(f"<script>{own}</script>", ""))
    assert not tags.found & {"script", "onerror", "href"}
    assert "CPU" in (published / "report.html").read_text(encoding="utf-8")
    pages = [published / "report.md", *(published / "tables").glob("*.md")]
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text(encoding="utf-8")
        assert "CPU" in text
        assert text.replace("\n", "").isprintable()
        outside = re.sub(r"^```\n.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
        assert not re.search(r"<script|<img|\]\(javascript|^# d", outside)
        for line in outside.splitlines():
            if line.startswith("|"):
                assert len(line.replace(r"\|", "").split("|")) == len(_header(outside, line))


def _header(text: str, line: str) -> list[str]:
    """The cells of the first row of a line's table."""
    before = text[: text.index(line)].split("\n\n")[-1]
    return (before.splitlines() or [line])[0].replace(r"\|", "").split("|")


@pytest.mark.slow
def test_latex_prints_it(published: Path) -> None:
    texts = [path.read_text(encoding="utf-8") for path in (published / "tables").glob("*.tex")]
    assert any("script" in text for text in texts)
    for text in texts:
        assert r"\input{" not in text
        assert text.replace("\n", "").isprintable()


@pytest.mark.parametrize("word", ["tables", "report", "records", "status", "compare"])
@pytest.mark.parametrize("tag", [False, True])
def test_nothing_in_settings_is_called(
    word: str, tag: bool, make_config: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither what Hydra's files could ask for, nor what YAML's tags could."""
    call = {"_target_": "os.mkdir", "path": str(tmp_path / "canary"), "_args_": ["canary"]}
    for seed in (0, 1):
        folder = record(make_config, 98.0 + seed, f"seed={seed}").path
        settings = yaml.safe_load((folder / "config.yaml").read_text())
        settings["loss"] |= call | {"activation": call}
        settings["optimizer"] |= call
        settings["dataset"]["train"] = settings["dataset"]["test"] = call
        settings["hydra"] = {"callbacks": {"a": call}}
        text = yaml.safe_dump(settings)
        if tag:
            text += f"more: !!python/object/apply:os.mkdir [{tmp_path / 'canary'}]\n"
        (folder / "config.yaml").write_text(text)
        (folder / "manifest.json").unlink(missing_ok=True)
        digest = identity.digest(identity.flatten(settings))
        folder.rename(folder.with_name(folder.name[: -len(digest)] + digest))
    monkeypatch.chdir(tmp_path)
    places = ["results"] * (2 if word == "compare" else 1)
    with contextlib.suppress(InputError):  # with tags, no run can be read
        results.main([word, *places])
    assert not list(tmp_path.rglob("canary"))
