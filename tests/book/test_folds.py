"""What is folded away says what it is."""

from __future__ import annotations

import pytest

from rnnbook.book import folds

FOLD = """<div class="cell tag_hide-input docutils container">
<details class="admonition hide above-input">
<summary aria-label="Toggle hidden content">
<p class="collapsed admonition-title">Show code cell {0}</p>
<p class="expanded admonition-title">Hide code cell {0}</p>
</summary>
<div class="cell_input docutils container"><pre>print("class=rnnbook-plot")</pre></div>
</details>
{1}</div>
"""
OUTPUT = '<div class="cell_output docutils container">{}</div>'


@pytest.mark.parametrize(
    "what, output, words",
    [
        ("source", '<figure class="rnnbook-plot"></figure>', "the code of this picture"),
        ("source", '<div data-widget="gates"></div>', "the code of this live figure"),
        ("source", '<div data-widget="quiz"></div>', "the quiz as code, with its answers"),
        ("source", '<div class="rnnbook-table"></div>', "the code of this table"),
        ("source", "<pre>1.2</pre>", "the code that prints this"),
        ("source", None, "code that prepares what follows"),
        ("content", "<pre>1.2</pre>", "a check, and what it prints"),
        ("content", None, "a check"),
    ],
)
def test_a_fold_is_called_by_what_it_holds(what, output, words):
    shown = "" if output is None else OUTPUT.format(output)
    page = "<h1>Page</h1>" + FOLD.format(what, shown) + "<p>after</p>"
    named = folds.named(page)
    assert f">Show {words}</p>" in named and f">Hide {words}</p>" in named
    assert "aria-label" not in named and "code cell" not in named
    assert named.startswith("<h1>Page</h1>") and named.endswith("<p>after</p>")
    assert 'class="collapsed admonition-title"' in named


@pytest.mark.parametrize(
    "code, words",
    [
        ("import os\n\nfrom rnnbook import (\n    cards,\n    plots,\n)", "the imports"),
        ("<span>from</span> <span>os</span> <span>import</span> sep", "the imports"),
        ("import os\n\nx = 1", "code that prepares what follows"),
    ],
)
def test_a_cell_that_only_imports_says_so(code, words):
    fold = FOLD.format("source", "").replace('print("class=rnnbook-plot")', code)
    assert f">Show {words}</p>" in folds.named(fold)


def test_after_the_heading_of_the_exercises_stand_solutions():
    fold = FOLD.format("content", "")
    named = folds.named(f'{fold}<section id="exercises">{fold}</section>')
    assert named.index("Show a check") < named.index("exercises") < named.index("the solution")
    assert named.count("the solution") == 2


def test_each_cell_of_a_page_has_its_own_name():
    cells = [FOLD.format("source", ""), FOLD.format("source", OUTPUT.format("data-widget=x"))]
    named = folds.named("".join(cells))
    assert named.index("prepares what follows") < named.index("this live figure")
    assert folds.named(named) == named
