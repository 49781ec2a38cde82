"""Numbers in prose: found, looked for in what cells print, and missed where they are not."""

from __future__ import annotations

import json
import re

import prose_numbers
import pytest
from paths import ROOT
from prose_numbers import Entry, faults, is_shown, prose, said, shown, values

BOOK = ROOT / "book"


def markdown(*texts: str) -> list[dict]:
    return [{"cell_type": "markdown", "id": f"m{k}", "source": t} for k, t in enumerate(texts)]


def words(text: str) -> list[str]:
    return [one.words for one in said(prose(markdown(text)))]


def test_numbers_are_found_in_digits_and_in_words():
    found = words("By 0.36 nats, −12 %, 1,024 bytes; Twice as\nmuch, half of it, four times.")
    assert found == ["0.36", "−12 %", "1,024", "Twice", "half", "four times"]
    assert words("Most of it, nine tenths, a third; the third of three, a hundred.") == [
        "Most", "nine tenths", "a third", "hundred",
    ]  # fmt: skip


def test_what_is_no_statement_has_no_numbers():
    text = """## Part 2

1. a list; `x = 3`, $4^5$, [a link](6.html), {cite}`name2015`
2. W_7, h8, 9x

| 10 | 11 |

```
12
```
**3.** An exercise.
"""
    assert words(text) == []


@pytest.mark.parametrize(
    "words, found, right",
    [
        ("0.36", "0.357", True),
        ("0.36", "0.366", False),
        ("−0.5", "it is -0.48", True),
        ("12 %", "share 0.1234", False),
        ("12 %", "12%", True),
        ("12 %", "0.12", True),
        ("1,024", "1024", True),
        ("1,024", "1_024", True),
        ("7", "7.4", False),
        ("half", "0.5", False),
        ("2e5", "200000", False),
    ],
)
def test_a_number_is_shown_if_one_that_is_printed_rounds_to_it(words, found, right):
    assert is_shown(words, values(found)) == right


PAGE = """<div class="cell_output"><pre>loss 1.234</pre><svg aria-label="a line at 0.9"></svg></div>
<p>7.5 in a paragraph</p>"""
CODE = {"cell_type": "code", "id": "measure", "source": "SIZE = 64"}


def test_a_number_that_nothing_prints_is_a_fault():
    cells = [*markdown("At 1.23, with 64 units, below 0.9: but 7.5, and most of it."), CODE]
    assert set(shown(PAGE, cells)) == {1.234, 0.9, 64}
    assert [fault.split(" is ")[0] for fault in faults(cells, PAGE, [])] == ["'7.5'", "'most'"]
    entries = [Entry("but 7.5", why="a year"), Entry("most of it", cell="measure")]
    assert faults(cells, PAGE, entries) == []


@pytest.mark.parametrize(
    "entry, fault",
    [
        (Entry("but 9.9", why="gone"), "no number in the prose"),
        (Entry("and it", why="no number"), "no number in the prose"),
        (Entry("most of it", cell="gone"), "needs a code cell"),
        (Entry("most of it"), "needs a code cell"),
        (Entry("most of it", cell="measure", why="and"), "needs a code cell"),
    ],
)
def test_an_entry_must_fit(entry, fault):
    cells = [*markdown("Here and it is, most of it."), CODE]
    assert any(fault in one for one in faults(cells, PAGE, [entry]))


def test_the_list_names_chapters_of_the_book():
    held = prose_numbers.read(BOOK)
    listed = (BOOK / "_toc.yml").read_text(encoding="utf-8")
    pages = [*re.findall(r"file: (\S+)", listed), *re.findall(r"^root: (\S+)", listed, re.M)]
    assert set(held) == {name for name in pages if (BOOK / f"{name}.ipynb").is_file()}
    for name, entries in held.items():
        cells = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))["cells"]
        text = prose(cells)
        for entry in entries:
            assert entry.said in text, f"{name}: {entry.said!r} stands there no more"


def test_what_follows_a_heading_or_a_table_in_its_cell_is_read():
    text = "# A title of 7 words\n\nHalf of it.\n\n| 3 | 4 |\n|---|---|\n\nThen 5.\n\n| 6 | 6 |"
    assert words(text) == ["Half", "5"]
