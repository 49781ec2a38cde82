"""Finding units: planted ones are found, and chance is not."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from conftest import KINDS, own_ids, random_checkpoint

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.inspection import PROPERTIES
from rnnbook.language_model import softmax

pytestmark = pytest.mark.numerical


def test_positions_and_depths():
    assert inspection.line_position("ab\n\nc").tolist() == [0, 1, 2, 0, 0]
    assert inspection.bracket_depth("a(b[c])d)").tolist() == [0, 1, 1, 2, 2, 1, 0, 0, 0]


@pytest.mark.parametrize(
    ("name", "text", "inside"),
    [
        ("inside quotes", 'a "b c" d', "  1111"),
        ("in a speaker's name", "KING LEAR:\nO Fool\n", "111111111"),
        ("in a capital letter", "aBc", " 1 "),
        ("in a comment", "x = 1 # two\ny", "      11111"),
        ("in a link", "see [[a b]] now", "    11111"),
        ("in a number", "a12b", " 11 "),
    ],
)
def test_properties_hold_where_they_should(name, text, inside):
    wanted = [inside[t : t + 1] == "1" for t in range(len(text))]
    assert PROPERTIES[name](text).tolist() == wanted


def test_auc_is_the_share_of_pairs_in_order():
    rng = np.random.default_rng(0)
    values, labels = rng.integers(0, 5, (60, 3)).astype(float), rng.random(60) < 0.4
    for unit, found in enumerate(inspection.auc(values, labels)):
        inside, outside = values[labels, unit], values[~labels, unit]
        order = np.sign(inside[:, None] - outside) / 2 + 0.5
        assert found == pytest.approx(order.mean())


def test_a_planted_unit_is_found_with_its_sign():
    rng = np.random.default_rng(1)
    labels = np.repeat(rng.random(100) < 0.5, 20)
    values = rng.normal(size=(2000, 8))
    values[:, 5] -= 3 * labels
    found = inspection.find_unit(values, labels)
    assert (found.unit, found.sign) == (5, -1) and found.score > 0.95
    null = inspection.shifted_scores(values, labels, rng)
    assert null.max() < 0.8 < found.score


def test_noise_is_not_found():
    rng = np.random.default_rng(2)
    found = inspection.find_unit(rng.normal(size=(4000, 50)), rng.random(4000) < 0.3)
    assert 0.4 < found.score < 0.6


def test_a_property_that_is_never_there_is_an_error():
    with pytest.raises(TextError, match="everywhere or nowhere"):
        inspection.auc(np.zeros((4, 2)), np.zeros(4, dtype=bool))


def test_ranked_units_begin_with_the_planted_one():
    rng = np.random.default_rng(3)
    labels = np.repeat(rng.random(60) < 0.5, 20)
    values = rng.normal(size=(1200, 6))
    values[:, 4] -= 2 * labels
    ranked = inspection.rank_units(values, labels)
    assert (ranked[0].unit, ranked[0].sign) == (4, -1) and ranked[0].score > 0.85
    assert sorted(found.unit for found in ranked) == list(range(6))
    assert ranked[0] == inspection.find_unit(values, labels)


def test_counts_are_scored_by_correlation():
    rng = np.random.default_rng(3)
    counts = np.tile(np.arange(20), 30)
    values = rng.normal(size=(600, 6))
    values[:, 2] -= counts / 4
    values[:, 5] = 1  # stands still
    ranked = inspection.rank_units(values, counts)
    expected = np.corrcoef(values[300:, 2], counts[300:])[0, 1] ** 2
    assert ranked[0].unit == 2 and ranked[0].score == pytest.approx(expected)
    assert ranked[-1].unit == 5 and ranked[-1].score == 0
    with pytest.raises(TextError, match="each half"):
        inspection.rank_units(values, np.zeros(600, dtype=int))


def test_influence_is_what_a_changed_character_changes():
    checkpoint = random_checkpoint()
    model, ids = checkpoint.model(), checkpoint.vocab.encode("ab ha.")
    found = inspection.influence(model, ids)

    def guess(changed):
        logits, _ = model.read(changed[None], model.initial_state())
        return softmax(logits[0, -1].astype(float))

    for t in range(len(ids)):
        changed = ids.copy()
        changed[t] = checkpoint.vocab.encode("e" if checkpoint.vocab[int(ids[t])] == " " else " ")[
            0
        ]
        p, q = guess(ids), guess(changed)
        assert found[t] == pytest.approx((p * np.log2(p / q)).sum(), rel=1e-3, abs=1e-7)
    assert found[-1] > found[0] > 0


def test_the_second_half_decides():
    """A unit that tracks a property only where it was chosen scores as chance."""
    rng = np.random.default_rng(4)
    labels = np.repeat(rng.random(200) < 0.5, 20)
    values = rng.normal(size=(4000, 5))
    values[:2000, 3] += 3 * labels[:2000]
    found = inspection.rank_units(values, labels)[0]
    assert found.unit == 3 and abs(found.score - 0.5) < 0.1


@pytest.mark.parametrize("null", [inspection.shifted_scores, inspection.permuted_scores])
def test_nulls_are_what_the_search_finds_in_moved_labels(null):
    values = np.random.default_rng(5).normal(size=(600, 4))
    labels = np.repeat(np.random.default_rng(6).random(60) < 0.5, 10)
    found = null(values, labels, np.random.default_rng(7), 3)
    rng = np.random.default_rng(7)
    if null is inspection.permuted_scores:
        moved = [rng.permutation(labels) for _ in range(3)]
    else:
        moved = [np.roll(labels, int(shift)) for shift in rng.integers(60, 540, size=3)]
    np.testing.assert_allclose(
        found, [inspection.find_unit(values, row).score for row in moved], rtol=1e-12
    )


def test_nulls_of_counts_and_of_rows_that_stand_still():
    rng = np.random.default_rng(8)
    counts = np.repeat(rng.integers(0, 9, 60), 10)
    values = rng.normal(size=(600, 4)) + counts[:, None]
    assert inspection.rank_units(values, counts)[0].score > 0.8
    assert inspection.permuted_scores(values, counts, rng, 5).max() < 0.1
    few = np.arange(600) == 300  # every shift leaves one half without it
    assert (inspection.shifted_scores(values, few, rng, 5) == 0.5).all()
    assert (inspection.shifted_scores(values, few * 2, rng, 5) == 0).all()


def test_units_that_reach_a_threshold_do_so_on_both_halves():
    rng = np.random.default_rng(9)
    rows = np.stack([np.repeat(rng.random(100) < 0.5, 20), np.zeros(2000, dtype=bool)])
    values = rng.normal(size=(2000, 4))
    values[:, 1] -= 5 * rows[0]  # on both halves
    values[:1000, 2] += 5 * rows[0, :1000]  # on one
    values[:, 3] += np.where(np.arange(2000) < 1000, 5, -5) * rows[0]  # with another sign
    reached = inspection.Search(values).reached(rows, 0.9)
    assert reached.tolist() == [[False, True, False, False], [False] * 4]


def test_memory_is_influence_by_lag():
    model = random_checkpoint().model()
    windows = np.stack([model.vocab.encode(text) for text in ("ab ha.", "fed ch")])
    found = inspection.memory(model, windows, (1, 3, 6))
    for row, window in zip(found, windows, strict=True):
        np.testing.assert_allclose(
            row, inspection.influence(model, window)[[-1, -3, -6]], rtol=1e-4
        )
    with pytest.raises(TextError, match="between 1 and the length of the windows, 6"):
        inspection.memory(model, windows, (7,))


def test_a_network_without_recurrent_weights_remembers_one_character():
    checkpoint = random_checkpoint("rnn")
    checkpoint.weights["layers.0.W_hh"][:] = 0
    windows = checkpoint.vocab.encode("abhade")[None]
    found = inspection.memory(checkpoint.model(), windows, (1, 2, 5))[0]
    assert found[0] > 1e-3 and found[1] == found[2] == 0


@pytest.mark.parametrize("kind", KINDS)
def test_values_of_units_are_bounded_and_stand_layer_after_layer(kind):
    model = random_checkpoint(kind, num_layers=2).model()
    trace = inspection.trace(model, "a bad cab")
    values = inspection.unit_values(trace)
    assert values.shape == (9, 24) and np.abs(values).max() <= 1
    upper = trace.hidden[1] if trace.cell is None else np.tanh(trace.cell[1])
    assert (values[:, 12:] == upper).all()


def test_streams_give_the_same_log_probabilities():
    model = random_checkpoint().model()
    ids = np.array(own_ids(model, 3000))
    one = inspection.log_probs(model, ids)
    trace = inspection.trace(model, model.vocab.decode(ids))
    np.testing.assert_allclose(one, inspection.right_log_probs(trace.logits, ids), atol=1e-5)
    np.testing.assert_allclose(inspection.log_probs(model, ids, num_streams=7), one, atol=1e-3)
    assert one.shape == (2999,)
    with pytest.raises(TextError, match="nothing to read"):
        inspection.log_probs(model, ids[:1])


def test_importing_it_loads_neither_scikit_learn_nor_pygments():
    """Live figures import it in every kernel; what only experiments need stays out."""
    code = (
        "import sys, rnnbook.inspection\n"
        "assert not {'sklearn', 'pygments', 'torch'} & {*sys.modules}"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_stretches_are_runs_and_not_characters():
    assert inspection.stretches(np.array([1, 1, 0, 0, 1, 0, 1, 1], dtype=bool)) == 3
    assert inspection.stretches(np.array([0, 2, 3, 0, 1])) == 2
    assert inspection.stretches(np.zeros(4, dtype=bool)) == 0
