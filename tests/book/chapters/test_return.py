"""What the chapter *The return of recurrence* writes by hand, held against the package.

The chapter itself proves its scans and its minGRU equal to the loop when the book is built.
"""

from __future__ import annotations

import numpy as np
import pytest
from chapters import code_cells, execute
from conftest import random_checkpoint
from hypothesis import given
from hypothesis import strategies as some

from rnnbook.numpy_networks import scans

WANTED = ("loop", "join-code", "side-by-side", "mingru", "fit-parity", "copying", "tables",
          "mirrors", "lstm", "lstm-cells", "lstm-before", "guess", "newton-code", "newton-round",
          "by-newton-code", "solution-minlstm")  # fmt: skip
#: What the cell of a solution runs after its function.
RUN = "\n\n\ngates ="


@pytest.fixture(scope="module")
def chapter():
    """The chapter's functions, over a small LSTM with random weights."""
    checkpoint = random_checkpoint(hidden_size=6)
    names = {
        "np": np, "rng": np.random.default_rng(0), "scans": scans, "shakespeare": checkpoint
    }  # fmt: skip
    for cell_id, cell in code_cells("return").items():
        if cell_id in WANTED:
            source = "".join(cell["source"])
            execute(source.split(RUN)[0], f"return/{cell_id}", names)
    return names


@given(length=some.integers(1, 70), seed=some.integers(0, 99))
def test_five_lines_give_all_states(chapter, length, seed):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(-1, 1, (length, 3)), rng.normal(size=(length, 3))
    wanted = scans.sequential(a, b)
    np.testing.assert_allclose(chapter["loop"](a, b), wanted, atol=1e-12)
    np.testing.assert_allclose(chapter["side_by_side"](a, b), wanted, atol=1e-12)


def test_two_steps_are_joined_as_in_the_package(chapter):
    first, second = (0.5, 3.0), (-2.0, 1.0)
    assert chapter["join"](first, second) == scans.compose(first, second) == (-1.0, -5.0)


def test_newton_and_scans_find_the_lstms_states(chapter):
    model = chapter["lstm"]
    text = "bad cafe.\nhead" * 3
    true = model.trace(text).hidden[0]
    from_x = chapter["table"][model.vocab.encode(text)]
    assert chapter["by_newton"](from_x, true) <= len(text)
    assert chapter["by_scans"](from_x, true) <= len(text)
    assert chapter["by_newton"](from_x, true + 1) is None  # it says so if it does not get there


def test_a_table_that_is_corrected_gives_the_last_value(chapter):
    assert chapter["recalled"]("delta", 2, 8) > 0.95 > chapter["recalled"]("add", 8, 8)
    assert chapter["recalled"]("add", 2, 1) == 1


def test_a_mirror_twice_is_nothing_and_two_mirrors_turn(chapter):
    mirror = chapter["mirror"]
    np.testing.assert_allclose(mirror(0.4) @ mirror(0.4), np.eye(2), atol=1e-12)
    turn = mirror(np.pi / 3) @ mirror(0.0)
    np.testing.assert_allclose(np.linalg.matrix_power(turn, 3), np.eye(2), atol=1e-12)


def test_what_fits_is_copied_and_what_does_not_is_not(chapter):
    assert chapter["copied"](64, 4, texts=1_500) > 0.99
    assert chapter["copied"](16, 32, texts=1_500) < 0.3


def test_minlstm_goes_on_from_a_state(chapter):
    rng = np.random.default_rng(1)
    x, gates = rng.normal(size=(20, 4)), rng.normal(size=(3, 5, 4))
    whole = chapter["minlstm"](x, *gates)
    for cut in (1, 7, 19):
        carried = chapter["minlstm"](x[cut:], *gates, h=whole[cut - 1])
        np.testing.assert_allclose(carried, whole[cut:], atol=1e-12)
