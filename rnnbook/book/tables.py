"""Tables as docutils nodes, for the pages that the build fills in."""

from __future__ import annotations

from collections.abc import Sequence

from docutils import nodes

Cell = Sequence[nodes.Node]


def simple_table(header: Sequence[str], rows: Sequence[Sequence[Cell]]) -> nodes.Node:
    """A table under a header; a cell is what stands in its line."""
    group = nodes.tgroup("", *(nodes.colspec(colwidth=1) for _ in header), cols=len(header))
    group += nodes.thead("", _row([[nodes.Text(name)] for name in header]))
    group += nodes.tbody("", *map(_row, rows))
    return nodes.table("", group)


def _row(cells: Sequence[Cell]) -> nodes.row:
    return nodes.row("", *(nodes.entry("", nodes.paragraph("", "", *cell)) for cell in cells))
