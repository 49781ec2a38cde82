"""Counters beside networks: what they are held against, and on which characters."""

from __future__ import annotations

import numpy as np
import pytest

from rnnbook import ladder
from rnnbook.experiments import counters, guesses, held_out, small
from rnnbook.language_model import log_softmax
from rnnbook.ngram import NGram
from rnnbook.numpy_networks import network
from rnnbook.recurrent import ModelConfig, untrained_weights
from rnnbook.text import Vocab

WORDS = ("once", "upon", "a", "time", "there", "was")
VOCAB = Vocab.from_text(" ".join(WORDS))


def text(words: int, seed: int) -> str:
    return " ".join(np.random.default_rng(seed).choice(WORDS, words))


@pytest.fixture
def tiny(monkeypatch):
    """A network that nobody trained, and a text of a few thousand characters."""
    config = ModelConfig("lstm", 8, 1, 0)
    model = network(VOCAB, config, untrained_weights(config, len(VOCAB), np.random.default_rng(0)))
    monkeypatch.setattr(held_out, "network", lambda name: model)
    monkeypatch.setattr(held_out, "parts", lambda name: (text(900, 1), text(900, 2)))
    return model


def test_a_yardstick_is_the_best_static_counter(monkeypatch):
    train, scored = VOCAB.encode(text(600, 3)), VOCAB.encode(text(200, 4))
    monkeypatch.setattr(small, "vocab", lambda name: VOCAB)
    monkeypatch.setattr(small, "training_ids", lambda characters, name: train[:characters])
    monkeypatch.setattr(small, "held_out_ids", lambda name: scored)
    row = counters.yardsticks("any", 2000)
    searches = ladder.static_counters(VOCAB, train[:2000], scored)
    assert row["loss"] == pytest.approx(ladder.best(searches).best.whole, abs=1e-4)
    assert row["loss"] <= row["witten_bell"] + 0.05 and 0 < row["within"] <= 1
    assert row["counters"] == sum(len(one.rungs) for one in searches)


def test_network_and_counter_are_scored_on_the_same_pieces_of_the_test_half(tiny):
    row = counters.static_counters("any")
    ids = VOCAB.encode(held_out.parts("any")[1])
    half, length = (len(ids) + 1) // 2, row["characters"]
    start = half + 2 * ((len(ids) - half) // counters.PIECES)  # of the third piece
    x = ids[None, start - counters.WARM_UP : start + length]
    logits, _ = tiny.read(x[:, :-1], tiny.initial_state())
    ours = -log_softmax(logits[0, -length:])[np.arange(length), x[0, -length:]].mean()
    assert len(row["ahead"]) == counters.PIECES
    assert np.mean(row["ahead"]) == pytest.approx(row["loss"] - row["network"], abs=2e-4)
    order = int(row["counter"].split("-")[0])
    if "Witten" in row["counter"]:
        counter = NGram(VOCAB, VOCAB.encode(held_out.parts("any")[0]), order)
        theirs = -counter.log_probs(ids)[start : start + length].mean()
        assert row["ahead"][2] == pytest.approx(theirs - ours, abs=0.05)
    assert row["network"] > row["loss"]  # it was never trained


def test_the_papers_oracle_takes_the_best_of_nine_orders(tiny):
    read = text(60, 5)
    most = guesses._most_by_any("any", read)
    train = VOCAB.encode(held_out.parts("any")[0])
    alone = [np.exp(NGram(VOCAB, train, n).log_probs(VOCAB.encode(read))[1:]) for n in (1, 4, 9)]
    assert most.shape == (len(read) - 1,)
    assert all((most >= one - 1e-12).all() for one in alone)
    assert (most > alone[1] + 0.01).any()
