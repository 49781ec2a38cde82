"""Finding units: planted ones are found, and chance is not."""

from __future__ import annotations

import numpy as np
import pytest

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.inspection import PROPERTIES


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
