"""The site: built strictly, it holds every page and figure, and needs no network."""

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import isbe_bench

pytestmark = pytest.mark.slow


class _Targets(HTMLParser):
    """The addresses that a page loads by itself, and those that its links lead to."""

    def __init__(self, page: Path) -> None:
        super().__init__()
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.feed(page.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "a":
            self.links.append(values.get("href") or "")
        elif tag == "link" and values.get("rel") not in ("stylesheet", "icon"):
            return
        else:
            self.loaded += [value for key in ("src", "href") if (value := values.get(key))]


@pytest.fixture(scope="module")
def site(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built as `make site` does; a broken link or anchor fails here."""
    folder = tmp_path_factory.mktemp("site") / "site"
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    assert built.returncode == 0, built.stderr
    return folder


def _committed(root: Path, pattern: str) -> list[str]:
    listed = subprocess.run(["git", "ls-files", pattern], cwd=root, capture_output=True, text=True)
    return listed.stdout.splitlines()


def test_every_page_of_the_repository_has_its_place(root: Path, site: Path) -> None:
    pages = [*_committed(root, "docs/*.md"), *_committed(root, "results/*/tables/*.md")]
    assert len(pages) > 20
    assert not [page for page in pages if not (site / page).with_suffix(".html").exists()]


def test_links_and_pictures_lead_to_files_of_the_site(site: Path) -> None:
    pages = [
        site / "index.html",
        *site.glob("docs/*.html"),
        *site.glob("results/*.html"),
        *site.glob("results/*/*.html"),
    ]
    broken = []
    for page in pages:
        targets = _Targets(page)
        assert not [target for target in targets.loaded if re.match(r"(https?:)?//", target)], page
        for target in (*targets.loaded, *targets.links):
            path = unquote(re.split("[?#]", target)[0])
            if path and not re.match(r"\w+:", path) and not (page.parent / path).exists():
                broken.append((page, target))
    assert not broken


def test_the_gallery_has_every_figure_with_what_it_shows(root: Path, site: Path) -> None:
    gallery = (site / "results/figures.html").read_text()
    figures = _committed(root, "results/*/figures/*.png")
    shown = [unquote(target) for target in re.findall(r'<img src="([^"]*)"', gallery)]
    assert sorted(f"results/{target}" for target in shown) == sorted(figures)
    captions = re.findall(r"<figcaption><b>[^<]*</b><br>(.*?)</figcaption>", gallery, re.DOTALL)
    assert len(captions) == len(figures)
    assert all(captions)
    assert "Training losses of N1 on mnist" in gallery
    assert (
        " seed=0,1,2,3,4,5 arch=n1 dataset=mnist device=cpu device.threads=1 train.epochs=6" in gallery
    )


def test_the_public_names_are_described(site: Path) -> None:
    text = (site / "docs/api.html").read_text()
    names = [name for name in isbe_bench.__all__ if not name.startswith("_")]
    assert names
    assert all(f'id="isbe_bench.{name}"' in text for name in names)
    assert "The label of elements whose error is 0." in text
