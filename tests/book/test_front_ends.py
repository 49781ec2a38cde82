"""The table of front ends names releases that are the ones in use, and reads as it is written."""

from __future__ import annotations

import pytest
from docutils import nodes
from paths import ROOT

from rnnbook.book import front_ends

ROWS = front_ends.rows(ROOT / "book")
PINS = dict(
    line.lower().split("==")
    for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    if "==" in line and not line.startswith("#")
)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['name']}, {row['how']}")
def test_a_front_end_was_looked_at_with_the_release_that_is_pinned(row):
    assert set(front_ends.COLUMNS.values()) <= set(row)
    assert row["seen"].endswith(".")
    assert row["name"] in ("marimo", "mystmd") or "pins" in row or "Not tried" in row["seen"]
    for name, version in row.get("pins", {}).items():
        assert PINS[name] == version, f"look again at {row['name']} with {name} {PINS[name]}"
        assert version in row["version"]


def test_backticks_enclose_code():
    parts = front_ends.cell("as `a b`, and `c`")
    assert [(type(part), part.astext()) for part in parts] == [
        (nodes.Text, "as "), (nodes.literal, "a b"), (nodes.Text, ", and "), (nodes.literal, "c"),
    ]  # fmt: skip
