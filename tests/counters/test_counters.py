"""Counters against their definitions: everything counted by scanning the text."""

from __future__ import annotations

import tracemalloc
from collections import Counter, defaultdict
from math import exp, log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook import sampling
from rnnbook.counters.adaptive import Adaptive
from rnnbook.counters.kneser_ney import FALLBACK, KneserNey, discounts
from rnnbook.counters.mixture import Mixture, fitted_weights, mixed, mixed_while_reading
from rnnbook.counters.suffixes import Suffixes
from rnnbook.errors import TextError
from rnnbook.language_model import LanguageModel, softmax
from rnnbook.ngram import NGram, best_order
from rnnbook.text import Vocab

ABC = Vocab("abc")


def occurrences(texts, string):
    """(text, place) of every occurrence."""
    for text in texts:
        for place in range(len(text) - len(string) + 1):
            if text.startswith(string, place):
                yield text, place


def followers(texts, context, raw):
    """How often each character followed; unless raw, after how many different characters."""
    seen = defaultdict(list)
    for text, place in occurrences(texts, context):
        if place + len(context) < len(text) and (raw or place):
            seen[text[place + len(context)]].append(text[place - 1] if place else None)
    return {char: len(before if raw else set(before)) for char, before in seen.items()}


class Definition:
    """Kneser-Ney as in the paper; the texts are sentences, and no string crosses two."""

    def __init__(self, texts, order, size, discounts=None, counted=None):
        self.texts, self.order, self.size = counted or texts, order, size
        self.discounts = {}
        for length in range(1, order + 1):
            found = discounts or estimated(texts, length, length == order)
            self.discounts[length] = (0, *found)

    def prob(self, context, char):
        shorter = self.prob(context[1:], char) if context else self.below(char)
        counts = followers(self.texts, context, len(context) + 1 == self.order)
        total = sum(counts.values())
        if not total:
            return shorter
        D = self.discounts[len(context) + 1]
        kept = sum(D[min(count, 3)] for count in counts.values())
        count = counts.get(char, 0)
        return (count - D[min(count, 3)] + kept * shorter) / total

    def below(self, char):
        return 1 / self.size


class Toolkit(Definition):
    """As NLTK has it: one discount, and single characters as they are counted."""

    def prob(self, context, char):
        counts = followers(self.texts, "", False)
        return super().prob(context, char) if context else counts[char] / sum(counts.values())


def estimated(texts, length, raw):
    strings = {text[i : i + length] for text in texts for i in range(len(text) - length + 1)}
    sizes = Counter(followers(texts, s[:-1], raw).get(s[-1], 0) for s in strings)
    return discounts(np.array([sizes[i] for i in (1, 2, 3, 4)]))


def test_the_definition_gives_the_published_numbers():
    # nltk/test/unit/lm/test_models.py, 3.8.1: two sentences, padded, one discount of 3/4
    model = Toolkit(["<<abcd>>", "<<egadbe>>"], 3, 8, discounts=(0.75, 0.75, 0.75))
    one = 1 / 14
    assert model.prob("", "c") == pytest.approx(one)
    assert model.prob("b", "c") == pytest.approx(0.125 + 0.75 * one)
    assert model.prob("ab", "c") == pytest.approx(0.25 + 0.75 * (0.125 + 0.75 * one))


@given(st.text("abc", min_size=8, max_size=60), st.text("abc", max_size=12), st.integers(1, 8))
def test_kneser_ney_is_that_of_the_definition(text, read, order):
    model, definition = KneserNey(ABC, ABC.encode(text), order), Definition([text], order, 3)
    found = model.log_probs(ABC.encode(read))
    for t, char in enumerate(read):
        context = read[max(0, t - order + 1) : t]
        assert found[t] == pytest.approx(log(definition.prob(context, char)))


@pytest.mark.parametrize("model_of", [NGram, KneserNey])
@given(st.text("abc", min_size=20, max_size=80), st.text("abc", min_size=1, max_size=30),
       st.integers(1, 20))  # fmt: skip
