"""What a model guesses when it is shown only the end of a text."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import random_checkpoint

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.language_model import softmax
from rnnbook.ngram import NGram
from rnnbook.text import Vocab

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("kind", ["rnn", "lstm"])
def test_a_network_starts_from_nothing_before_each_length(kind):
    model = random_checkpoint(kind).model()
    ids = np.array([0, 2, 1, 1, 3, 0])
    found = inspection.by_context(model, ids, [0, 2, 6])
    np.testing.assert_allclose(found[0], softmax(model.weights["b_y"].astype(float)), atol=1e-6)
    for row, length in ((1, 2), (2, 6)):
        logits, _ = model.read(ids[None, -length:], model.initial_state())
        np.testing.assert_allclose(found[row], softmax(logits[0, -1].astype(float)), atol=1e-6)
    np.testing.assert_allclose(found.sum(axis=1), 1)


def test_a_counter_says_how_common_characters_are_and_looks_no_further_back():
    vocab = Vocab(list("ab"))
    counter = NGram(vocab, vocab.encode("aabab" * 8), order=2)
    common, one, many = inspection.by_context(counter, vocab.encode("bbbba"), [0, 1, 5])
    ids = np.array([0])
    np.testing.assert_allclose(np.log(common[ids]), counter.shortened(1).log_probs(ids))
    np.testing.assert_allclose(one, many)
    assert common[0] > 0.5 > one[0], "a is common, and rare after an a"


def test_no_more_can_be_shown_than_there_is():
    vocab = Vocab(list("ab"))
    counter = NGram(vocab, vocab.encode("abab"), order=2)
    for lengths in ([], [3], [-1]):
        with pytest.raises(TextError, match="0 to 2 can be shown"):
            inspection.by_context(counter, vocab.encode("ab"), lengths)
