"""What a recurrent network is made of: its configuration and its named weights.

Every engine (NumPy, PyTorch, JavaScript) and every checkpoint uses the names and
shapes given here, which are those of the book's equations. With V characters, E
the size of the embedding (V if there is none: the input is then one-hot), H
hidden units, and G = 1, 3 or 4 blocks for the RNN, the GRU and the LSTM:

    embedding      (V, E)      only if there is one
    layers.0.W_xh  (G*H, E)    and (G*H, H) in the layers above
    layers.0.W_hh  (G*H, H)
    layers.0.b_h   (G*H,)
    layers.0.b_hn  (H,)        only in a GRU: the bias inside the reset gate
    W_hy           (V, H)
    b_y            (V,)

The blocks of an LSTM stand in the order i, f, g, o and those of a GRU in the
order r, z, n, as in PyTorch.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import prod
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Kind = Literal["rnn", "gru", "lstm"]

#: The gates of each kind, in the order of their blocks.
GATES: dict[str, tuple[str, ...]] = {
    "rnn": ("h",),
    "gru": ("r", "z", "n"),
    "lstm": ("i", "f", "g", "o"),
}


@dataclass(frozen=True)
class ModelConfig:
    """The shape of a recurrent network. Raises :class:`ValueError` on one that cannot be."""

    kind: Kind = "lstm"
    hidden_size: int = 384  # H
    num_layers: int = 1  # L
    embedding_size: int = 64  # E; 0: the input is one-hot

    def __post_init__(self) -> None:
        if self.kind not in GATES:
            raise ValueError(f"kind is one of {', '.join(GATES)}, not {self.kind!r}")
        for name, least in (("hidden_size", 1), ("num_layers", 1), ("embedding_size", 0)):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < least:
                raise ValueError(f"{name} is a whole number of at least {least}, not {value!r}")

    def to_dict(self) -> dict[str, object]:
        return asdict(self)


def weight_shapes(config: ModelConfig, vocab_size: int) -> dict[str, tuple[int, ...]]:
    """The name and the shape of every weight, in the order of the module's table."""
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
    open at a bias of 1. Only uniform numbers are drawn, name after name in the order
    of the alphabet, so that the page draws the same: see ``untrained`` in recurrent.js.
    """
    spread, hidden = config.hidden_size**-0.5, config.hidden_size
    weights = {}
    for name, shape in sorted(weight_shapes(config, vocab_size).items()):
        if name == "embedding":  # Box and Muller (1958)
            uniforms = rng.random((*shape, 2))
            lengths = np.sqrt(-2 * np.log(1 - uniforms[..., 0]))
            values = lengths * np.cos(2 * np.pi * uniforms[..., 1])
        else:
            values = (2 * rng.random(shape) - 1) * spread
        if config.kind == "lstm" and name.endswith(".b_h"):
            values[hidden : 2 * hidden] = 1.0
        weights[name] = values.astype(np.float32)
    return weights
