"""The sampler: deterministic by seed, faithful to the probabilities, strict about input."""

from __future__ import annotations

import math
from itertools import islice

import numpy as np
import pytest
from conftest import random_checkpoint
from hypothesis import given
from hypothesis import strategies as st

from rnnbook import sampling
from rnnbook.errors import SamplingError, UnknownCharacterError
from rnnbook.language_model import softmax
from rnnbook.ngram import NGram
from rnnbook.torch_rnn import TorchModel

LOGITS = np.array([2.0, 1.0, 0.5, 0.0, -1.0, -3.0])
logits_lists = st.lists(st.floats(-50, 50), min_size=1, max_size=30)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def chi_square_limit(degrees: int) -> float:
    """Five standard deviations above the mean of the chi-square distribution."""
    return degrees + 5 * math.sqrt(2 * degrees)


@pytest.mark.parametrize(
    "settings", [{}, {"temperature": 0.5}, {"temperature": 2}, {"top_k": 3}, {"top_p": 0.8}]
)
def test_frequencies_match_the_probabilities(settings):
    probs = sampling.next_char_probs(LOGITS, **settings)
    source, draws = rng(), 20_000
    counts = np.bincount(
        [sampling.draw_id(probs, source) for _ in range(draws)], minlength=len(LOGITS)
    )
    assert counts[probs == 0].sum() == 0
    expected = probs[probs > 0] * draws
    statistic = ((counts[probs > 0] - expected) ** 2 / expected).sum()
    assert statistic < chi_square_limit(len(expected) - 1)


def test_the_test_above_would_notice_a_wrong_temperature():
    probs, wrong = (sampling.next_char_probs(LOGITS, t) for t in (1.0, 1.1))
    counts = np.bincount([sampling.draw_id(wrong, r) for r in [rng()] for _ in range(20_000)])
    statistic = ((counts - probs * 20_000) ** 2 / (probs * 20_000)).sum()
    assert statistic > chi_square_limit(len(LOGITS) - 1)


def test_a_models_first_characters_follow_its_softmax():
    model = random_checkpoint().model()
    logits, _ = model.step(model.vocab.encode("a"), model.initial_state())
    probs, source, draws = softmax(logits[0]), rng(), 4_000
    counts = np.zeros(len(probs))
    for _ in range(draws):
        counts[model.vocab.chars.index(sampling.sample(model, "a", 1, rng=source))] += 1
    statistic = ((counts - probs * draws) ** 2 / (probs * draws)).sum()
    assert statistic < chi_square_limit(len(probs) - 1)


@given(logits_lists, st.floats(0, 5), st.integers(1, 40), st.floats(0.01, 1))
def test_probabilities_are_a_distribution(logits, temperature, top_k, top_p):
    probs = sampling.next_char_probs(np.array(logits), temperature, top_k, top_p)
    assert probs.sum() == pytest.approx(1)
    assert (probs >= 0).all() and (probs > 0).sum() <= top_k
    kept, logits = probs > 0, np.array(logits)
    if not kept.all():  # only the less likely are cut; near ties may fall either way
        assert logits[kept].min() >= logits[~kept].max() - 1e-9


@given(logits_lists, st.floats(0.01, 1))
def test_the_nucleus_is_the_smallest_that_holds_its_share(logits, top_p):
    full = softmax(np.array(logits))
    kept = sampling.next_char_probs(np.array(logits), top_p=top_p) > 0
    assert full[kept].sum() >= top_p - 1e-9
    if kept.sum() > 1:
        assert full[kept].sum() - full[kept].min() < top_p + 1e-9


def test_temperature_sharpens_and_flattens():
    def entropy(temperature):
        probs = sampling.next_char_probs(LOGITS, temperature)
        return -(probs * np.log(probs)).sum()

    assert entropy(0.5) < entropy(1) < entropy(2) < math.log(len(LOGITS))
    np.testing.assert_allclose(sampling.next_char_probs(LOGITS), softmax(LOGITS))


