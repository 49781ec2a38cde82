"""A chapter's code cells, for the tests that run them."""

from __future__ import annotations

import json
import linecache
import re
from collections.abc import Collection, Mapping
from typing import Any

from paths import ROOT

BOOK = ROOT / "book"


def code_cells(name: str) -> dict[str, dict[str, Any]]:
    """The code cells of a chapter by their ids."""
    notebook = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"] if cell["cell_type"] == "code"}


def run(
    name: str, last: str, skipped: Collection[str] = (), given: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """The names that a chapter has defined when its cells up to ``last`` were run in order.

    ``given`` are those that a skipped cell would have defined.
    """
    names = dict(given or {})
    cells = code_cells(name)
    assert {last, *skipped} <= set(cells), f"{name} has lost a cell that is named here"
    for cell_id, cell in cells.items():
        if cell_id not in skipped:
            execute("".join(cell["source"]), f"{name}/{cell_id}", names)
        if cell_id == last:
            break
    return names


def execute(source: str, name: str, names: dict[str, Any]) -> None:
    """Run a cell; ``inspect`` finds its functions' sources under the name."""
    linecache.cache[name] = (len(source), None, source.splitlines(keepends=True), name)
    exec(compile(source, name, "exec"), names)


def missing(name: str) -> list[str]:
    """What a chapter lacks: sections without a summary, exercises without a solution."""
    notebook = json.loads((BOOK / f"{name}.ipynb").read_text(encoding="utf-8"))
    cells = notebook["cells"]
    text = "\n\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    parts = [part.partition("\n") for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]]
    found = [
        heading
        for heading, _, body in parts
        if not re.match(r"Where this|Exercises|Further", heading) and "*Summary: " not in body
    ]
    for cell, after in zip(cells, [*cells[1:], {"metadata": {}}], strict=True):
        exercise = re.search(r"^\*\*\d+\.\*\*", "".join(cell["source"]), re.MULTILINE)
        solved = "hide-cell" in after["metadata"].get("tags", [])
        if cell["cell_type"] == "markdown" and exercise and not solved:
            found.append(f"a solution after {cell['id']}")
    return found
