"""RNN, GRU and LSTM in NumPy: one step, whole texts, and traces of all they compute.

The four-line functions are the equations. :class:`NumpyModel` stacks them into
layers, and makes sampling one character cheap: the embedding, the input weights
and the bias of the first layer are multiplied out once into a table with one row
a character, so that a step reads little more than ``W_hh``.

Taught in the chapter *The LSTM in PyTorch*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.language_model import State, Trace
from rnnbook.recurrent import GATES, ModelConfig, weight_shapes
from rnnbook.text import Ids, Vocab

Array = NDArray[np.floating]


def sigmoid(x: Array) -> Array:
    """The logistic function, written with tanh so that it never overflows."""
    return 0.5 * np.tanh(0.5 * x) + 0.5


def rnn_cell(from_x: Array, from_h: Array) -> tuple[Array, tuple[Array, ...]]:
    """h_t = tanh(W_xh x_t + b_h + W_hh h_{t-1}); both arguments are (B, H)."""
    h = np.tanh(from_x + from_h)
    return h, (h,)


def gru_cell(
    from_x: Array, from_h: Array, h: Array, b_hn: Array
) -> tuple[Array, tuple[Array, ...]]:
    """One GRU step; ``from_x`` and ``from_h`` are (B, 3H). Returns h and the gates r, z, n.

    Source: Cho et al. (2014), arXiv 1406.1078, in PyTorch's arrangement.
    """
    size = h.shape[-1]
    rz = sigmoid(from_x[:, : 2 * size] + from_h[:, : 2 * size])
    r, z = rz[:, :size], rz[:, size:]
    n = np.tanh(from_x[:, 2 * size :] + r * (from_h[:, 2 * size :] + b_hn))
    return (1 - z) * n + z * h, (r, z, n)


def lstm_cell(from_x: Array, from_h: Array, c: Array) -> tuple[Array, Array, tuple[Array, ...]]:
    """One LSTM step; ``from_x`` and ``from_h`` are (B, 4H). Returns h, c and i, f, g, o.

    Source: Hochreiter and Schmidhuber (1997); forget gate of Gers et al. (2000).
    """
    size = c.shape[-1]
    blocks = from_x + from_h
    i_f = sigmoid(blocks[:, : 2 * size])
    i, f = i_f[:, :size], i_f[:, size:]
    g = np.tanh(blocks[:, 2 * size : 3 * size])
    o = sigmoid(blocks[:, 3 * size :])
    c = f * c + i * g
    return o * np.tanh(c), c, (i, f, g, o)


class NumpyModel:
    """A recurrent network for inference. Implements ``LanguageModel``.

    ``weights`` maps the names of :mod:`rnnbook.recurrent` to arrays; they are
    computed with in the dtype of ``W_hy``.

    Raises :class:`ValueError` if a weight is missing or has another shape.
    """

    def __init__(self, vocab: Vocab, config: ModelConfig, weights: Mapping[str, Array]):
        for name, shape in weight_shapes(config, len(vocab)).items():
            if name not in weights or weights[name].shape != shape:
                found = weights[name].shape if name in weights else "nothing"
                raise ValueError(f"weight {name} must have the shape {shape}, found {found}")
        self.vocab = vocab
        self.config = config
        self.weights = dict(weights)
        self._prepare()

    def _prepare(self) -> None:
        weights = self.weights
        self._dtype = weights["W_hy"].dtype
        table = weights["layers.0.W_xh"].T + weights["layers.0.b_h"]  # (V, G*H), one-hot
        if self.config.embedding_size:
            from_embedding = weights["embedding"] @ weights["layers.0.W_xh"].T
            table = from_embedding + weights["layers.0.b_h"]
        self._input_table = np.ascontiguousarray(table, dtype=self._dtype)
        layers = range(self.config.num_layers)
        self._W_xh = [weights[f"layers.{layer}.W_xh"].T for layer in layers]  # (I, G*H)
        self._W_hh = [weights[f"layers.{layer}.W_hh"].T for layer in layers]  # (H, G*H)
        self._b_h = [weights[f"layers.{layer}.b_h"] for layer in layers]
        self._b_hn = [
            weights[f"layers.{layer}.b_hn"] for layer in layers if self.config.kind == "gru"
        ]

    def initial_state(self, batch_size: int = 1) -> State:
        """Zeros: ``{"h": (L, B, H)}``, and ``"c"`` too for the LSTM."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        names = ("h", "c") if self.config.kind == "lstm" else ("h",)
        return {name: np.zeros(shape, dtype=self._dtype) for name in names}

    def _advance(self, ids: Ids, state: State) -> tuple[dict[str, Any], list[tuple[Array, ...]]]:
        """Read ids (B,); the new state, and the gates of every layer, each (B, H)."""
        new = {name: np.empty_like(value) for name, value in state.items()}
        from_x, gates = self._input_table[ids], []  # (B, G*H)
        for layer in range(self.config.num_layers):
            h = state["h"][layer]  # (B, H)
            if layer > 0:
                from_x = new["h"][layer - 1] @ self._W_xh[layer] + self._b_h[layer]
            from_h = h @ self._W_hh[layer]  # (B, G*H)
            if self.config.kind == "lstm":
                new["h"][layer], new["c"][layer], blocks = lstm_cell(
                    from_x, from_h, state["c"][layer]
                )
            elif self.config.kind == "gru":
                new["h"][layer], blocks = gru_cell(from_x, from_h, h, self._b_hn[layer])
            else:
                new["h"][layer], blocks = rnn_cell(from_x, from_h)
            gates.append(blocks)
        return new, gates

    def _logits(self, h: Array) -> Array:
        """Logits (..., V) of the top layer's hidden vectors (..., H)."""
        return h @ self.weights["W_hy"].T + self.weights["b_y"]

    def step(self, ids: Ids, state: State) -> tuple[Array, State]:
        """Read ids (B,); logits (B, V) for the next character, and the new state."""
        new, _ = self._advance(np.asarray(ids), state)
        return self._logits(new["h"][-1]), new

    def read(self, ids: Ids, state: State) -> tuple[Array, State]:
        """Read ids (B, T) in a row; logits (B, T, V) and the state after the last."""
        ids = np.asarray(ids)
        top = np.empty((*ids.shape, self.config.hidden_size), dtype=self._dtype)
        for t in range(ids.shape[1]):
            state, _ = self._advance(ids[:, t], state)
            top[:, t] = state["h"][-1]
        return self._logits(top), state

    def trace(self, text: str, state: State | None = None) -> Trace:
        """Read a text and record everything. Raises on characters it does not know."""
        ids = self.vocab.encode(text)
        state = self.initial_state() if state is None else state
        names = GATES[self.config.kind]
        shape = (self.config.num_layers, len(ids), self.config.hidden_size)
        hidden = np.empty(shape, dtype=self._dtype)
        cell = np.empty_like(hidden) if self.config.kind == "lstm" else None
        gates = {name: np.empty_like(hidden) for name in names}
        for t, char_id in enumerate(ids):
            state, blocks = self._advance(np.array([char_id]), state)
            hidden[:, t] = state["h"][:, 0]
            if cell is not None:
                cell[:, t] = state["c"][:, 0]
            for layer, layer_blocks in enumerate(blocks):
                for name, block in zip(names, layer_blocks, strict=True):
                    gates[name][layer, t] = block[0]
        return Trace(text, self._logits(hidden[-1]), hidden, cell, gates)