def test_temperature_zero_is_greedy_and_takes_the_first_of_equals():
    assert sampling.next_char_probs(np.array([1.0, 3.0, 3.0]), 0).tolist() == [0, 1, 0]
    tiny = sampling.next_char_probs(LOGITS, 1e-300)
    assert tiny.tolist() == [1, 0, 0, 0, 0, 0]


@pytest.mark.parametrize("temperature", [0, 0.5, 1.0, 1.5])
def test_the_same_seed_gives_the_same_text_in_both_engines(temperature):
    checkpoint = random_checkpoint(hidden_size=24, num_layers=2)
    ours = checkpoint.model()
    theirs = TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    texts = [
        sampling.sample(model, "a bad ", 200, temperature=temperature, rng=rng(5))
        for model in (ours, ours, theirs)
    ]
    assert len(texts[0]) == 200
    assert texts[0] == texts[1] == texts[2]
    if temperature:
        assert sampling.sample(ours, "a bad ", 200, temperature=temperature, rng=rng(6)) != texts[0]


def test_an_ngram_can_be_sampled_from():
    model = random_checkpoint().model()
    ids = model.vocab.encode("a bad cab fed a cab. " * 30)
    text = sampling.sample(NGram(model.vocab, ids, 5), "a", 40, top_k=1, rng=rng())
    assert " cab" in text


def test_draws_stream_one_at_a_time_and_carry_what_they_came_from():
    model = random_checkpoint().model()
    draws = list(islice(sampling.generate(model, "a", 1_000_000, rng=rng()), 5))
    again = sampling.sample(model, "a", 5, rng=rng())
    assert "".join(draw.char for draw in draws) == again
    for draw in draws:
        assert draw.probs.sum() == pytest.approx(1)
        own = draw.probs[model.vocab.chars.index(draw.char)]
        assert draw.surprise == pytest.approx(-math.log(own))
        assert draw.state["h"].shape == (1, 1, 12)


def test_going_on_from_a_state_is_going_on_with_the_text():
    model = random_checkpoint().model()
    source = rng(1)
    whole = sampling.sample(model, "ab", 60, rng=source)
    source = rng(1)
    first = list(sampling.generate(model, "ab", 30, rng=source))
    _, state = model.read(model.vocab.encode("ab" + whole[:29])[None], model.initial_state())
    source = rng(1)
    source.random(30)
    rest = sampling.sample(model, whole[29], 30, rng=source, state=state)
    assert whole == "".join(draw.char for draw in first) + rest


@pytest.mark.parametrize("temperature", [-0.1, math.nan, math.inf, "1", None, True])
def test_a_temperature_out_of_range_is_refused(temperature):
    with pytest.raises(SamplingError, match="temperature is a number of at least 0"):
        sampling.generate(random_checkpoint().model(), "a", 5, temperature=temperature, rng=rng())


@pytest.mark.parametrize("length", [0, -1, 10**9, 2.5, math.nan, True])
def test_a_length_out_of_range_is_refused(length):
    with pytest.raises(SamplingError, match="from 1 to 1,000,000 characters"):
        sampling.generate(random_checkpoint().model(), "a", length, rng=rng())


@pytest.mark.parametrize("settings", [{"top_k": 0}, {"top_k": 1.5}, {"top_p": 0}, {"top_p": 1.1},
                                      {"top_p": math.nan}])  # fmt: skip
def test_a_cut_out_of_range_is_refused(settings):
    with pytest.raises(SamplingError, match="top-"):
        sampling.generate(random_checkpoint().model(), "a", 5, rng=rng(), **settings)


def test_a_prompt_must_be_there_and_be_known():
    model = random_checkpoint().model()
    with pytest.raises(SamplingError, match="prompt is empty"):
        sampling.generate(model, "", 5, rng=rng())
    with pytest.raises(UnknownCharacterError, match=r"'ß'.*It knows"):
        sampling.generate(model, "aß", 5, rng=rng())
