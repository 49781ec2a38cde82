"""The n-gram baseline against counting by hand and against published scores."""

from __future__ import annotations

from collections import Counter
from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from paths import ROOT

from rnnbook.errors import TextError
from rnnbook.language_model import LanguageModel
from rnnbook.ngram import NGram, best_order
from rnnbook.text import Vocab, split


def witten_bell(text: str, vocab: Vocab, context: str, char: str) -> float:
    """The definition, by scanning the text for every context."""
    shorter = 1 / len(vocab) if not context else witten_bell(text, vocab, context[1:], char)
    followers = Counter(
        text[start + len(context)]
        for start in range(len(text) - len(context))
        if text.startswith(context, start)
    )
    total, kinds = sum(followers.values()), len(followers)
    return shorter if not total else (followers[char] + kinds * shorter) / (total + kinds)


@given(st.text("abc", min_size=6, max_size=60), st.text("abc", max_size=12), st.integers(1, 5))
def test_probabilities_are_those_of_the_definition(text, read, order):
    vocab = Vocab("abc")
    model = NGram(vocab, vocab.encode(text), order)
    found = model.log_probs(vocab.encode(read))
    for t, char in enumerate(read):
        context = read[max(0, t - order + 1) : t]
        assert found[t] == pytest.approx(log(witten_bell(text, vocab, context, char)))


@given(st.text("abcd", min_size=8, max_size=80), st.text("abcd", min_size=2, max_size=20))
def test_stepping_gives_the_same_probabilities_as_scoring(text, read):
    vocab = Vocab("abcd")
    model = NGram(vocab, vocab.encode(text), 4)
    ids, state = vocab.encode(read), model.initial_state()
    scored = model.log_probs(ids)
    for t in range(len(ids) - 1):
        logits, state = model.step(ids[t : t + 1], state)
        assert np.exp(logits).sum() == pytest.approx(1)
        assert logits[0, ids[t + 1]] == pytest.approx(scored[t + 1])


@given(st.text("abcd", min_size=8, max_size=80), st.text("abcd", min_size=1, max_size=20))
def test_one_table_holds_the_models_of_all_lower_orders(text, read):
    vocab = Vocab("abcd")
    ids, read_ids = vocab.encode(text), vocab.encode(read)
    by_order = list(NGram(vocab, ids, 4).log_probs_by_order(read_ids))
    assert len(by_order) == 4
    for order, found in enumerate(by_order, start=1):
        np.testing.assert_array_equal(found, NGram(vocab, ids, order).log_probs(read_ids))


def test_it_knows_how_many_strings_it_has_counted():
    vocab = Vocab("abn")
    assert NGram(vocab, vocab.encode("banana"), 4).num_strings == [3, 3, 3, 3]
    assert NGram(vocab, vocab.encode("banabb"), 3).num_strings == [3, 5, 4]


def test_it_is_a_language_model():
    vocab = Vocab("ab")
    assert isinstance(NGram(vocab, vocab.encode("abab"), 2), LanguageModel)


@pytest.mark.parametrize(("order", "text"), [(0, "abc"), (4, "abc")])
def test_an_order_that_cannot_be_counted_is_refused(order, text):
    vocab = Vocab("abc")
    with pytest.raises(TextError):
        NGram(vocab, vocab.encode(text), order)


def test_the_published_scores_on_tinyshakespeare():
    path = ROOT.parent / "shared" / "data" / "tinyshakespeare.txt"
    if not path.exists():
        pytest.skip("tinyshakespeare is not here")
    text = path.read_text()
    vocab = Vocab.from_text(text)
    best, losses = best_order(vocab, *split(vocab.encode(text)))
    expected = {1: 3.347, 2: 2.486, 3: 2.049, 4: 1.774, 5: 1.669, 6: 1.698, 7: 1.779}
    assert best.order == 5
    assert {order: round(loss, 3) for order, loss in losses.items()} == expected
