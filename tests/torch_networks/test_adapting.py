"""A network that goes on learning from the text that it is scored on."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import torch

from rnnbook import evaluation, ladder
from rnnbook.errors import TextError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks import adapting
from rnnbook.torch_networks.adapting import Adaptation, adapted_log_probs, gradient_sizes
from rnnbook.torch_networks.linear import new_model

VOCAB = Vocab("abcdef")
RNG = np.random.default_rng(0)
TRAIN = RNG.integers(6, size=3000)
READ = np.tile(VOCAB.encode("abcafedeba"), 40)
STILL = Adaptation(0.0, decay=0.0)


@pytest.fixture(scope="module", params=["lstm", "gru", "mingru"])
def model(request):
    config = ModelConfig(request.param, hidden_size=12, embedding_size=4)
    return new_model(VOCAB, config, np.random.default_rng(1))


@pytest.fixture(scope="module")
def sizes(model):
    return gradient_sizes(model, TRAIN, np.random.default_rng(2))


def weights_of(model):
    return [value.detach().clone() for value in model.parameters()]


def test_at_the_rate_nought_it_reads_as_any_network_does(model, sizes):
    plain = evaluation.log_probs(model, READ, num_streams=1)
    found = adapted_log_probs(model, READ, sizes, STILL)
    np.testing.assert_allclose(found, plain, atol=1e-5)


def test_it_learns_what_repeats_and_ends_as_it_was(model, sizes):
    before = weights_of(model)
    found = -adapted_log_probs(model, READ, sizes, Adaptation(5e-3, decay=0.0))
    assert found[-100:].mean() < found[:100].mean() - 0.3
    for one, two in zip(before, model.parameters(), strict=True):
        assert torch.equal(one, two)


def test_no_character_helps_to_guess_itself_or_those_before(model, sizes):
    other = READ.copy()
    other[150:] = (other[150:] + 1) % 6
    how = Adaptation(1e-2, length=7)
    one, two = (adapted_log_probs(model, ids, sizes, how) for ids in (READ, other))
    np.testing.assert_array_equal(one[:149], two[:149])  # the guesses at ids[1:150]
    assert not np.allclose(one[149:], two[149:])


def test_the_pull_leads_back(model, sizes):
    even = [torch.full_like(size, 0.05) for size in sizes]
    losses = [
        -adapted_log_probs(model, READ, even, how).mean()
        for how in (Adaptation(5e-3, decay=0.0), Adaptation(5e-3, decay=1.0), STILL)
    ]
    assert losses[0] < losses[1] < losses[2]


def test_what_stops_it_leaves_the_model_as_it_was(model, sizes, monkeypatch):
    before, calls, read = weights_of(model), itertools.count(), adapting._Stretches.read

    def stopped(self):
        if next(calls) == 5:
            raise KeyboardInterrupt
        return read(self)

    monkeypatch.setattr(adapting._Stretches, "read", stopped)
    with pytest.raises(KeyboardInterrupt):
        adapted_log_probs(model, READ, sizes, Adaptation(1e-2))
    for one, two in zip(before, model.parameters(), strict=True):
        assert torch.equal(one, two)


def test_sizes_are_root_mean_squares_of_gradients(model):
    stretch = TRAIN[:201]
    found = gradient_sizes(model, stretch, np.random.default_rng(0))  # one place there is
    stretches, squares = adapting._Stretches(model, stretch, 20), 0.0
    for _ in range(10):
        squares = squares + stretches.read()[0][-1] ** 2
    torch.testing.assert_close(found[-1], torch.sqrt(squares / 10))


def test_the_ladder_chooses_the_rate_on_the_first_half(model, monkeypatch):
    monkeypatch.setattr(ladder, "ADAPTING_RATES", (0.0, 1e-2))
    rung, log_probs = ladder.adapted_rung(model, TRAIN, READ, np.random.default_rng(0))
    assert "0.01" in rung.name and len(log_probs) == len(READ) - 1
    assert rung.test < -evaluation.log_probs(model, READ).mean()


def test_texts_that_are_too_short(model, sizes):
    with pytest.raises(TextError, match="training characters"):
        gradient_sizes(model, TRAIN[:100], np.random.default_rng(0))
    with pytest.raises(TextError, match="two characters"):
        adapted_log_probs(model, READ[:1], sizes, STILL)
    with pytest.raises(ValueError, match="learn"):
        Adaptation(-1.0)
