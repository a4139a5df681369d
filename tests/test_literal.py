"""Text of others is shown, never obeyed."""

import pandas as pd
import pytest

from isbe_bench import literal


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("AMD EPYC", "AMD EPYC"),
        ("p < 0.05 [-1, 2] (x) ± é", "p < 0.05 [-1, 2] (x) ± é"),
        ("<script>alert(1)</script>", "&lt;script>alert(1)&lt;/script>"),
        ("<!-- ", "&lt;!-- "),
        ("[a](javascript:x) [b][c] [d]: e", "[a&#93;(javascript:x) [b&#93;[c] [d&#93;: e"),
        ("`x`", "&#96;x&#96;"),
        ("a\n# b\x1b[31m\u202e\udcff", r"a\n# b\x1b[31m\u202e\udcff"),
    ],
)
def test_markdown_has_the_text_and_no_markup_of_it(text: str, shown: str) -> None:
    assert literal.in_markdown(text) == shown


def test_a_cell_stays_a_cell() -> None:
    lines = literal.table(pd.DataFrame({"a|b": ["c|d\ne"]})).splitlines()
    assert [line.replace(r"\|", "").count("|") for line in lines] == [2, 2, 2]
