"""What the chapter *Looking inside* defines, run from its own cells.

The chapter checks its numbers itself when the book is built; here is what can be asked
of its functions without a network.
"""

import json

import numpy as np
import pytest
from paths import ROOT

from rnnbook import inspection
from rnnbook.inspection.detectors import DETECTORS

NOTEBOOK = ROOT / "book" / "inside.ipynb"
CELLS = {
    cell["id"]: "".join(cell["source"])
    for cell in json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]
}


def names_of(cell_id: str, until: str = "") -> dict:
    source = CELLS[cell_id]
    names = {"np": np, "inspection": inspection}
    exec(compile(source[: source.index(until)] if until else source, cell_id, "exec"), names)
    return names


def test_a_unit_counts_by_its_weaker_half_and_only_in_one_direction():
    weaker_half = names_of("weaker-half-code")["weaker_half"]
    holds = np.arange(400) % 4 == 0
    right = holds.astype(float)
    turned = np.where(np.arange(400) < 200, right, -right)  # inside is large, then small
    late = np.where(np.arange(400) < 200, 0.0, right)  # idle in the first half
    found = weaker_half(np.column_stack([right, -right, turned, late]), holds)
    assert found.tolist() == [1, 1, 0.5, 0.5]


def test_what_is_sought_and_listed_has_a_detector():
    sought = names_of("properties")["SOUGHT"]
    lists = names_of("share-code")["LISTS"]
    assert set(lists) <= set(sought)
    for names in (*sought.values(), *lists.values()):
        assert set(names) <= set(DETECTORS)


def test_the_counter_of_the_exercise_starts_anew_at_a_full_stop():
    since_stop = names_of("solution-own", until="count = since")["since_stop"]
    assert since_stop("ab. c").tolist() == [1, 2, 0, 1, 2]
    assert since_stop("x" * 300).max() == 200


@pytest.mark.parametrize("cell_id", [name for name in CELLS if name.startswith("exercise")])
def test_every_exercise_has_a_solution_below_it(cell_id):
    order = list(CELLS)
    assert order[order.index(cell_id) + 1].startswith("solution")
