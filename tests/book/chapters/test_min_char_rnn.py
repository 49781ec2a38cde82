"""What the chapter *min-char-rnn, whole* claims, run from its own cells.

The long training and what follows it run when the book is built. Here the program runs
for a few windows.
"""

from __future__ import annotations

from itertools import islice

import numpy as np
import pytest
from chapters import code_cells, execute, missing, run

from rnnbook import corpora
from rnnbook.numpy_networks import rnn

LAST = "program-sample"  # the cells up to here need no training
WINDOWS = 10  # so many agree before rounding parts two runs at the published rate


@pytest.fixture(scope="module")
def cells():
    return code_cells("min-char-rnn")


@pytest.fixture(scope="module")
def chapter():
    return run("min-char-rnn", LAST, skipped={"live"}, given={"corpora": corpora})


@pytest.fixture(scope="module")
def trained(chapter, cells):
    """The loop, with fewer windows."""
    names = dict(chapter)
    start, loop = ("".join(cells[name]["source"]) for name in ("training-start", "training-loop"))
    assert "8_000" in start and "(100, 500, 2_000, NUM_STEPS)" in start
    start = start.replace("8_000", str(WINDOWS)).replace("(100, 500, 2_000, NUM_STEPS)", "(4, 10)")
    execute(start, "training-start", names)
    execute(loop, "training-loop", names)
    return names


def test_the_program_computes_what_the_package_computes(chapter):
    rng = np.random.default_rng(0)
    weights = rnn.init_weights(7, 8, rng, scale=0.5)
    x, y = rng.integers(0, 7, size=(2, 10))
    h = rng.uniform(-1, 1, size=8)
    hidden, probs = chapter["forward"](weights, x, h)
    gradients = chapter["backward"](weights, x, y, hidden, probs)
    loss, theirs, their_h = rnn.loss_and_gradients(weights, x[None], y[None], h[None])
    assert chapter["window_loss"](probs, y) == pytest.approx(loss)
    np.testing.assert_allclose(hidden[-1], their_h[0])
    for name in weights:
        np.testing.assert_allclose(gradients[name], theirs[name], atol=1e-10)


def test_the_loop_is_the_packages(trained):
    rng = np.random.default_rng(11)
    weights = rnn.init_weights(trained["vocab_size"], 100, rng)
    steps = islice(rnn.train(trained["ids"], weights), WINDOWS)
    np.testing.assert_allclose(trained["losses"], [step.loss for step in steps], rtol=1e-6)


def test_the_loop_starts_at_ln_v_and_keeps_what_it_was_at_each_stage(trained):
    assert trained["losses"][0] == pytest.approx(np.log(trained["vocab_size"]), abs=0.01)
    assert list(trained["snapshots"]) == [0, 4, 10]
    first, last = (trained["snapshots"][number][0]["W_hh"] for number in (0, 10))
    assert np.abs(first - last).max() > 0.01


def test_the_same_seed_writes_the_same_text(chapter):
    weights = rnn.init_weights(chapter["vocab_size"], 20, np.random.default_rng(0))
    first, second, other = (
        chapter["sample"](weights, 3, np.zeros(20), 50, np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    assert first == second != other
    assert len(first) == 50 and set(first) <= set(chapter["chars"])


def test_the_program_is_seven_cells_of_about_a_hundred_lines(cells):
    names = list(cells)
    program = names[names.index("program-text") : names.index("program-lines")]
    assert len(program) == 7 and program[-1] == "training-loop"
    lines = [line for name in program for line in "".join(cells[name]["source"]).splitlines()]
    assert 50 < len([line for line in lines if line.strip()]) <= 100


def test_the_chapter_keeps_to_its_shape(cells):
    for cell_id, cell in cells.items():
        lines = "".join(cell["source"]).splitlines()
        assert len(lines) <= 25, cell_id
        assert max(map(len, lines)) <= 79, cell_id
        assert not cell["outputs"] and cell["execution_count"] is None, cell_id


def test_every_section_has_a_summary_and_every_exercise_a_solution():
    assert not missing("min-char-rnn")