def test_probabilities_are_positive_and_sum_to_one(model_of, text, read, order):
    model = model_of(ABC, ABC.encode(text), order)
    ids, state = ABC.encode(read), model.initial_state()
    scored = model.log_probs(ids)
    for t in range(len(ids) - 1):
        logits, state = model.step(ids[t : t + 1], state)
        probs = np.exp(logits[0])
        assert probs.sum() == pytest.approx(1) and (probs > 0).all()
        assert logits[0, ids[t + 1]] == pytest.approx(scored[t + 1])


@pytest.mark.parametrize("model_of", [NGram, KneserNey])
@given(st.text("ab", min_size=9, max_size=60), st.text("ab", min_size=1, max_size=20))
def test_one_table_holds_the_models_of_all_lower_orders(model_of, text, read):
    vocab = Vocab("ab")
    ids, read_ids = vocab.encode(text), vocab.encode(read)
    whole = model_of(vocab, ids, 9)
    for order, found in enumerate(whole.log_probs_by_order(read_ids), start=1):
        alone = model_of(vocab, ids, order)
        np.testing.assert_array_equal(found, alone.log_probs(read_ids))
        np.testing.assert_array_equal(found, whole.shortened(order).log_probs(read_ids))


def test_discounts_are_those_of_chen_and_goodman():
    Y = 10 / 18
    expected = 1 - 2 * Y * 4 / 10, 2 - 3 * Y * 2 / 4, 3 - 4 * Y * 1 / 2
    assert discounts(np.array([10, 4, 2, 1])) == pytest.approx(expected)
    assert discounts(np.array([10, 4, 2, 0]))[2] == 3


@pytest.mark.parametrize(
    "counts", [(3, 1, 1, 2), (4, 3, 2, 8), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1)]
)
def test_discounts_out_of_range_are_replaced(counts):
    assert discounts(np.array(counts)) == FALLBACK


def test_unseen_contexts_leave_the_shorter_ones_to_guess():
    model = KneserNey(ABC, ABC.encode("abababab"), 3)
    start = model.log_probs(ABC.encode("ccb"))
    alone = model.log_probs(ABC.encode("b"))
    assert start[2] == alone[0]


def witten_bell(texts, size, context, char):
    shorter = 1 / size if not context else witten_bell(texts, size, context[1:], char)
    counts = followers(texts, context, True)
    total, kinds = sum(counts.values()), len(counts)
    return shorter if not total else (counts.get(char, 0) + kinds * shorter) / (total + kinds)


@given(st.text("abc", min_size=8, max_size=40), st.text("abc", min_size=1, max_size=30),
       st.integers(1, 6))  # fmt: skip
def test_adaptive_witten_bell_counts_what_it_has_read(text, read, order):
    found = Adaptive(NGram(ABC, ABC.encode(text), order)).log_probs(ABC.encode(read))
    for t, char in enumerate(read):
        context = read[max(0, t - order + 1) : t]
        assert exp(found[t]) == pytest.approx(witten_bell([text, read[:t]], 3, context, char))


@given(st.text("abc", min_size=8, max_size=40), st.text("abc", min_size=1, max_size=30),
       st.integers(1, 6))  # fmt: skip
def test_adaptive_kneser_ney_counts_what_it_has_read(text, read, order):
    found = Adaptive(KneserNey(ABC, ABC.encode(text), order)).log_probs(ABC.encode(read))
    for t, char in enumerate(read):
        definition = Definition([text], order, 3, counted=[text, read[:t]])
        context = read[max(0, t - order + 1) : t]
        assert exp(found[t]) == pytest.approx(definition.prob(context, char))


@pytest.mark.parametrize("model_of", [NGram, KneserNey])
def test_adaptive_counters_of_all_orders_come_from_one_table(model_of):
    rng = np.random.default_rng(0)
    ids, read = rng.integers(0, 3, 300), rng.integers(0, 3, 200)
    by_order = list(Adaptive(model_of(ABC, ids, 5)).log_probs_by_order(read))
    for order, found in enumerate(by_order, start=1):
        alone = Adaptive(model_of(ABC, ids, order)).log_probs(read)
        np.testing.assert_allclose(found, alone, rtol=1e-12)


