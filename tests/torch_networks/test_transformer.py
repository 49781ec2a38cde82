"""The small Transformer: it never sees what is to come, and it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook.language_model import log_softmax
from rnnbook.text import Vocab
from rnnbook.torch_networks.transformer import Transformer, TransformerTrainer

pytestmark = pytest.mark.numerical

VOCAB = Vocab("abcdefgh")


def model(seed: int = 0) -> Transformer:
    return Transformer(VOCAB, width=16, num_layers=2, num_heads=2, context=8, seed=seed).eval()


def ids(length: int, seed: int = 0):
    return np.random.default_rng(seed).integers(len(VOCAB), size=length)


def test_a_guess_does_not_see_what_is_to_come():
    x = torch.as_tensor(ids(8)[None])
    changed = x.clone()
    changed[0, 5] = (changed[0, 5] + 1) % len(VOCAB)
    with torch.no_grad():
        before, after = model()(x), model()(changed)
    torch.testing.assert_close(before[:, :5], after[:, :5])
    assert (before[:, 5] - after[:, 5]).abs().max() > 1e-3


def test_the_weights_come_from_the_seed_and_leave_the_global_state_alone():
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    first, again, other = model(3), model(3), model(4)
    torch.testing.assert_close(torch.rand(3), expected)
    torch.testing.assert_close(first.out.weight, again.out.weight)
    assert not torch.equal(first.out.weight, other.out.weight)


@pytest.mark.parametrize("length", [2, 8, 9, 12, 13, 31])
def test_every_cost_sees_half_a_context_or_more(length):
    network, text = model(), ids(length)
    found = network.costs(text, batch_size=2)
    assert found.shape == (length - 1,)
    for t in range(length - 1):
        start = max(0, (t - 4) // 4 * 4) if t >= 8 else 0  # the window that scores guess t
        with torch.no_grad():
            logits = network(torch.as_tensor(text[None, start : t + 1]))[0, -1].numpy()
        assert found[t] == pytest.approx(-log_softmax(logits)[text[t + 1]], abs=1e-5)


def test_it_learns_what_repeats():
    text = np.tile(np.arange(len(VOCAB)), 200)
    trainer = TransformerTrainer(model(), text, batch_size=8, seed=0)
    losses = [trainer.train_step(5e-3) for _ in range(150)]
    assert losses[0] > 1.8 and losses[-1] < 0.3
    assert trainer.averaged().costs(text[:100])[8:].mean() < 0.3


def test_the_same_seed_gives_the_same_training():
    runs = [
        [TransformerTrainer(model(), ids(300), 4, seed).train_step(1e-2) for _ in range(3)]
        for seed in (0, 0, 1)
    ]
    assert runs[0] == runs[1] != runs[2]
