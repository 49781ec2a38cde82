"""Losses against their definitions, and the measures of samples."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint

from rnnbook import evaluation
from rnnbook.errors import TextError
from rnnbook.language_model import log_softmax

pytestmark = pytest.mark.numerical


def ids_of(length: int, seed: int = 0):
    return np.random.default_rng(seed).integers(0, 11, length)


def one_by_one(model, ids) -> float:
    """The carried-state loss, by its definition."""
    state, total = model.initial_state(), 0.0
    for now, following in itertools.pairwise(ids):
        logits, state = model.step(np.array([now]), state)
        total -= log_softmax(logits[0])[following]
    return total / (len(ids) - 1)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("length", "chunk"), [(2, 5), (300, 64)])
def test_one_stream_is_the_definition(kind, length, chunk):
    model, ids = random_checkpoint(kind).model(), ids_of(length)
    loss = evaluation.evaluate(model, ids, num_streams=1, chunk=chunk)
    assert loss.nats == pytest.approx(one_by_one(model, ids), abs=1e-6)
    assert loss.characters == length - 1


@pytest.mark.parametrize("length", [4_001, 5_000, 6_173])
def test_streams_that_warm_up_give_the_same_loss(length):
    model, ids = random_checkpoint().model(), ids_of(length)
    exact = evaluation.evaluate(model, ids, num_streams=1)
    streamed = evaluation.evaluate(model, ids, num_streams=4)
    assert streamed.nats == pytest.approx(exact.nats, abs=1e-4)
    assert streamed.characters == exact.characters


@pytest.mark.parametrize(("length", "streams"), [(2, 4), (300, 1), (4_001, 3)])
def test_every_guess_is_told_in_its_place(length, streams):
    model, ids = random_checkpoint().model(), ids_of(length)
    found = evaluation.log_probs(model, ids, num_streams=streams)
    loss = evaluation.evaluate(model, ids, num_streams=streams)
    assert len(found) == length - 1 and -found.mean() == pytest.approx(loss.nats)
    logits, _ = model.read(ids[None, :-1], model.initial_state())
    expected = log_softmax(logits[0])[np.arange(length - 1), ids[1:]]
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_blocks_start_from_nothing():
    model, ids = random_checkpoint().model(), ids_of(3 * 20 + 5)
    expected = np.mean([one_by_one(model, ids[s : s + 21]) for s in (0, 20, 40)])
    loss = evaluation.evaluate_blocks(model, ids, block=20, batch_size=2)
    assert loss.nats == pytest.approx(expected, abs=1e-6)
    assert loss.characters == 60


def test_many_symbols_are_read_in_smaller_pieces(monkeypatch):
    model, ids = random_checkpoint().model(), ids_of(2_000)
    sizes, read = [], type(model).read

    def watched(self, ids, state):
        logits, state = read(self, ids, state)
        sizes.append(logits.size)
        return logits, state

    monkeypatch.setattr(type(model), "read", watched)
    whole = evaluation.evaluate(model, ids), evaluation.evaluate_blocks(model, ids)
    assert max(sizes) > 300
    sizes.clear()
    monkeypatch.setattr(evaluation.losses, "_MOST_LOGITS", 300)
    pieces = evaluation.evaluate(model, ids), evaluation.evaluate_blocks(model, ids)
    assert max(sizes) <= 300
    assert [one.nats for one in pieces] == pytest.approx([one.nats for one in whole], abs=1e-6)


def test_too_little_text_is_refused():
    model = random_checkpoint().model()
    with pytest.raises(TextError, match="at least two"):
        evaluation.evaluate(model, ids_of(1))
    with pytest.raises(TextError, match="at least 257"):
        evaluation.evaluate_blocks(model, ids_of(256))


def test_bits_and_perplexity_follow_from_nats():
    loss = evaluation.Loss(math.log(8), 100)
    assert loss.bits_per_char == pytest.approx(3)
    assert loss.perplexity == pytest.approx(8)
    assert "2.0794 nats per character (3.000 bits, perplexity 8.00)" in str(loss)


def test_words_and_their_rate():
    assert evaluation.words("O, 'tis o'er; Élan_9 x2y") == ["o", "tis", "o'er", "élan", "x", "y"]
    assert evaluation.word_rate("the cat zqx", {"the", "cat"}) == pytest.approx(2 / 3)
    assert math.isnan(evaluation.word_rate("123", {"the"}))


def test_distinct_counts_different_ngrams():
    assert evaluation.distinct("aaaa", 2) == pytest.approx(1 / 3)
    assert evaluation.distinct("abcd", 2) == 1
    assert math.isnan(evaluation.distinct("a", 2))


@pytest.mark.parametrize(
    ("text", "period"),
    [("xyabcabcabc", 3), ("aaa", 1), ("abcabc", None), ("", None), ("abababab", 2), ("zz", None)],
)
def test_a_cycle_is_the_shortest_period_of_the_end(text, period):
    assert evaluation.cycle_length(text) == period


def test_entropy_of_certainty_and_of_a_coin():
    found = evaluation.entropy(np.array([[1.0, 0.0], [0.5, 0.5]]))
    np.testing.assert_allclose(found, [0, math.log(2)])
