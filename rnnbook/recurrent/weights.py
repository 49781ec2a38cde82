"""The names and the shapes of a network's weights, how many numbers they are, how they begin.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

from math import prod

import numpy as np
from numpy.typing import NDArray

from rnnbook.recurrent import linear
from rnnbook.recurrent.config import GATES, ModelConfig


def weight_shapes(config: ModelConfig, vocab_size: int) -> dict[str, tuple[int, ...]]:
    """The name and the shape of every weight, in the order of the package's tables."""
    if config.is_linear:
        return linear.weight_shapes(config, vocab_size)
    hidden, blocks = config.hidden_size, len(GATES[config.kind])
    shapes: dict[str, tuple[int, ...]] = {}
    if config.embedding_size:
        shapes["embedding"] = (vocab_size, config.embedding_size)
    inputs = config.embedding_size or vocab_size
    for layer in range(config.num_layers):
        shapes[f"layers.{layer}.W_xh"] = (blocks * hidden, inputs if layer == 0 else hidden)
        shapes[f"layers.{layer}.W_hh"] = (blocks * hidden, hidden)
        shapes[f"layers.{layer}.b_h"] = (blocks * hidden,)
        if config.kind == "gru":
            shapes[f"layers.{layer}.b_hn"] = (hidden,)
    shapes["W_hy"] = (vocab_size, hidden)
    shapes["b_y"] = (vocab_size,)
    return shapes


def count_tensors(config: ModelConfig) -> int:
    """How many weights there are, by arithmetic: a file may claim any number of layers."""
    if config.is_linear:
        return linear.count_tensors(config)
    biases = 2 if config.kind == "gru" else 1
    return (2 + biases) * config.num_layers + (2 if config.embedding_size == 0 else 3)


def count_parameters(config: ModelConfig, vocab_size: int) -> int:
    """How many numbers the network learns.

    PyTorch and char-rnn keep two biases a block where one would do, and so count
    ``num_layers * G * H`` more for the RNN and the LSTM.
    """
    return sum(prod(shape) for shape in weight_shapes(config, vocab_size).values())


def untrained_weights(
    config: ModelConfig, vocab_size: int, rng: np.random.Generator
) -> dict[str, NDArray[np.float32]]:
    """Weights of a network that was never trained: the null of whatever is found in a trained one.

    Uniform in [-1, 1] / sqrt(H), a normal embedding, and the forget gates of an LSTM
    open at a bias of 1; those of a linear recurrence as :func:`linear.first_values` says. Only
    uniform numbers are drawn, name after name in the order of the alphabet, so that the page
    draws the same: see ``untrained`` in recurrent.js.
    """
    spread, hidden = config.hidden_size**-0.5, config.hidden_size
    weights = {}
    for name, shape in sorted(weight_shapes(config, vocab_size).items()):
        if name == "embedding":  # Box and Muller (1958)
            uniforms = rng.random((*shape, 2))
            lengths = np.sqrt(-2 * np.log(1 - uniforms[..., 0]))
            values = lengths * np.cos(2 * np.pi * uniforms[..., 1])
        elif config.is_linear:
            values = linear.first_values(config, name, rng.random(shape))
        else:
            values = (2 * rng.random(shape) - 1) * spread
        if config.kind == "lstm" and name.endswith(".b_h"):
            values[hidden : 2 * hidden] = 1.0
        weights[name] = values.astype(np.float32)
    linear.tie(config, weights)
    return weights
