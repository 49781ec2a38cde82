"""The ladder of baselines: what is chosen, on what, and that every rung is there."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from rnnbook import extras, ladder
from rnnbook.counters import ppmd
from rnnbook.counters.kneser_ney import KneserNey
from rnnbook.errors import MissingLibraryError, TextError
from rnnbook.ngram import NGram
from rnnbook.text import Vocab

VOCAB = Vocab(" acdeghnost")


def sentences(count, seed=0):
    """Words of a made-up language, ids (N,)."""
    rng = np.random.default_rng(seed)
    words = ["the", "cat", "sat", "on", "a", "hat", "and", "the", "dog", "ate", "a", "coast"]
    return VOCAB.encode(" ".join(rng.choice(words, size=count)))


TRAIN, HELD_OUT = sentences(3000), sentences(400, seed=1)


def test_halves_are_the_parts_of_the_mean():
    found = np.log(np.array([0.5, 0.25, 0.125]))
    choosing, test, whole = ladder.halves(found)
    assert choosing == pytest.approx(1.5 * log(2))
    assert test == pytest.approx(3 * log(2)) and whole == pytest.approx(2 * log(2))


def test_static_counters_are_the_models_at_every_order():
    for model_of, found in zip(
        (NGram, KneserNey), ladder.static_counters(VOCAB, TRAIN, HELD_OUT), strict=True
    ):
        for order, rung in found.rungs.items():
            scored = model_of(VOCAB, TRAIN, order).log_probs(HELD_OUT)[1:]
            half = len(HELD_OUT) // 2
            assert rung.choosing == pytest.approx(-scored[:half].mean())
            assert rung.test == pytest.approx(-scored[half:].mean())
            assert rung.whole == pytest.approx(-scored.mean())
        assert found.order == min(found.rungs, key=lambda n: found.rungs[n].choosing)
        np.testing.assert_array_equal(
            found.log_probs, model_of(VOCAB, TRAIN, found.order).log_probs(HELD_OUT)[1:]
        )


def test_nothing_is_chosen_on_the_test_half():
    noise = np.random.default_rng(2).integers(0, len(VOCAB), len(HELD_OUT) // 2 - 1)
    other = np.concatenate([HELD_OUT[: len(HELD_OUT) - len(noise)], noise])
    for one, two in zip(
        ladder.static_counters(VOCAB, TRAIN, HELD_OUT),
        ladder.static_counters(VOCAB, TRAIN, other),
        strict=True,
    ):
        assert one.order == two.order and one.best.choosing == two.best.choosing
        assert one.best.test < two.best.test


def test_the_search_ends_when_nothing_is_gained():
    witten_bell, _ = ladder.static_counters(VOCAB, TRAIN[:2000], HELD_OUT)
    assert len(witten_bell.rungs) == witten_bell.order + ladder.PATIENCE < ladder.LONGEST


def test_every_rung_is_climbed(monkeypatch):
    monkeypatch.setattr(ladder, "PPMD_ORDERS", (4, 6))
    static = ladder.static_counters(VOCAB, TRAIN, HELD_OUT)
    network = NGram(VOCAB, TRAIN, 3).log_probs(HELD_OUT)[1:]
    rungs = list(ladder.slow_rungs(static, VOCAB, TRAIN, HELD_OUT, network))
    assert tuple(rung.kind for rung in rungs) == ladder.KINDS[3:-1]
    assert all(0 < rung.test < log(len(VOCAB)) for rung in rungs)
    fixed = next(rung for rung in rungs if rung.kind == ladder.FIXED)
    alone = ladder.rung(ladder.NETWORK, "", network).choosing, ladder.best(static).best.choosing
    assert fixed.choosing <= min(alone) + 1e-6


def test_without_a_network_there_is_no_mixture(monkeypatch):
    monkeypatch.setattr(ladder, "PPMD_ORDERS", (4,))
    static = ladder.static_counters(VOCAB, TRAIN[:500], HELD_OUT[:100])
    rungs = ladder.slow_rungs(static, VOCAB, TRAIN[:500], HELD_OUT[:100])
    assert [rung.kind for rung in rungs] == list(ladder.KINDS[3:7])


def test_two_characters_cannot_choose_and_test():
    with pytest.raises(TextError, match="at least four"):
        ladder.static_counters(VOCAB, TRAIN, HELD_OUT[:3])
    with pytest.raises(TextError, match="empty"):
        ladder.static_counters(VOCAB, TRAIN[:0], HELD_OUT)


# --- PPMd ----------------------------------------------------------------------------


def test_ppmd_reads_what_it_was_given_before():
    train, text = VOCAB.decode(TRAIN), VOCAB.decode(HELD_OUT)
    after, alone = ppmd.adaptive_loss(train, text), ppmd.adaptive_loss("", text)
    assert 0 < after < alone < log(len(VOCAB))
    assert ppmd.adaptive_loss(train, train[: len(text)]) < after  # it has read this


def test_a_static_loss_is_that_of_pieces_coded_one_by_one(monkeypatch):
    monkeypatch.setattr(ppmd, "PIECE", 400)
    train, text = VOCAB.decode(TRAIN), VOCAB.decode(HELD_OUT)[:1200]
    pieces = [ppmd.adaptive_loss(train, text[i : i + 400]) for i in (0, 400, 800)]
    assert ppmd.static_loss(train, text) == pytest.approx(np.mean(pieces))
    assert ppmd.static_loss(train, text, pieces=1) == pytest.approx(pieces[0])
    assert ppmd.static_loss(train, text, pieces=3) == pytest.approx(np.mean(pieces))


def test_a_loss_is_a_character_not_a_byte():
    single, double = ppmd.adaptive_loss("", "abc" * 50), ppmd.adaptive_loss("", "äöü" * 50)
    assert double > single  # two bytes each, but as many characters


def test_without_the_library_it_says_what_to_install(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    with pytest.raises(MissingLibraryError, match="PPMd needs pyppmd"):
        ppmd.adaptive_loss("ab", "ab")
