"""The weights found for the drawing of the post."""

from __future__ import annotations

import numpy as np

from rnnbook import hello
from rnnbook.numpy_networks import rnn

X, Y = np.array([[0, 1, 2, 2]]), np.array([[1, 2, 2, 3]])
START = np.zeros((1, 3))


def test_they_give_the_drawings_numbers():
    weights = hello.weights()
    hidden, _ = rnn.forward(weights, X, START)
    np.testing.assert_allclose(hidden[1:, 0], hello.HIDDEN, atol=1e-10)
    logits = hidden[1:, 0] @ weights["W_hy"].T + weights["b_y"]
    np.testing.assert_allclose(logits, hello.LOGITS, atol=1e-10)


def test_one_update_makes_every_right_letter_likelier():
    weights = hello.weights()
    _, before = rnn.forward(weights, X, START)
    _, gradients, _ = rnn.loss_and_gradients(weights, X, Y, START)
    updated = {name: array - 0.05 * gradients[name] for name, array in weights.items()}
    _, after = rnn.forward(updated, X, START)
    right = (np.arange(4), 0, Y[0])
    assert (after[right] > before[right]).all()
