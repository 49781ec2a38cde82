"""What is taught is shown and short; what draws, prints tables or checks is folded.

The lengths are those of the cells that a reader of the built book sees without unfolding any.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from statistics import median

from paths import ROOT

#: Tags of which each keeps the code of a cell from the reader, until it is asked for or for good.
FOLDED = {"hide-input", "hide-cell", "remove-input", "remove-cell"}
LONG = 15  # lines
# What the book has reached. Both may be lowered, and neither raised.
HALF_HAVE_AT_MOST = 6
LONG_CELLS = 4


def shown(notebook: dict) -> list[int]:
    """The lines of each code cell that is shown."""
    return [
        len("".join(cell["source"]).splitlines())
        for cell in notebook["cells"]
        if cell["cell_type"] == "code" and not FOLDED & set(cell["metadata"].get("tags", []))
    ]


def of_the_book() -> dict[str, list[int]]:
    """The same for every chapter that shows code."""
    paths = sorted((ROOT / "book").glob("*.ipynb"))
    found = {path.stem: shown(_read(path)) for path in paths}
    return {name: lengths for name, lengths in found.items() if lengths}


def _read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def table(chapters: dict[str, Iterable[int]]) -> str:
    """For each chapter: cells shown, their median, and how many are long."""
    rows = [
        f"{name:24} {len(lengths):4} {median(lengths):5g} {sum(n > LONG for n in lengths):4}"
        for name, lengths in chapters.items()
    ]
    return "\n".join(["chapter                 cells median long", *rows])


def test_folded_cells_and_prose_are_not_counted():
    def cell(kind: str, lines: int, *tags: str) -> dict:
        source = [f"{line}\n" for line in range(lines)]
        return {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}

    folded = [cell("code", 9, tag) for tag in sorted(FOLDED)]
    cells = [cell("markdown", 40), cell("code", 3), *folded, cell("code", 16)]
    assert shown({"cells": cells}) == [3, 16]
    assert table({"a": [3, 16]}).splitlines()[1].split() == ["a", "2", "9.5", "1"]


def test_the_cells_of_the_book_stay_as_short_as_they_are():
    chapters = of_the_book()
    lengths = [n for those in chapters.values() for n in those]
    assert len(lengths) > 300  # a rule that is kept by hiding everything is none
    assert median(lengths) <= HALF_HAVE_AT_MOST, table(chapters)
    assert sum(n > LONG for n in lengths) <= LONG_CELLS, table(chapters)
