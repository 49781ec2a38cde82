"""What the chapter *A network with memory* claims, run from its own cells.

The cells that draw, and those that ask a trained network, run when the book is built.
"""

from __future__ import annotations

import numpy as np
import pytest
from chapters import code_cells, execute, missing, run

from rnnbook import hello
from rnnbook.language_model import softmax
from rnnbook.numpy_networks import rnn

PICTURES = {"live", "unrolled-picture", "wired-picture"}
TRAINED = {"dropped-load", "dropped-loss", "dropped-table", "dropped-figure"}


@pytest.fixture(scope="module")
def chapter():
    return run("memory", last="deep-equal", skipped=PICTURES | TRAINED)


def right(chapter, weights):
    """How many of the four letters a network gets right."""
    start = np.zeros(len(weights["b_h"]))
    _, probs = chapter["forward"](weights, chapter["hello_x"], start)
    return int((probs.argmax(axis=1) == chapter["hello_y"]).sum())


def test_the_first_loss_is_ln_v(chapter):
    assert chapter["first_loss"] == pytest.approx(np.log(chapter["vocab_size"]), abs=0.01)


def test_the_hello_network_computes_the_published_states_and_logits(chapter):
    hidden, probs = chapter["forward"](chapter["hello_weights"], chapter["hello_x"], np.zeros(3))
    np.testing.assert_array_equal(hidden[1:].round(1), hello.HIDDEN.round(1))
    np.testing.assert_allclose(probs, chapter["softmax"](hello.LOGITS), atol=1e-9)


def test_memory_makes_the_difference_between_three_and_four_letters(chapter):
    assert chapter["best"] == 3
    assert right(chapter, chapter["wired"]) == 4
    assert right(chapter, chapter["cut"]) == chapter["hits"] == 3


@pytest.mark.parametrize("unit", range(4))
def test_no_other_weight_of_the_wired_network_remembers(chapter, unit):
    """Its one recurrent weight leads from unit 2 to unit 3."""
    found = np.argwhere(chapter["wired"]["W_hh"])
    np.testing.assert_array_equal(found, [[3, 2]])
    elsewhere = np.zeros((4, 4))
    elsewhere[3, unit] = 5
    hits = right(chapter, chapter["wired"] | {"W_hh": elsewhere})
    assert (hits == 4) == (unit == 2)


def test_the_step_is_the_equation(chapter):
    rng = np.random.default_rng(0)
    weights = rnn.init_weights(5, 7, rng, scale=0.6)
    weights |= {"b_h": rng.standard_normal(7), "b_y": rng.standard_normal(5)}
    h = rng.uniform(-1, 1, size=7)
    for char_id, x in enumerate(np.eye(5)):
        new, logits = chapter["step"](weights, char_id, h)
        pre = weights["W_xh"] @ x + weights["W_hh"] @ h + weights["b_h"]
        np.testing.assert_allclose(new, np.tanh(pre))
        np.testing.assert_allclose(logits, weights["W_hy"] @ new + weights["b_y"])


def test_the_softmax_is_that_of_the_package_and_never_overflows(chapter):
    logits = np.array([[1.0, 2.0, 3.0], [1e4, 0.0, -1e4]])
    np.testing.assert_allclose(chapter["softmax"](logits), softmax(logits))


def test_a_deep_step_with_one_layer_is_the_step(chapter):
    weights = rnn.init_weights(5, 7, np.random.default_rng(1), scale=0.6)
    named = {f"layers.0.{name}": weights[name] for name in ("W_xh", "W_hh", "b_h")}
    named |= {name: weights[name] for name in ("W_hy", "b_y")}
    h = np.linspace(-1, 1, 7)
    (deep,), deep_logits = chapter["deep_step"](named, 3, [h])
    plain, logits = chapter["step"](weights, 3, h)
    np.testing.assert_allclose(deep, plain)
    np.testing.assert_allclose(deep_logits, logits)


def test_a_dropped_state_is_missed(chapter):
    x = chapter["ids"][:50]
    kept, dropped = (
        chapter["read_in_pieces"](chapter["strong"], x, 5, keep_state)
        for keep_state in (True, False)
    )
    assert np.abs(kept - dropped).max() > 1e-3


def test_luck_finds_networks_with_memory_and_none_without(chapter, capsys):
    names = dict(chapter)
    execute("".join(code_cells("memory")["solution-luck"]["source"]), "solution-luck", names)
    with_memory, without = (line.split("[")[1] for line in capsys.readouterr().out.splitlines())
    assert int(with_memory.strip("]").split()[-1]) > 0
    assert int(without.strip("]").split()[-1]) == 0


def test_the_latch_holds_for_as_long_as_the_bracket_is_open(chapter):
    names = dict(chapter)
    execute("".join(code_cells("memory")["solution-latch"]["source"]), "solution-latch", names)
    inside = np.maximum.accumulate([char == "[" for char in "a[" + "a" * 500])
    ids = ["[]a".index(char) for char in "a[" + "a" * 500]
    hidden, _ = chapter["forward"](names["latch"], ids, np.array([-1.0]))
    np.testing.assert_array_equal(hidden[1:, 0] > 0.9, inside)
    assert (np.abs(hidden[1:, 0]) > 0.9).all()


def test_every_section_has_a_summary_and_every_exercise_a_solution():
    assert not missing("memory")
