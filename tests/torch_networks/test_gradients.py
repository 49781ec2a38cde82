"""Autograd gives the gradients that are written by hand."""

from __future__ import annotations

import numpy as np
import pytest

from rnnbook.numpy_networks import rnn
from rnnbook.torch_networks.gradients import loss_and_gradients

pytestmark = pytest.mark.numerical


@pytest.mark.parametrize("length", [1, 9])
def test_autograd_agrees_with_backpropagation_by_hand(length):
    rng = np.random.default_rng(length)
    weights = rnn.init_weights(6, 5, rng, scale=0.5)
    x, y = rng.integers(6, size=(2, 1, length))
    h = rng.uniform(-1, 1, (1, 5))
    loss, by_hand, _ = rnn.loss_and_gradients(weights, x, y, h)
    found, gradients = loss_and_gradients(weights, x, y, h)
    assert found == pytest.approx(loss)
    for name, gradient in by_hand.items():
        np.testing.assert_allclose(gradients[name], gradient, atol=1e-12)
