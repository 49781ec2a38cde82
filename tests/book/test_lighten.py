"""Pages lose what nothing uses, and nothing else."""

from __future__ import annotations

import pytest
from pydata_sphinx_theme.pygments import get_pygments_stylesheet
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from rnnbook.book.lighten import (
    SCRIPT,
    SEARCH,
    coloured_tokens,
    without_plain_tokens,
    without_unused,
    words,
)


@pytest.mark.parametrize(
    ("css", "kept"),
    [
        (".here{color:red}", ".here{color:red}"),
        (".gone{color:red}", ""),
        (".gone,.here .there{a:b}", ".here .there{a:b}"),
        (".here.gone{a:b}", ""),
        ("p:not(.gone){a:b}", "p:not(.gone){a:b}"),
        (":is(.gone, .here) a{a:b}", ":is(.gone, .here) a{a:b}"),
        ('a[href$=".gone"]{a:b}', 'a[href$=".gone"]{a:b}'),
        (r".w-50\%{a:b}", r".w-50\%{a:b}"),
        ("#there{a:b}#gone{a:b}", "#there{a:b}"),
        ("@media print{.gone{a:b}.here{c:d}}", "@media print{.here{c:d}}"),
        ("@media print{.gone{a:b}}", ""),
        ("@font-face{font-family:x;src:url(x.woff2)}",) * 2,
        ("@keyframes gone{from{a:b}to{a:c}}",) * 2,
        ("/* note */:root{--gone:1px}", ":root{--gone:1px}"),
    ],
)
def test_rules_stay_if_they_can_match(css, kept):
    used = words(['<p class="here" id="there">'])
    assert without_unused(css, used).strip() == kept


def test_scripts_wait_for_the_page_and_the_search_index_stays_away():
    page = '<script src="a.js"></script>\n<script src="../searchindex.js?v=1"></script>'
    assert (
        SCRIPT.sub("<script defer ", SEARCH.sub("", page)) == '<script defer src="a.js"></script>'
    )
    for other in ('<script defer src="b.js">', '<script src="_static/documentation_options.js">',
                  "<script>let a = 1;</script>"):  # fmt: skip
        assert SCRIPT.sub("<script defer ", other) == other


def test_only_tokens_with_a_colour_keep_their_element():
    code = '<pre><span></span><span class="n">x</span> <span class="o">=</span> 1</pre>'
    assert without_plain_tokens(code, {"o"}) == '<pre>x <span class="o">=</span> 1</pre>'


def test_the_colours_of_the_themes_own_style_sheet_are_read():
    css = get_pygments_stylesheet("a11y-high-contrast-light", "a11y-high-contrast-dark")
    coloured = coloured_tokens(css)
    assert {"k", "s1", "mi", "c1"} <= coloured, "keywords, strings, numbers, comments"
    code = highlight("for x in (1, 'a'):  # note", PythonLexer(), HtmlFormatter())
    lighter = without_plain_tokens(code, coloured)
    assert '<span class="k">for</span>' in lighter and '<span class="c1"># note' in lighter
    assert len(lighter) < len(code)


def test_a_token_in_the_colour_of_the_code_is_plain():
    css = """
.light .highlight{background: #fff; color: #000}
.light .highlight .n{color: #000}
.light .highlight .o{color: #060}
.dark .highlight{background: #000; color: #fff}
.dark .highlight .n{color: #fff}
.dark .highlight .p{color: #eee}
"""
    assert coloured_tokens(css) == {"o", "p"}
