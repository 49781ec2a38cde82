"""What becomes of a live figure in each front end: ``book/front-ends.toml`` as a table.

A Sphinx extension. The directive ``{front-ends}`` becomes the table.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rnnbook.book.tables import Cell, simple_table

FILE = "front-ends.toml"
#: The columns, with the keys of the file.
COLUMNS = {"Front end": "name", "Release": "version", "How": "how", "What was seen": "seen"}


def rows(folder: Path) -> list[dict[str, Any]]:
    """The front ends that were looked at, from a folder's ``front-ends.toml``."""
    content = tomllib.loads((folder / FILE).read_text(encoding="utf-8"))
    found: list[dict[str, Any]] = content["front_end"]
    return found


def cell(text: str) -> Cell:
    """A line of text in which backticks enclose code."""
    parts = text.split("`")
    return [nodes.literal(part, part) if place % 2 else nodes.Text(part)
            for place, part in enumerate(parts) if part]  # fmt: skip


class _FrontEnds(SphinxDirective):
    has_content = False

    def run(self) -> list[nodes.Node]:
        folder = Path(self.env.srcdir)
        self.env.note_dependency(str(folder / FILE))
        cells = [[cell(row[key]) for key in COLUMNS.values()] for row in rows(folder)]
        return [simple_table(tuple(COLUMNS), cells)]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_directive("front-ends", _FrontEnds)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
