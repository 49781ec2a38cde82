"""The sampler: deterministic by seed, faithful to the probabilities, strict about input."""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from itertools import islice, product

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint
from hypothesis import given
from hypothesis import strategies as st
from margins import ENOUGH, logits_on_the_way, margin, sure_text

from rnnbook import sampling
from rnnbook.errors import SamplingError, UnknownCharacterError
from rnnbook.language_model import softmax
from rnnbook.ngram import NGram
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.torch_networks.rnn import TorchModel

pytestmark = pytest.mark.numerical

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


def torch_model(checkpoint) -> TorchModel:
    return TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


@pytest.mark.parametrize("temperature", [0, 0.5, 1.0, 1.5])
def test_one_engine_repeats_a_text_and_another_seed_gives_another(temperature):
    checkpoint = random_checkpoint(hidden_size=24, num_layers=2)
    for model in (checkpoint.model(), torch_model(checkpoint)):
        texts = [
            sampling.sample(model, "a bad ", 200, temperature=temperature, rng=rng(seed))
            for seed in (5, 5, 6)
        ]
        assert len(texts[0]) == 200 and texts[0] == texts[1]
        assert (texts[0] == texts[2]) == (temperature == 0)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", [{"temperature": 0}, {}, {"temperature": 1.5},
                                      {"top_k": 3}, {"top_p": 0.8}])  # fmt: skip
def test_the_other_engine_writes_every_text_that_no_rounding_decides(kind, settings):
    checkpoint = random_checkpoint(kind, hidden_size=24, num_layers=2)
    text = sure_text(checkpoint.model(), "a bad ", 80, 5, **settings)
    other = torch_model(checkpoint)
    assert sampling.sample(other, "a bad ", 80, rng=rng(5), **settings) == text
    ours, theirs = (logits_on_the_way(m, "a bad ", text) for m in (checkpoint.model(), other))
    np.testing.assert_allclose(ours, theirs, atol=ENOUGH / 10)


def test_the_margin_is_what_logits_may_be_off_by():
    """The helper itself: a text survives errors below its margin, and none much above it."""
    logits, numbers = rng(0).normal(size=(400, 8)), rng(1).random(400)
    for settings in ({}, {"temperature": 0.5}, {"top_k": 3}, {"top_p": 0.7}, {"temperature": 0}):
        room = margin(logits, numbers, **settings)
        assert 0 < room < 1e-2

        def drawn(error, settings=settings):
            off = logits + error * np.sign(rng(2).normal(size=logits.shape))
            rows = zip(off, numbers, strict=True)
            return [
                sampling._invert(sampling.next_char_probs(row, **settings), u) for row, u in rows
            ]

        assert drawn(0.99 * room) == drawn(0)
        assert drawn(1_000 * room) != drawn(0)


def test_logits_that_are_equal_but_for_rounding_are_equal():
    off = 3.0 + 1e-13 * np.array([0, 1, -1, 2])
    assert sampling.next_char_probs(off, 0).tolist() == [1, 0, 0, 0]
    assert sampling.next_char_probs(off, top_k=2).tolist() == [0.5, 0.5, 0, 0]
    assert sampling.next_char_probs(off, top_p=0.5).tolist() == [0.5, 0.5, 0, 0]
    assert sampling.next_char_probs(off).tolist() == [0.25] * 4
    apart = 3.0 + np.array([0, 2**-31])
    assert sampling.next_char_probs(apart, 0).tolist() == [0, 1]


@given(logits_lists, st.floats(-1e-13, 1e-13))
def test_probabilities_hardly_move_with_the_last_digits(logits, error):
    ours, theirs = (sampling.next_char_probs(np.array(logits) + e) for e in (0, error))
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


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
    source = rng(1)
    source.random(30)
    rest = sampling.sample(model, whole[29], 30, rng=source, state=first[-1].state)
    assert whole == "".join(draw.char for draw in first) + rest
    _, read = model.read(model.vocab.encode("ab" + whole[:29])[None], model.initial_state())
    for name, value in first[-1].state.items():  # which is the state of what was read
        np.testing.assert_allclose(value, read[name], atol=1e-5)


SETTINGS = [
    {}, {"temperature": 0}, {"temperature": 1e-300}, {"temperature": 1e-3},
    {"temperature": 0.3}, {"temperature": 1.7},
    {"top_k": 3}, {"top_p": 0.6}, {"temperature": 1.4, "top_k": 5, "top_p": 0.9},
]  # fmt: skip


class Plain:
    """A model that can only step: what is sampled from it is sampled the plain way."""

    def __init__(self, model):
        self.vocab, self.initial_state, self.step = model.vocab, model.initial_state, model.step


def plain_text(model, prompt: str, length: int, source: np.random.Generator, **settings) -> str:
    """The definition: step, probabilities, draw, one after the other."""
    state, ids = model.initial_state(), list(model.vocab.encode(prompt))
    for char_id in ids:
        logits, state = model.step(np.array([char_id]), state)
    for _ in range(length):
        ids.append(sampling.draw_id(sampling.next_char_probs(logits[0], **settings), source))
        logits, state = model.step(np.array([ids[-1]]), state)
    return model.vocab.decode(ids[len(prompt) :])


@pytest.mark.parametrize(("kind", "num_layers"), [*product(KINDS, (1, 2))])
@pytest.mark.parametrize("settings", SETTINGS)
def test_the_quick_way_draws_the_plain_ways_text(kind, num_layers, settings):
    model = random_checkpoint(kind, hidden_size=24, num_layers=num_layers).model()
    plain = Plain(model.in_double())
    for seed in range(3):
        sure = sure_text(model, "a bad ", 60, seed, **settings)
        source, ours = rng(seed), rng(seed)
        assert plain_text(plain, "a bad ", 60, source, **settings) == sure
        assert sampling.sample(model, "a bad ", 60, rng=ours, **settings) == sure
        assert ours.bit_generator.state == source.bit_generator.state
        assert sampling.sample(plain, "a bad ", 60, rng=rng(seed), **settings) == sure
        draws = sampling.generate(model, "a bad ", 60, rng=rng(seed), **settings)
        assert "".join(draw.char for draw in draws) == sure


