"""A page with all committed figures, by results folder: small ones that open the full one."""

import html
import sys
from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path, PurePosixPath
from urllib.parse import quote

from matplotlib import pyplot as plt

from isbe_bench.analysis import Analysis, collection
from isbe_bench.analysis.origin import training_commands
from isbe_bench.publication.figures import MAKERS, curves, file_name

_LEAD = """# All figures

`isbe-bench figures FOLDER` draws the figures of a folder from its records. What its runs are, and their
commands, stands in its README.
"""


def page(root: Path, figures: Sequence[str]) -> str:
    """The page `results/figures.md`, as Markdown.

    Parameters
    ----------
    root
        The folder of the repository.
    figures
        The paths of the PNG files from there.
    """
    parts = [_LEAD]
    for folder, paths in groupby(sorted(map(PurePosixPath, figures)), lambda path: path.parents[1]):
        captions = dict(_captions(root / folder))
        parts += [f"## [{folder.name}]({folder.name}/README.md)", '<div class="gallery">']
        parts += [_figure(path, captions.get(path.stem, "")) for path in paths]
        parts.append("</div>")
    return "\n\n".join(parts)


def _figure(path: PurePosixPath, caption: str) -> str:
    target = quote(str(path.relative_to("results")))
    name = html.escape(path.stem)
    return (
        f'<figure><a href="{target}"><img src="{target}" alt="{name}" loading="lazy"></a>'
        f"<figcaption><b>{name}</b><br>{caption}</figcaption></figure>"
    )


def _captions(results_dir: Path) -> Iterator[tuple[str, str]]:
    """What each figure shows, by the stem of its file name, and the command behind its runs, as HTML."""
    analysis = Analysis(collection.require(results_dir))
    groups = {curves.file_words(group): group.runs for group in analysis.shown}
    for make in MAKERS:
        for name, figure in make(analysis):
            # Figure 5 has no title, but the module that draws it says what it is.
            subject = figure.get_suptitle() or str(sys.modules[make.__module__].__doc__).splitlines()[0]
            plt.close(figure)
            parts = [html.escape(subject)]
            runs = next((runs for words, runs in groups.items() if name.endswith(f"-{words}")), None)
            table = f"{name.partition('-')[0]}.md"
            if runs is not None:
                commands = html.escape("\n".join(training_commands(runs)))
                parts.append(
                    f"<details><summary>runs</summary><pre><code>{commands}</code></pre></details>"
                )
            elif (results_dir / "tables" / table).exists():
                link = f"{results_dir.name}/tables/{table.removesuffix('.md')}.html"
                parts.append(f'<a href="{link}">numbers and commands</a>')
            else:
                parts.append(f"<code>isbe-bench figures results/{results_dir.name}</code>")
            yield file_name(name), "<br>".join(parts)
