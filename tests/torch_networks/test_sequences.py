"""Networks for other shapes of task: shapes, padding, attention, and that they learn."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import nn

from rnnbook.torch_networks.sequences import Classifier, Forecaster, fit, pad_left, pad_right

pytestmark = pytest.mark.numerical


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_padding_keeps_the_sequences():
    sequences = [np.array([5, 6, 7]), np.array([8])]
    assert pad_left(sequences).T.tolist() == [[5, 6, 7], [0, 0, 8]]
    assert pad_right(sequences).T.tolist() == [[5, 6, 7], [8, 0, 0]]
    vectors = [np.ones((2, 3), np.float32), np.ones((4, 3), np.float32)]
    assert pad_left(vectors).shape == (4, 2, 3) and pad_left(vectors).dtype == np.float32
    assert pad_left(vectors)[:, 0].sum(1).tolist() == [0, 0, 3, 3]


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
def test_a_classifier_is_what_pytorch_computes(kind, rng):
    model = Classifier(kind, 4, 6, 3, rng)
    x = torch.from_numpy(rng.standard_normal((9, 5, 4)).astype(np.float32))
    layer = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind](4, 6)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(model.layer.W_xh)
        layer.weight_hh_l0.copy_(model.layer.W_hh)
        layer.bias_ih_l0.copy_(model.layer.b_h)
        layer.bias_hh_l0.zero_()
        if kind == "gru":
            layer.bias_hh_l0[12:] = model.layer.b_hn
        h, _ = layer(x)
        expected = h[-1] @ model.out.W.t() + model.out.b
        torch.testing.assert_close(model(x), expected, atol=1e-5, rtol=1e-4)
    assert model.predict(x.numpy()).tolist() == expected.argmax(1).tolist()


def test_a_classifier_learns_what_came_first(rng):
    """The answer is the first symbol; the rest is noise: it takes memory."""
    model = Classifier("lstm", 8, 24, 2, rng, vocab_size=5)

    def draw():
        x = rng.integers(3, 5, size=(8, 64))
        x[0] = rng.integers(1, 3, size=64)
        return x, x[0] - 1

    before = model.loss(*draw()).item()
    losses = [loss for _, loss in fit(model, lambda: model.loss(*draw()), steps=150,
                                      learning_rate=1e-2)]  # fmt: skip
    x, right = draw()
    assert before > 0.5 and np.mean(losses[-10:]) < 0.05
    assert (model.predict(x) == right).mean() > 0.95


def test_a_forecast_does_not_depend_on_the_level(rng):
    model = Forecaster("lstm", 8, 3, rng)
    past = rng.standard_normal((12, 4)).astype(np.float32)
    assert model.predict(past).shape == (4, 3)
    np.testing.assert_allclose(model.predict(past + 5), model.predict(past) + 5, atol=1e-5)


def test_the_forget_gates_start_open_and_the_same_seed_gives_the_same(rng):
    first, second = (Classifier("lstm", 3, 5, 2, np.random.default_rng(4)) for _ in range(2))
    assert first.layer.b_h[5:10].tolist() == [1.0] * 5
    for one, other in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, other)


def test_the_best_weights_are_put_back(rng):
    model = Classifier("rnn", 2, 4, 2, rng)
    x, y = rng.standard_normal((3, 8, 2)).astype(np.float32), rng.integers(2, size=8)
    scores = iter([3.0, 1.0, 2.0])
    kept = []
    for step, _ in fit(model, lambda: model.loss(x, y), steps=3, learning_rate=0.1, every=1,
                       validate=lambda: torch.tensor(next(scores))):  # fmt: skip
        kept.append({name: value.clone() for name, value in model.state_dict().items()})
        assert step == len(kept)
    for name, value in model.state_dict().items():
        assert torch.equal(value, kept[1][name])
        assert name == "out.b" or not torch.equal(value, kept[2][name])