@pytest.mark.parametrize("settings", SETTINGS)
def test_both_ways_of_generating_tell_the_same(settings):
    model = random_checkpoint(num_layers=2).model()
    sure = sure_text(model, "ab", 40, 2, **settings)
    ways = [
        list(sampling.generate(which, "ab", 40, rng=rng(2), **settings))
        for which in (model, Plain(model.in_double()))
    ]
    assert all("".join(draw.char for draw in way) == sure for way in ways)
    for ours, theirs in zip(*ways, strict=True):
        assert ours.surprise == pytest.approx(theirs.surprise, rel=1e-6)
        np.testing.assert_allclose(ours.probs, theirs.probs, atol=1e-6)
        for name, value in theirs.state.items():
            np.testing.assert_allclose(ours.state[name], value, atol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
def test_draws_keep_what_they_hold_while_others_are_drawn(kind):
    model = random_checkpoint(kind, num_layers=2).model()
    alone = [list(sampling.generate(model, "a", 30, rng=rng(seed))) for seed in (1, 2)]
    first, second = (sampling.generate(model, "a", 30, rng=rng(seed)) for seed in (1, 2))
    abandoned = sampling.generate(model, "fed", 30, rng=rng(3))
    next(abandoned)
    together = list(zip(first, second, strict=True))
    del abandoned
    for ours, theirs in zip(together, zip(*alone, strict=True), strict=True):
        for our, their in zip(ours, theirs, strict=True):
            assert (our.char, our.surprise) == (their.char, their.surprise)
            np.testing.assert_array_equal(our.probs, their.probs)
            for name, value in their.state.items():
                np.testing.assert_array_equal(our.state[name], value)


def test_a_generator_takes_one_number_a_draw_and_may_be_stopped():
    model, source, expected = random_checkpoint().model(), rng(4), rng(4)
    draws = sampling.generate(model, "a", 50, rng=source)
    taken = "".join(draw.char for draw in islice(draws, 7))
    draws.close()
    expected.random(7)
    assert source.bit_generator.state == expected.bit_generator.state
    assert sampling.sample(model, "a", 7, rng=rng(4)) == taken


def test_threads_may_share_a_model():
    model = random_checkpoint(hidden_size=40, num_layers=2).model()
    expected = [sampling.sample(model, "a", 300, rng=rng(seed)) for seed in range(8)]
    fresh = random_checkpoint(hidden_size=40, num_layers=2).model()  # nothing is prepared yet
    with ThreadPoolExecutor(4) as pool:
        texts = pool.map(lambda seed: sampling.sample(fresh, "a", 300, rng=rng(seed)), range(8))
        assert list(texts) == expected


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("settings", SETTINGS)
def test_texts_drawn_side_by_side_are_those_drawn_alone(kind, settings):
    """All whose draws no rounding decides; here, every one."""
    model = random_checkpoint(kind, hidden_size=24, num_layers=2).model()
    prompts = ["a", "bad cab", "\n", "a"]
    sure = [sure_text(model, prompt, 60, seed, **settings) for seed, prompt in enumerate(prompts)]
    for which in (model, Plain(model.in_double())):
        sources = [rng(seed) for seed in range(4)]
        assert sampling.sample_many(which, prompts, 60, rngs=sources, **settings) == sure
        for seed, source in enumerate(sources):
            expected = rng(seed)
            expected.random(60)
            assert source.bit_generator.state == expected.bit_generator.state
    assert sampling.sample_many(model, [], 5, rngs=[]) == []


@pytest.mark.parametrize("kind", KINDS)
def test_logits_side_by_side_are_those_alone(kind):
    model = random_checkpoint(kind, hidden_size=24, num_layers=2).model()
    ids = rng(1).integers(len(model.vocab), size=(60, 5))
    together, alone = model.stepper(model.initial_state(5)), [model.stepper() for _ in range(5)]
    for row in ids:
        ours = np.stack([one.read(now) for one, now in zip(alone, row, strict=True)])
        np.testing.assert_allclose(together.read(row), ours, atol=ENOUGH / 10)


@pytest.mark.parametrize("engine", [NumpyModel, TorchModel])
def test_texts_drawn_side_by_side_follow_the_probabilities(engine):
    checkpoint = random_checkpoint()
    model = checkpoint.model() if engine is NumpyModel else torch_model(checkpoint)
    logits, _ = model.step(model.vocab.encode("a"), model.initial_state())
    probs, draws = softmax(logits[0]), 1_000
    texts = sampling.sample_many(model, ["a"] * draws, 1, rngs=rng().spawn(draws))
    counts = np.array([texts.count(char) for char in model.vocab])
    statistic = ((counts - probs * draws) ** 2 / (probs * draws)).sum()
    assert statistic < chi_square_limit(len(probs) - 1)


def test_texts_side_by_side_need_a_generator_each_and_a_prompt_each():
    model = random_checkpoint().model()
    with pytest.raises(SamplingError, match="2 prompts need as many generators, not 1"):
        sampling.sample_many(model, ["a", "b"], 5, rngs=[rng()])
    with pytest.raises(SamplingError, match="prompt is empty"):
        sampling.sample_many(model, ["a", ""], 5, rngs=[rng(), rng()])


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
