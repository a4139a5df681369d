"""Text from runs, files and users, shown as it is: never as markup, nor as commands of a terminal."""

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

# A tag begins with one of these signs after `<`; ` < 0.05` and `n<6` are none.
_MARKUP = re.compile(r"<(?=[A-Za-z/!?])|`|\](?=[(:\[])")
_REFERENCES = {"<": "&lt;", "`": "&#96;", "]": "&#93;"}


def plain(text: str) -> str:
    r"""One line: line breaks, escape sequences and other signs that cannot be printed become `\x1b`."""
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else _escaped(each) for each in text)


def in_markdown(text: str) -> str:
    """One line of Markdown without tags, links and code."""
    return _MARKUP.sub(lambda match: _REFERENCES[match[0]], plain(text))


def cell(text: str) -> str:
    """A cell of a table in Markdown."""
    return in_markdown(text).replace("|", r"\|")


def table(frame: "pd.DataFrame") -> str:
    """A table of texts as Markdown, whatever its cells and headings hold."""
    texts = frame.astype(str).map(cell).rename(columns=cell)
    text: str = texts.to_markdown(index=False, disable_numparse=True)
    return text


def _escaped(sign: str) -> str:
    return sign.encode("unicode_escape").decode()
