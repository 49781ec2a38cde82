"""What the chapter *Long memory* teaches, run from its own cells.

The chapter checks its numbers itself when the book is built; here is what can be
asked of its step without any training.
"""

import json

import numpy as np
import pytest
from paths import ROOT

from rnnbook.numpy_networks.model import lstm_cell

NOTEBOOK = ROOT / "book" / "lstm.ipynb"
WANTED = ("lstm-step", "latch-weights", "latch-run")


@pytest.fixture(scope="module")
def chapter():
    """The names that the cells of the LSTM's step define."""
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    cells = {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}
    names = {"np": np}
    for cell_id in WANTED:
        exec(compile(cells[cell_id], cell_id, "exec"), names)
    return names


@pytest.fixture
def arrays():
    """x_t, h, c, W_xh, W_hh, b_h for E = 3 and H = 5."""
    rng = np.random.default_rng(0)
    shapes = ((3,), (5,), (5,), (20, 3), (20, 5), (20,))
    return [rng.standard_normal(shape) for shape in shapes]


def test_the_step_is_that_of_the_package(chapter, arrays):
    x_t, h, c, W_xh, W_hh, b_h = arrays
    ours = chapter["lstm_step"](*arrays)
    from_x, from_h = W_xh @ x_t + b_h, W_hh @ h
    *theirs, _ = lstm_cell(from_x[None], from_h[None], c[None])
    np.testing.assert_allclose(ours, [array[0] for array in theirs], rtol=1e-12)


def test_the_step_is_that_of_pytorch(chapter, arrays):
    torch = pytest.importorskip("torch")
    x_t, h, c, W_xh, W_hh, b_h = map(torch.tensor, arrays)
    theirs = torch.lstm_cell(x_t[None], (h[None], c[None]), W_xh, W_hh, b_h, 0 * b_h)
    ours = chapter["lstm_step"](*arrays)
    np.testing.assert_allclose(ours, [array[0].numpy() for array in theirs], rtol=1e-12)


def test_the_latch_remembers_from_bracket_to_bracket(chapter):
    line, kept = chapter["line"], np.array(chapter["kept"])
    inside = np.zeros(len(line), dtype=bool)
    inside[line.index("[") : line.index("]")] = True
    np.testing.assert_allclose(kept, inside, atol=1e-6)