def test_what_repeats_is_learnt_while_reading():
    rng = np.random.default_rng(0)
    model = KneserNey(ABC, rng.integers(0, 3, 2000), 6)
    read = np.tile(rng.integers(0, 3, 50), 8)
    static, adaptive = model.log_probs(read), Adaptive(model).log_probs(read)
    assert adaptive[200:].mean() > static[200:].mean() + 0.5


# --- sorted suffixes -----------------------------------------------------------------


@pytest.mark.parametrize("size", [3, 255, 256, 65_535, 65_536])
@pytest.mark.parametrize("order", [1, 2, 4, 5, 9, 17])
def test_strings_are_counted_whatever_the_number_of_symbols(size, order):
    rng = np.random.default_rng(size + order)
    used = rng.choice(size, size=3, replace=False)
    used[0] = size - 1  # the last symbol fills the bytes
    ids = rng.choice(used, size=400)
    suffixes = Suffixes(ids, size, order)
    for length in range(1, order + 1):
        strings = Counter(tuple(ids[i : i + length]) for i in range(len(ids) - length + 1))
        assert suffixes.num_strings(length) == len(strings)
    node, seen = 0, ids[:0]
    for length, char_id in enumerate(ids[100 : 100 + order]):
        first, after, counts = suffixes.children(length, node)
        following = Counter(
            ids[i + length] for i in range(len(ids) - length)
            if (ids[i : i + length] == seen).all()
        )  # fmt: skip
        assert dict(zip(after, counts, strict=True)) == following
        node, seen = first + int(np.searchsorted(after, char_id)), ids[100 : 101 + length]


@pytest.mark.parametrize("text", ["a" * 50, "ab" * 30, "abcabcabc", "a" * 20 + "b" * 20])
def test_texts_that_repeat_themselves(text):
    read = text[:15] + "ba" + text[-15:]
    ids, read_ids = ABC.encode(text), ABC.encode(read)
    found = NGram(ABC, ids, 9).log_probs(read_ids)
    for t, char in enumerate(read):
        context = read[max(0, t - 8) : t]
        assert exp(found[t]) == pytest.approx(witten_bell([text], 3, context, char))


def test_counting_takes_24_bytes_a_character_at_most():
    text = sherlock_like(1_000_000)
    vocab = Vocab.from_text(text)
    ids = vocab.encode(text)
    tracemalloc.start()
    model, losses = best_order(vocab, ids[:900_000], ids[900_000:])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert losses[model.order] < 2 and len(losses) == 9
    assert peak / len(ids) < 24


def test_too_little_memory_is_one_sentence(monkeypatch):
    def no_memory(*_):
        raise MemoryError

    monkeypatch.setattr(Suffixes, "_sort_group", no_memory)
    with pytest.raises(TextError, match=r"counting 20 characters takes .* --no-ngram"):
        NGram(ABC, ABC.encode("abc" * 6 + "ab"), 3)


