"""Finding units: planted ones are found, and chance is not."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import random_checkpoint

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.inspection import PROPERTIES
from rnnbook.language_model import softmax


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
