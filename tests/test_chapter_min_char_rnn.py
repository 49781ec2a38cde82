"""What the chapter *min-char-rnn from nothing* claims, run from its own cells.

The long cells (the live training and what follows it) run when the book is built;
here are those that take no time.
"""

import json
from pathlib import Path

import numpy as np
import pytest

NOTEBOOK = Path(__file__).parent.parent / "book" / "min-char-rnn.ipynb"
SKIPPED = {"hello-drawing", "hello-picture"}  # pictures
LAST = "adagrad-first-step"  # the cells up to here need no training


@pytest.fixture(scope="module")
def cells():
    notebook = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    return {cell["id"]: cell for cell in notebook["cells"]}


@pytest.fixture(scope="module")
def chapter(cells):
    """The names the chapter has defined after each cell's source was run in order."""
    names = {}
    for cell_id, cell in cells.items():
        if cell["cell_type"] == "code" and cell_id not in SKIPPED:
            exec(compile("".join(cell["source"]), cell_id, "exec"), names)
        if cell_id == LAST:
            return names
    raise AssertionError(f"the chapter has no cell {LAST}")


def test_the_first_loss_is_ln_v(chapter):
    assert chapter["first_loss"] == pytest.approx(np.log(chapter["vocab_size"]), abs=0.01)


def test_the_hello_network_computes_the_published_states_and_logits(chapter):
    hidden, probs = chapter["forward"](chapter["hello_weights"], chapter["hello_x"], np.zeros(3))
    np.testing.assert_allclose(hidden[1:], chapter["HELLO_HIDDEN"], atol=0.05)
    np.testing.assert_allclose(probs, chapter["softmax"](chapter["HELLO_LOGITS"]), atol=0.02)


@pytest.mark.parametrize("learning_rate", [1e-4, 1e-3, 1e-2, 1e-1])
def test_one_update_on_hello_makes_every_right_letter_likelier(chapter, learning_rate):
    x, y = chapter["hello_x"], chapter["hello_y"]
    updated = chapter["descend"](chapter["hello_weights"], x, y, learning_rate)
    _, before = chapter["forward"](chapter["hello_weights"], x, np.zeros(3))
    _, after = chapter["forward"](updated, x, np.zeros(3))
    assert (after[np.arange(4), y] > before[np.arange(4), y]).all()


def test_memory_makes_the_difference_between_three_and_four_letters(chapter):
    assert chapter["best"] == 3
    _, probs = chapter["forward"](chapter["trained"], chapter["hello_x"], np.zeros(3))
    assert (probs.argmax(axis=1) == chapter["hello_y"]).all()


def test_a_wrong_backward_pass_would_fail_the_gradient_check(chapter):
    """Without what flows back from the next step, the check must notice."""
    source = chapter["by_hand"]["W_hh"]
    hidden, probs = chapter["forward"](chapter["small"], chapter["small_x"], chapter["small_h"])
    total = np.zeros_like(source)
    for t, target in enumerate(chapter["small_y"]):
        d_logits = probs[t].copy()
        d_logits[target] -= 1
        d_pre = (1 - hidden[t + 1] ** 2) * (chapter["small"]["W_hy"].T @ d_logits)
        total += np.outer(d_pre, hidden[t])
    difference = np.linalg.norm(total - source)
    assert difference / (np.linalg.norm(total) + np.linalg.norm(source)) > 1e-2


def test_the_chapter_keeps_to_its_shape(cells):
    for cell_id, cell in cells.items():
        if cell["cell_type"] != "code":
            continue
        lines = "".join(cell["source"]).splitlines()
        loop = "training-loop" in cell["metadata"].get("tags", [])
        assert len(lines) <= (40 if loop else 25), cell_id
        assert max(map(len, lines)) <= 79, cell_id
        assert not cell["outputs"] and cell["execution_count"] is None, cell_id
