"""What the chapter *Learning through time* claims, run from its own cells.

Skipped are the cells that draw and those that train; they run when the book is built.
"""

from __future__ import annotations

import numpy as np
import pytest
from chapters import code_cells, execute, missing, run

from rnnbook import hello
from rnnbook.numpy_networks import rnn

PICTURES = {"picture", "chain-rule", "live"}
TRAINED = {"truncation-measured", "truncation-losses"}


@pytest.fixture(scope="module")
def chapter():
    skipped, given = PICTURES | TRAINED, {"hello": hello}
    return run("learning-through-time", "adagrad-first-step", skipped, given)


def test_the_way_back_begins_with_the_measured_slopes(chapter):
    logits, target = chapter["logits"], chapter["target"]
    np.testing.assert_array_equal(logits, hello.LOGITS[0])
    nudges = 1e-5 * np.eye(4)
    slopes = [
        chapter["loss_of"](logits + nudge, target) - chapter["loss_of"](logits - nudge, target)
        for nudge in nudges
    ]
    pushed = chapter["softmax"](logits) - np.eye(4)[target]
    np.testing.assert_allclose(pushed, np.array(slopes) / 2e-5, atol=1e-8)


def test_dhnext_is_what_the_later_losses_say(chapter):
    own, later = chapter["own"], chapter["later"]
    np.testing.assert_allclose(chapter["first_part"], own, atol=1e-6)
    np.testing.assert_allclose(chapter["d_next"], later, atol=1e-6)
    assert (np.abs(later) > 1).all()


def test_the_state_acts_on_its_own_loss_and_on_every_later_one(chapter):
    for t in range(4):
        slopes = chapter["state_slopes"](t)
        assert slopes.shape == (3, 4 - t)
        assert (np.abs(slopes).max(axis=0) > 1e-3).all()


@pytest.mark.parametrize("learning_rate", [1e-4, 1e-3, 1e-2, 1e-1])
def test_one_update_on_hello_makes_every_right_letter_likelier(chapter, learning_rate):
    x, y = chapter["hello_x"], chapter["hello_y"]
    updated = chapter["descend"](chapter["hello_weights"], x, y, learning_rate)
    _, before = chapter["forward"](chapter["hello_weights"], x, np.zeros(3))
    _, after = chapter["forward"](updated, x, np.zeros(3))
    assert (after[np.arange(4), y] > before[np.arange(4), y]).all()


def test_a_trained_network_gets_all_four_letters(chapter):
    _, probs = chapter["forward"](chapter["trained"], chapter["hello_x"], np.zeros(3))
    assert (probs.argmax(axis=1) == chapter["hello_y"]).all()


def test_a_wrong_backward_pass_would_fail_the_gradient_check(chapter):
    """Without what flows back from the next step, the check must notice."""
    source = chapter["slow"]["W_hh"]
    hidden, probs = chapter["forward"](chapter["small"], chapter["small_x"], chapter["small_h"])
    total = np.zeros_like(source)
    for t, target in enumerate(chapter["small_y"]):
        d_logits = probs[t].copy()
        d_logits[target] -= 1
        d_pre = (1 - hidden[t + 1] ** 2) * (chapter["small"]["W_hy"].T @ d_logits)
        total += np.outer(d_pre, hidden[t])
    difference = np.linalg.norm(total - source)
    assert difference / (np.linalg.norm(total) + np.linalg.norm(source)) > 1e-2


def test_every_mistake_of_the_chapter_is_one_that_the_check_finds(chapter, capsys):
    execute("".join(code_cells("learning-through-time")["mistakes-run"]["source"]),
            "mistakes", dict(chapter))  # fmt: skip
    errors = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()]
    assert len(errors) == len(chapter["MISTAKES"]) and min(errors) > 0.1


def test_the_published_check_never_looks_at_its_targets(chapter):
    window = chapter["small"], chapter["small_x"]
    names = chapter["published_check"].__globals__
    names["targets"] = chapter["small_y"]
    errors = [
        chapter["published_check"](*window, given, chapter["small_h"], np.random.default_rng(3))
        for given in (chapter["small_y"], None)
    ]
    np.testing.assert_array_equal(*errors)
    del names["targets"]
    with pytest.raises(NameError):
        chapter["published_check"](*window, None, chapter["small_h"], np.random.default_rng(3))


def test_the_window_cuts_the_gradient_and_not_the_loss(chapter):
    weights = rnn.init_weights(len(chapter["vocab"]), 100, np.random.default_rng(0), 0.1)
    x, y = chapter["ids"][:60], chapter["ids"][1:61]
    whole_loss, whole = chapter["gradient_in_pieces"](weights, x, y, 60)
    errors = []
    for size in (30, 10, 1):
        loss, cut = chapter["gradient_in_pieces"](weights, x, y, size)
        assert loss == pytest.approx(whole_loss)
        errors.append(chapter["relative_error"](cut, whole))
    assert 1e-6 < errors[0] < errors[1] < errors[2]


@pytest.mark.parametrize(
    ("length", "unread"), [(26, 0), (27, 1), (28, 2), (51, 25), (52, 1), (60, 9), (1_000, 24)]
)
def test_the_published_windows_leave_a_tail(chapter, length, unread):
    """As in the original: a window is read while its end and one more are before the end."""
    names = dict(chapter)
    execute("".join(code_cells("learning-through-time")["trap-tail-code"]["source"]), "tail", names)
    read = sum(len(x) for x, _ in names["published_windows"]("a" * length))
    assert length - 1 - read == unread


def test_a_file_shorter_than_a_window_breaks_the_published_program(chapter):
    names = dict(chapter)
    execute("".join(code_cells("learning-through-time")["trap-tail-code"]["source"]), "tail", names)
    with pytest.raises(IndexError):
        names["published_windows"]("a" * 25)


def test_every_section_has_a_summary_and_every_exercise_a_solution():
    assert not missing("learning-through-time")
