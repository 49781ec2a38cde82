"""The encoder-decoder: it learns, it writes what is likeliest, and attention sees no padding."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook.torch_networks.sequences import fit, init_weights, pad_left, pad_right
from rnnbook.torch_networks.translation import Attention, EncoderDecoder

pytestmark = pytest.mark.numerical


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.mark.parametrize("attention", [False, True])
def test_an_encoder_decoder_learns_to_reverse(attention, rng):
    model = EncoderDecoder("lstm", 6, 6, 8, 32, rng, attention)

    def draw(count):
        rows = [rng.integers(2, 6, size=int(rng.integers(2, 5))) for _ in range(count)]
        return rows, pad_left(rows), pad_right([np.append(row[::-1], 1) for row in rows])

    first = model.loss(*draw(64)[1:]).item()
    for _ in fit(model, lambda: model.loss(*draw(64)[1:]), steps=300, learning_rate=1e-2):
        pass
    rows, source, target = draw(100)
    written, weights = model.translate(source, 8)
    right = [written[: len(row), b].tolist() == row[::-1].tolist() for b, row in enumerate(rows)]
    assert first > 1.5 and np.mean(right) > 0.9
    assert model.loss(source, target).item() < 0.3
    assert (weights is None) != attention
    if weights is not None:
        assert weights.shape == (len(written), 100, len(source))
        np.testing.assert_allclose(weights.sum(2), 1, atol=1e-5)
        assert weights[:, source.T == 0].max() == 0  # nothing is seen in the padding


def test_what_is_written_is_the_likeliest_given_what_was_written(rng):
    """Step by step is the same as all at once."""
    model = EncoderDecoder("lstm", 7, 9, 5, 11, rng, attention=True)
    source = rng.integers(2, 7, size=(6, 4))
    written, _ = model.translate(source, 5)
    with torch.no_grad():
        logits = model(torch.as_tensor(source), torch.as_tensor(written))
    assert logits.argmax(2).tolist() == written.tolist()


def test_the_padding_of_the_target_costs_nothing(rng):
    model = EncoderDecoder("lstm", 7, 9, 5, 11, rng)
    source, target = rng.integers(2, 7, size=(6, 4)), rng.integers(1, 9, size=(5, 4))
    longer = np.concatenate([target, np.zeros((3, 4), np.int64)])
    assert model.loss(source, longer).item() == pytest.approx(model.loss(source, target).item())


def test_attention_looks_at_what_is_alike(rng):
    attention = Attention(4)
    init_weights(attention, rng)
    with torch.no_grad():
        attention.W_score.copy_(20 * torch.eye(4))
    memory = torch.eye(4).unsqueeze(1)  # (S, 1, H): state s is unit vector s
    _, weights = attention(memory[[2]], memory, torch.zeros(4, 1, dtype=torch.bool))
    assert weights[0, 0].argmax() == 2 and weights[0, 0, 2] > 0.99
