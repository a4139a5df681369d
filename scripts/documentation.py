"""Hooks of `mkdocs build`: a site whose files lie as in the repository, so that links work in both.

Besides the pages that the repository has, it makes the API reference from docstrings, a gallery of all
committed figures, and a page for each source file or folder that a page links to.
"""

import posixpath
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import gallery
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

import isbe_bench

ROOT = Path(__file__).parents[1]
API = "docs/api.md"
GALLERY = "results/figures.md"

_PAGES = re.compile(r"(README|CONTRIBUTING|CHANGELOG|docs/[^/]*|results/.*)\.md")
_COPIED = (".png", ".svg", ".html", ".csv")
_LINK = re.compile(r"(?<=\]\()(?!\w+:)([^)#\s]+)")
_LANGUAGES = {".py": "python", ".yaml": "yaml", ".cff": "yaml", ".toml": "toml", ".md": "markdown"}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Add the pages that are made here to the navigation."""
    assert config.nav is not None
    tracked = _tracked()
    sources = [f"{path}.md" for path in sorted(_linked(tracked)) if not path.endswith(_COPIED)]
    config.nav += [
        {"API": API},
        {"Results": [{"All figures": GALLERY}, *_results(tracked)]},
        {"Sources": sources},
    ]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Put every page where the repository has it, and add those that are made."""
    for page in list(files.documentation_pages()):
        files.remove(page)
    tracked = _tracked()

    def copy(path: str) -> None:
        files.append(File.generated(config, path, abs_src_path=str(ROOT / path)))

    def make(path: str, content: str) -> None:
        files.append(File.generated(config, path, content=content))

    for path in filter(_is_page, tracked):
        if _report(path) not in tracked:
            copy(path)
    figures = [path for path in tracked if re.fullmatch(r"results/.*/figures/.*\.png", path)]
    reports = [path for path in tracked if re.fullmatch(r"results/.*/report\.html", path)]
    linked = _linked(tracked)
    for path in sorted({*figures, *reports, *(each for each in linked if each.endswith(_COPIED))}):
        copy(path)
    for path in linked:
        if not path.endswith(_COPIED):
            make(f"{path}.md", _source(path, tracked))
    make(API, _api())
    make(GALLERY, gallery.page(ROOT, figures))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Let links to sources lead to their pages, and links to a report to the one for browsers."""
    folder = posixpath.dirname(page.file.src_uri)
    if folder.endswith("/tables") or page.file.src_uri == GALLERY:
        page.meta["hide"] = ["toc"]  # to have the width

    def target(match: re.Match[str]) -> str:
        path = posixpath.normpath(posixpath.join(folder, match[1]))
        if path.endswith("/report.md") and files.get_file_from_path(_report(path)):
            return match[1].removesuffix(".md") + ".html"
        return f"{match[1]}.md" if files.get_file_from_path(f"{path}.md") else match[1]

    return _LINK.sub(target, markdown)


def _tracked() -> list[str]:
    """The files of the repository: not what a user's own runs left in results/."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True)
    return listed.stdout.splitlines()


def _is_page(path: str) -> bool:
    return _PAGES.fullmatch(path) is not None


def _report(path: str) -> str:
    """The report for browsers that takes the place of a page; the page itself if it is no report."""
    return path.removesuffix(".md") + ".html"


def _linked(tracked: list[str]) -> set[str]:
    """Files and folders that pages link to without being pages."""
    folders = {str(parent) for path in tracked for parent in Path(path).parents}
    pages = list(filter(_is_page, tracked))
    return {
        target
        for page in pages
        for link in _LINK.findall((ROOT / page).read_text())
        if (target := posixpath.normpath(posixpath.join(posixpath.dirname(page), link)))
        in {*tracked, *folders}
        and not _is_page(target)
    }


def _results(tracked: list[str]) -> Iterator[dict[str, object]]:
    """The navigation of each results folder: what was measured, the report, the tables."""
    for readme in (path for path in tracked if re.fullmatch(r"results/[^/]+/README\.md", path)):
        folder = posixpath.dirname(readme)
        pages = [path for path in tracked if path.startswith(f"{folder}/") and _is_page(path)]
        tables = [path for path in pages if "/tables/" in path]
        others = [path for path in pages if path != readme and path not in tables]
        entries: list[object] = [
            readme,
            *({"Report": _report(p)} if _report(p) in tracked else p for p in others),
        ]
        yield {posixpath.basename(folder): [*entries, {"Tables": tables}]}


def _source(path: str, tracked: list[str]) -> str:
    """A page with the text of a file, or of all files of a folder."""
    inside = [each for each in tracked if each == path or each.startswith(f"{path}/")]
    blocks = [f"# {path}"]
    for each in inside:
        text = (ROOT / each).read_text()
        language = _LANGUAGES.get(Path(each).suffix, "text")
        blocks += [*([f"## {each}"] if each != path else []), f"````{language}\n{text}````"]
    return "\n\n".join(blocks)


def _api() -> str:
    """The public names, which the package's root offers."""
    names = [name for name in isbe_bench.__all__ if not name.startswith("_")]
    return "\n\n".join(["# API reference", *(f"::: isbe_bench.{name}" for name in names)])
