"""What is folded away says what it is: the code of a picture, of a table, a solution.

MyST-NB calls every folded cell "Show code cell source". A reader who looks at a picture need not
know what a cell is, so the finished page names it by what the cell shows.
"""

from __future__ import annotations

import re

_FOLD = re.compile(
    r'<summary aria-label="Toggle hidden content">\s*'
    r'<p class="(collapsed[^"]*)">Show code cell (source|content|outputs?)</p>\s*'
    r'<p class="(expanded[^"]*)">Hide code cell \2</p>\s*</summary>'
)
_CELL = '<div class="cell '
_OUTPUT = '<div class="cell_output '
_CODE = re.compile(r"<pre>(.*?)</pre>", re.DOTALL)
_IMPORT = re.compile(r"(?:from|import) |    \w+,$|\)$")
_EXERCISES = 'id="exercises"'
#: By what stands in a cell's output, the first that fits.
_KINDS = (
    ('data-widget="quiz"', "the quiz as code, with its answers"),
    ("data-widget=", "the code of this live figure"),
    ('class="rnnbook-plot"', "the code of this picture"),
    ('class="rnnbook-table"', "the code of this table"),
    (_OUTPUT, "the code that prints this"),
)
_NOTHING = "code that prepares what follows"
_CHECK = "a check"  # and its output, if there is any


def named(html: str) -> str:
    """A page whose folds are called by what they hold."""
    first, *cells = html.split(_CELL)
    found, solves = [first], _EXERCISES in first
    for cell in cells:
        found.append(_FOLD.sub(_summary(kind(cell, solves)), cell))
        solves = solves or _EXERCISES in cell
    return _CELL.join(found)


def kind(cell: str, solves: bool = False) -> str:
    """What the fold of a cell holds, from the cell's own HTML; after the heading of the exercises
    it solves one."""
    output = cell[cell.index(_OUTPUT) :] if _OUTPUT in cell else ""
    if found := _FOLD.search(cell):
        if found[2] == "content":
            return "the solution" if solves else _CHECK + ", and what it prints" * bool(output)
        if found[2].startswith("output"):
            return "what this prints"
    nothing = "the imports" if not output and _only_imports(cell) else _NOTHING
    return next((words for mark, words in _KINDS if mark in output), nothing)


def _only_imports(cell: str) -> bool:
    """Whether each line of a cell's code, which is HTML, belongs to an import."""
    code = _CODE.search(cell)
    lines = re.sub(r"<[^>]*>", "", code[1]).splitlines() if code else []
    return bool(code) and all(_IMPORT.match(line) for line in lines if line.strip())


def _summary(words: str) -> str:
    return (
        rf'<summary><p class="\1">Show {words}</p>'
        rf'<p class="\3">Hide {words}</p></summary>'
    )
