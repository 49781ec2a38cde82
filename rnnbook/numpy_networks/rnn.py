"""The vanilla RNN of min-char-rnn: forward pass, backward pass and Adagrad by hand.

With x_t the one-hot input, y_t the target, and every state a column,

    h_t = tanh(W_xh x_t + W_hh h_{t-1} + b_h)
    logits_t = W_hy h_t + b_y
    loss = -sum_t ln softmax(logits_t)[y_t]

Written for a batch of B sequences at once; with B = 1 it is the published
program (Karpathy's ``min-char-rnn.py``), number for number.

Taught in the chapters *A network with memory*, *Learning through time* and *min-char-rnn,
whole*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnbook.batches import windows
from rnnbook.errors import TextError, TrainingError
from rnnbook.language_model import softmax
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Ids, Vocab

Array = NDArray[np.floating]
Weights = dict[str, Array]


def init_weights(
    vocab_size: int,
    hidden_size: int,
    rng: np.random.Generator,
    scale: float = 0.01,
    dtype: type[np.floating] = np.float64,
) -> Weights:
    """Small normal weights and zero biases: W_xh (H, V), W_hh (H, H), W_hy (V, H)."""
    return {
        "W_xh": (rng.standard_normal((hidden_size, vocab_size)) * scale).astype(dtype),
        "W_hh": (rng.standard_normal((hidden_size, hidden_size)) * scale).astype(dtype),
        "W_hy": (rng.standard_normal((vocab_size, hidden_size)) * scale).astype(dtype),
        "b_h": np.zeros(hidden_size, dtype=dtype),
        "b_y": np.zeros(vocab_size, dtype=dtype),
    }


def forward(weights: Weights, x: Ids, h: Array) -> tuple[Array, Array]:
    """Read x (B, T) from the state h (B, H).

    Returns hidden (T + 1, B, H), where ``hidden[t + 1]`` follows character t and
    ``hidden[0]`` is h, and probs (T, B, V).
    """
    hidden = np.empty((x.shape[1] + 1, *h.shape), dtype=h.dtype)
    hidden[0] = h
    from_x = weights["W_xh"].T[x.T] + weights["b_h"]  # (T, B, H): a one-hot product is a row
    for t in range(x.shape[1]):
        hidden[t + 1] = np.tanh(from_x[t] + hidden[t] @ weights["W_hh"].T)
    logits = hidden[1:] @ weights["W_hy"].T + weights["b_y"]  # (T, B, V)
    return hidden, softmax(logits).astype(h.dtype, copy=False)


def backward(weights: Weights, x: Ids, y: Ids, hidden: Array, probs: Array) -> Weights:
    """Gradients of the loss summed over the T steps and averaged over the B sequences."""
    num_steps, batch_size, _ = probs.shape
    d_logits = probs.copy()  # (T, B, V)
    steps, rows = np.arange(num_steps)[:, None], np.arange(batch_size)
    d_logits[steps, rows, y.T] -= 1  # the derivative of -ln softmax
    d_logits /= batch_size
    d_from_y = d_logits @ weights["W_hy"]  # (T, B, H)
    d_pre = np.empty_like(d_from_y)  # the gradient before tanh
    d_next = np.zeros_like(d_from_y[0])  # what flows back from step t + 1
    for t in reversed(range(num_steps)):
        d_pre[t] = (1 - hidden[t + 1] ** 2) * (d_from_y[t] + d_next)
        d_next = d_pre[t] @ weights["W_hh"]
    one_hot = np.eye(probs.shape[2], dtype=probs.dtype)[x.T]  # (T, B, V)
    steps_and_rows = ((0, 1), (0, 1))
    return {
        "W_xh": np.tensordot(d_pre, one_hot, steps_and_rows),
        "W_hh": np.tensordot(d_pre, hidden[:-1], steps_and_rows),
        "W_hy": np.tensordot(d_logits, hidden[1:], steps_and_rows),
        "b_h": d_pre.sum((0, 1)),
        "b_y": d_logits.sum((0, 1)),
    }


def loss_and_gradients(weights: Weights, x: Ids, y: Ids, h: Array) -> tuple[float, Weights, Array]:
    """The loss of a window, its gradients, and the state after it.

    x and y are (B, T) and h is (B, H). The loss is in nats, summed over the T
    steps as in the published program and averaged over the B sequences; the
    gradients are not clipped.
    """
    hidden, probs = forward(weights, x, h)
    steps, rows = np.arange(x.shape[1])[:, None], np.arange(x.shape[0])
    loss = -np.log(probs[steps, rows, y.T]).sum() / x.shape[0]
    return float(loss), backward(weights, x, y, hidden, probs), hidden[-1]


def clip(gradients: Weights, limit: float = 5.0) -> None:
    """Clip every entry to [-limit, limit], in place."""
    for gradient in gradients.values():
        np.clip(gradient, -limit, limit, out=gradient)


class Adagrad:
    """w -= learning_rate * g / sqrt(sum of g squared + 1e-8), entry by entry.

    Source: Duchi, Hazan and Singer (2011), JMLR 12.
    """

    def __init__(self, weights: Weights, learning_rate: float = 0.1):
        self.learning_rate = learning_rate
        self.memory = {name: np.zeros_like(value) for name, value in weights.items()}

    def update(self, weights: Weights, gradients: Weights) -> None:
        """Change the weights in place."""
        for name, gradient in gradients.items():
            self.memory[name] += gradient * gradient
            step = gradient / np.sqrt(self.memory[name] + 1e-8)
            weights[name] -= self.learning_rate * step


@dataclass(frozen=True)
class RnnProgress:
    """Where :func:`train` is. The loss is in nats per character, over one window."""

    step: int
    loss: float
    weights: Weights  # the live arrays: copy them to keep them


def train(
    ids: Ids,
    weights: Weights,
    *,
    batch_size: int = 1,
    seq_len: int = 25,
    learning_rate: float = 0.1,
    clip_at: float = 5.0,
) -> Iterator[RnnProgress]:
    """Train on ids (N,) for as long as the caller asks for the next step.

    The weights are changed in place. The state is carried from window to window
    and starts at zero again with every pass over the text.

    Raises :class:`TextError` if the text is too short for one window and
    :class:`TrainingError` if the loss is no longer a number.
    """
    if len(ids) < batch_size * 2 or seq_len < 1:
        raise TextError(
            f"a text of {len(ids)} characters is too short to train on in {batch_size} "
            f"sequences; it takes at least {batch_size * 2}"
        )
    optimiser = Adagrad(weights, learning_rate)
    step = 0
    while True:
        h = np.zeros((batch_size, len(weights["b_h"])), dtype=weights["W_hh"].dtype)
        for x, y in windows(ids, batch_size, seq_len):
            loss, gradients, h = loss_and_gradients(weights, x, y, h)
            if not np.isfinite(loss):
                raise TrainingError(
                    f"the loss is {loss} at step {step}; try a lower learning rate "
                    f"than {learning_rate:g}, or clip the gradients lower than {clip_at:g}"
                )
            clip(gradients, clip_at)
            optimiser.update(weights, gradients)
            step += 1
            yield RnnProgress(step, loss / x.shape[1], weights)


def to_model(vocab: Vocab, weights: Weights) -> NumpyModel:
    """The trained weights as a model to sample from, in the book's names."""
    named = {f"layers.0.{name}": weights[name] for name in ("W_xh", "W_hh", "b_h")}
    named.update({name: weights[name] for name in ("W_hy", "b_y")})
    config = ModelConfig("rnn", len(weights["b_h"]), num_layers=1, embedding_size=0)
    return NumpyModel(vocab, config, {name: value.copy() for name, value in named.items()})