def sherlock_like(length):
    """Sentences of made-up words, of which a few are frequent, as in a language."""
    rng = np.random.default_rng(0)
    letters = list("eeeetttaaaooinshrdlu")
    words = ["".join(rng.choice(letters, size=rng.integers(1, 9))) for _ in range(8000)]
    ranks = np.minimum(rng.zipf(1.3, size=length // 3), len(words)) - 1
    return " ".join(words[rank] for rank in ranks)[:length]


def test_more_symbols_than_a_byte_and_a_long_order():
    rng = np.random.default_rng(1)
    size = 17_827
    vocab = Vocab([chr(0x4E00 + i) for i in range(size)])
    ids = np.minimum(rng.zipf(1.2, size=30_000), size) - 1
    model = NGram(vocab, ids[:-500], 12)
    scored = model.log_probs(ids[-500:])
    assert np.isfinite(scored).all()
    text, read = vocab.decode(ids[:-500]), vocab.decode(ids[-500:])
    for t in range(0, 60, 7):
        expected = witten_bell([text], size, read[max(0, t - 11) : t], read[t])
        assert exp(scored[t]) == pytest.approx(expected)


# --- writing -------------------------------------------------------------------------


@pytest.mark.parametrize("model_of", [NGram, KneserNey])
def test_counters_write_and_a_batch_is_its_rows(model_of):
    text = "the cat sat on the mat and that was that. " * 5
    vocab = Vocab.from_text(text)
    model = model_of(vocab, vocab.encode(text), 6)
    assert isinstance(model, LanguageModel)
    written = sampling.sample(model, "the ", 60, top_k=1, rng=np.random.default_rng(0))
    assert written[:20] in text
    state = model.initial_state(2)
    for pair in zip("that", "cat ", strict=True):
        logits, state = model.step(vocab.encode("".join(pair)), state)
    for row, read in enumerate(["that", "cat "]):
        alone = model.initial_state()
        for char in read:
            single, alone = model.step(vocab.encode(char), alone)
        np.testing.assert_array_equal(logits[row], single[0])


# --- mixtures ------------------------------------------------------------------------


def logs(*columns):
    return np.log(np.array(columns).T)


def test_weights_are_the_likeliest():
    rng = np.random.default_rng(0)
    found = np.log(rng.uniform(0.05, 0.9, size=(2, 400)))
    weight = fitted_weights(found)[0]
    best = max(np.linspace(0.001, 0.999, 999), key=lambda w: mixed(found, [w, 1 - w]).sum())
    assert weight == pytest.approx(best, abs=2e-3)


def test_a_mixture_averages_probabilities():
    found = logs([0.5, 0.1], [0.2, 0.4])
    np.testing.assert_allclose(np.exp(mixed(found, np.array([0.25, 0.75]))), [0.2, 0.35])
    np.testing.assert_allclose(np.exp(mixed(found, np.array([1.0, 0.0]))), [0.5, 0.2])


def test_weights_learnt_while_reading_follow_the_update():
    found, weights = logs([0.5, 0.1], [0.2, 0.4], [0.9, 0.3]), np.array([0.5, 0.5])
    mixtures, last = mixed_while_reading(found, weights, rate=0.3)
    for column, mixture in zip(np.exp(found).T, mixtures, strict=True):
        assert exp(mixture) == pytest.approx(weights @ column)
        weights = weights * np.exp(0.3 * column / (weights @ column))
        weights = weights / weights.sum()
    np.testing.assert_allclose(last, weights)


def test_a_mixture_is_a_language_model():
    text = "abcabcaabbcc" * 4
    models = [NGram(ABC, ABC.encode(text), 2), KneserNey(ABC, ABC.encode(text), 4)]
    both, state = Mixture(models, [1, 3]), None
    assert isinstance(both, LanguageModel)
    state, states = both.initial_state(), [model.initial_state() for model in models]
    for char_id in ABC.encode("abca"):
        logits, state = both.step(np.array([char_id]), state)
        alone = []
        for i, model in enumerate(models):
            found, states[i] = model.step(np.array([char_id]), states[i])
            alone.append(softmax(found))
        np.testing.assert_allclose(softmax(logits), alone[0] / 4 + 3 * alone[1] / 4)


@pytest.mark.parametrize("weights", [[1], [1, 0], [1, -1]])
def test_weights_must_fit(weights):
    model = NGram(ABC, ABC.encode("abc"), 1)
    with pytest.raises(TextError):
        Mixture([model, model], weights)


def test_models_of_a_mixture_know_the_same_characters():
    models = [NGram(ABC, ABC.encode("abc"), 1), NGram(Vocab("ab"), np.array([0, 1]), 1)]
    with pytest.raises(TextError, match="same characters"):
        Mixture(models, [1, 1])
