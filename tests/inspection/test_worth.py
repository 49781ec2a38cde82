"""Probes, gates, ablations and errors: each finds what was planted, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import KINDS, own_ids, random_checkpoint

from rnnbook import inspection
from rnnbook.errors import TextError
from rnnbook.inspection import ablation, errors, gates, probes
from rnnbook.language_model import Trace, log_softmax

pytestmark = pytest.mark.numerical


@pytest.fixture(scope="module")
def spread():
    """A property that no unit tells by itself, and all together do: values, labels."""
    rng = np.random.default_rng(0)
    labels = np.repeat(rng.random(200) < 0.5, 20)
    common = rng.normal(size=(4000, 1))
    values = rng.normal(scale=0.1, size=(4000, 12)) + common
    values[:, ::2] -= 2 * common
    values += 0.3 * labels[:, None]
    return values, labels


def test_a_probe_finds_what_is_spread_over_units(spread):
    values, labels = spread
    single = inspection.rank_units(values, labels)[0].score
    assert single < 0.7 < 0.99 < probes.probe_score(values, labels)


def test_nulls_of_a_probe_are_near_chance(spread):
    values, labels = spread
    rng = np.random.default_rng(1)
    assert probes.permuted_probe_scores(values, labels, rng, 3).max() < 0.6
    assert probes.shifted_probe_scores(values, labels, rng, 3).max() < 0.7
    noise = rng.normal(size=values.shape)
    assert 0.4 < probes.probe_score(noise, labels) < 0.6


def test_a_probe_of_a_count_is_a_ridge_regression(spread):
    values, _ = spread
    counts = np.tile(np.arange(20), 200)
    planted = values.copy()
    planted[:, :2] += counts[:, None] / 10
    assert probes.probe_score(planted, counts) > 0.95
    assert abs(probes.probe_score(values, counts)) < 0.05


def test_a_probe_needs_both_labels_in_both_halves(spread):
    values, labels = spread
    with pytest.raises(TextError, match="each half"):
        probes.probe_score(values, np.arange(len(labels)) < 2000)


def test_gates_are_counted_by_layer_and_unit():
    shut, half, opened = 0.05, 0.5, 0.95
    f = np.array([[[shut, half], [opened, half]], [[opened, opened], [opened, shut]]])  # (L, T, H)
    trace = Trace("ab", np.zeros((2, 3)), np.zeros((2, 2, 2)), gates={"f": f, "g": f})
    found = gates.saturation(trace)
    assert list(found) == ["f"]  # g is no gate
    assert found["f"].below.tolist() == [[0.5, 0], [0, 0.5]]
    assert found["f"].above.tolist() == [[0.5, 0], [1, 0.5]]
    assert found["f"].mostly_above(1) == 0.5 and found["f"].mostly_above(0) == 0
    assert found["f"].mostly_below(1, most=0.4) == 0.5
    with pytest.raises(TextError, match="no gates"):
        gates.saturation(random_checkpoint("rnn").model().trace("abc"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_unit_that_nothing_reads_costs_nothing_and_others_do(kind):
    checkpoint = random_checkpoint(kind)
    checkpoint.weights["layers.0.W_hh"][:, 3] = 0
    checkpoint.weights["W_hy"][:, 3] = 0
    model = checkpoint.model()
    trace = model.trace(model.vocab.decode(own_ids(model, 130)))
    extra = ablation.extra_costs(model, trace, [3, 5], length=40)
    assert extra.shape == (2, 129)
    assert np.abs(extra[0]).max() < 1e-5 < 1e-2 < np.abs(extra[1]).max()
    later = ablation.extra_costs(model, trace, [5], start=41, length=40)
    np.testing.assert_allclose(later[0, :40], extra[1, 41:81], atol=1e-6)
    assert not extra[:, 121:].any()  # what no stream reaches
    with pytest.raises(TextError, match="42 characters"):
        ablation.extra_costs(model, trace, [3], start=100, length=40)


def test_units_whose_logits_go_another_way_are_not_held():
    model = random_checkpoint("mingru").model()
    with pytest.raises(TextError, match="units of a minGRU cannot be held"):
        ablation.extra_costs(model, model.trace("a bad cab" * 20), [3])


@pytest.mark.parametrize("kind", KINDS)
def test_a_held_unit_is_held_in_every_step(kind):
    """Against a reading by hand, one character after the other."""
    model = random_checkpoint(kind).model()
    trace = model.trace(model.vocab.decode(own_ids(model, 60)))
    ids = model.vocab.encode(trace.text)
    arrays = {"h": trace.hidden} if trace.cell is None else {"h": trace.hidden, "c": trace.cell}

    def hold(state):
        for name, value in state.items():
            value[0, 0, 4] = arrays[name][0, :, 4].mean()

    state, wanted = {name: array[:, [0]].copy() for name, array in arrays.items()}, []
    hold(state)
    for t in range(1, 51):
        _, state = model.step(ids[[t]], state)
        hold(state)
        logits = model.weights["W_hy"] @ state["h"][0, 0] + model.weights["b_y"]
        wanted.append(-log_softmax(logits)[ids[t + 1]])
    before = -inspection.right_log_probs(trace.logits, ids)
    extra = ablation.extra_costs(model, trace, [4], length=50)[0]
    np.testing.assert_allclose(extra[1:51], np.array(wanted) - before[1:51], atol=1e-5)


def test_costs_are_summed_by_what_holds_when_a_guess_is_made():
    labels = np.array([0, 1, 1, 0, 2, 1])
    found = ablation.cost(np.array([1.0, 2.0, 4.0, 8.0, 16.0]), labels)
    assert found == ablation.Cost(inside=22 / 3, outside=9 / 2, ending=(4 + 16) / 2)
    assert np.isnan(ablation.cost(np.ones(2), np.zeros(3, dtype=bool)).ending)


TEXT = "the odd odd cat\nsat"


def sort(wrong, ngram=()):
    """The characters of TEXT that are errors, by cause."""
    probs = np.array([0.2 if t in wrong else 0.9 for t in range(1, len(TEXT))])
    ngram_probs = np.array([0.6 if t in ngram else 0.1 for t in range(1, len(TEXT))])
    counts = {"the": 9, "odd": 2, "cat": 9, "sat": 9}
    found = errors.sort_errors(TEXT, probs, ngram_probs, counts)
    total = np.sum(list(found.values()), axis=0)
    assert (total == (probs < 0.5)).all()  # each error once
    return {cause: (np.flatnonzero(mask) + 1).tolist() for cause, mask in found.items()
            if mask.any()}  # fmt: skip


def test_every_error_has_its_first_cause():
    assert sort(range(1, len(TEXT)), ngram=(1, 9)) == {
        "n-gram": [1, 9],
        "repeated word": [10],  # the second "odd", without its first letter and what is above
        "rare word": [5, 6],
        "after a space": [4, 8, 12],
        "after a newline": [16],
        "rest": [2, 3, 7, 11, 13, 14, 15, 17, 18],
    }
    assert sort([], ngram=(1, 9)) == {}


def test_a_word_is_forgotten_after_a_thousand_characters():
    near, far = "word " + "x " * 400 + "word", "word " + "x " * 600 + "word"
    for text, cause in ((near, "repeated word"), (far, "rest")):
        probs = np.zeros(len(text) - 1)
        found = errors.sort_errors(text, probs, probs, {"word": 9, "x": 9})
        assert found[cause][-1]


def test_words_are_counted_as_they_are_written():
    assert errors.count_words("It's it's 2 it's_Up") == {"It's": 1, "it's": 2, "Up": 1}
