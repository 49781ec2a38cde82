"""RNN, GRU and LSTM in NumPy: one step, whole texts, and traces of all they compute.

The four-line functions are the equations. :class:`NumpyModel` stacks them into
layers, and makes reading one character cheap: the embedding, the input weights
and the bias of the first layer are multiplied out once into a table with one row
a character, so that a step reads little more than ``W_hh``. :class:`Stepper` computes
the same in buffers of its own and in float64, for the sampler: see
:mod:`rnnbook.sampling` for what that promises.

Taught in the chapters *A network with memory* and *Long memory*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy import add, dot, multiply, subtract, tanh
from numpy.typing import NDArray

from rnnbook.language_model import State, Trace
from rnnbook.recurrent import GATES, ModelConfig, weight_shapes
from rnnbook.text import Ids, Vocab

Array = NDArray[np.floating]
Read = Callable[[Array], Array]
Folded = tuple[Array, list[tuple[Array, Array, Array]]]


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

    def in_double(self) -> NumpyModel:
        """The same network, computed with in float64."""
        weights = {name: value.astype(np.float64) for name, value in self.weights.items()}
        return NumpyModel(self.vocab, self.config, weights)

    def stepper(self, state: State | None = None) -> Stepper:
        """A reader of one character after the other, from ``state`` (by default zeros).

        It computes in float64, whatever the dtype of the weights.
        """
        return Stepper(self, self.initial_state() if state is None else state)

    @cached_property
    def _folded(self) -> Folded:
        """What steppers read, in float64."""
        return self.in_double()._fold()

    def _fold(self) -> Folded:
        """The input table (V, G*H); a layer's [W_hh; W_up]^T (H, G*H + R), b_up (R,), b_hn (H,)."""
        weights, folded = self.weights, []
        nothing = np.zeros(0, dtype=self._dtype)
        for layer in range(self.config.num_layers):
            W_hh = _for_tanh(self.config, weights[f"layers.{layer}.W_hh"])
            if layer + 1 < self.config.num_layers:
                W_up, b_up = (
                    _for_tanh(self.config, weights[f"layers.{layer + 1}.{name}"])
                    for name in ("W_xh", "b_h")
                )
            else:
                W_up, b_up = weights["W_hy"], weights["b_y"]
            b_hn = self._b_hn[layer] if self._b_hn else nothing
            folded.append((_aligned(np.concatenate([W_hh, W_up]), self._dtype).T, b_up, b_hn))
        table = _for_tanh(self.config, self._input_table.T).T
        return np.ascontiguousarray(table), folded

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


_ORDER = {"rnn": "h", "gru": "rzn", "lstm": "oifg"}  # the sigmoids of a layer lie together
_SIGMOIDS = frozenset("rzoif")


def _for_tanh(config: ModelConfig, rows: Array) -> Array:
    """Rows (G*H, ...) in a stepper's order; those of sigmoids halved (which is exact), since
    sigmoid(x) = tanh(x / 2) / 2 + 1/2 lets one call of tanh serve all gates."""
    names = GATES[config.kind]
    blocks = dict(zip(names, np.split(rows, len(names)), strict=True))
    return np.concatenate(
        [blocks[name] * (0.5 if name in _SIGMOIDS else 1.0) for name in _ORDER[config.kind]]
    )


def _aligned(array: Array, dtype: Any) -> Array:
    """A copy in rows that starts on a cache line: a product reads it a tenth faster."""
    size = array.size * np.dtype(dtype).itemsize
    memory = np.empty(size + 64, dtype=np.uint8)
    start = -memory.ctypes.data % 64
    copy = memory[start : start + size].view(dtype).reshape(array.shape)
    copy[...] = array
    return copy


class Stepper:
    """Reads one character after the other in float64, and changes its state in place.

    One stream takes an id and gives logits (V,); B streams take ids (B,) and give
    logits (B, V). The logits are overwritten by the next reading. No two steppers
    share anything that changes.

    One product a layer, ``[W_hh; W_up] h``, gives what the next step needs and what
    is needed above: ``W_up`` is the next layer's ``W_xh``, or ``W_hy``. The rest are
    a dozen calls of NumPy on small vectors. So a character takes little longer than
    reading the weights from the cache does.
    """

    def __init__(self, model: NumpyModel, state: State):
        table, folded = model._folded
        h = np.array(state["h"], table.dtype, order="C")  # (L, B, H)
        size, one_stream = h.shape[2], h.shape[1] == 1
        blocks = np.empty((*h.shape[:2], 5 * size), table.dtype)  # an LSTM's o, i, f, g, and c
        self._state = {"h": h}
        if "c" in state:
            self._state["c"] = blocks[..., 4 * size :]
            self._state["c"][...] = state["c"]
        # Vectors (H,) are quicker than matrices (1, H), and a list than an array.
        self._rows: Any = list(table) if one_stream else table
        own = zip(h[:, 0], blocks[:, 0], strict=True) if one_stream else zip(h, blocks, strict=True)
        self._layers = [
            _LAYERS[model.config.kind](*fixed, *changing)
            for fixed, changing in zip(folded, own, strict=True)
        ]

    def read(self, ids: Any) -> Array:
        """Read an id, or ids (B,); logits (V,) or (B, V) for the next character."""
        x = self._rows[ids]  # (G*H,) or (B, G*H)
        for layer in self._layers:
            x = layer(x)
        return x

    def state(self) -> State:
        """A copy of the state, each entry (L, B, H): what ``NumpyModel.step`` returns."""
        return {name: value.copy() for name, value in self._state.items()}


def _split(columns: Array, b_up: Array, h: Array) -> tuple[Array, Array, Array]:
    """[W_hh; W_up] h (..., G*H + R), and the views of it, ``from_h`` and what goes up."""
    product = h @ columns
    return product, product[..., : -len(b_up)], product[..., -len(b_up) :]


def _rnn_layer(columns: Array, b_up: Array, b_hn: Array, h: Array, blocks: Array) -> Read:
    """:func:`rnn_cell` in place: takes what comes from below, gives what is needed above.

    Vectors are (H,) for one stream and (B, H) for B; ``h`` is changed.
    """
    product, from_h, up = _split(columns, b_up, h)

    def read(from_x: Array) -> Array:
        add(from_h, from_x, h)
        tanh(h, h)
        dot(h, columns, product)
        return add(up, b_up, up)

    return read


def _gru_layer(columns: Array, b_up: Array, b_hn: Array, h: Array, blocks: Array) -> Read:
    """:func:`gru_cell` in place, as in :func:`_rnn_layer`."""
    product, from_h, up = _split(columns, b_up, h)
    size, half = h.shape[-1], np.array(0.5, h.dtype)
    rz, n = blocks[..., : 2 * size], blocks[..., 2 * size : 3 * size]
    r, z = rz[..., :size], rz[..., size:]
    from_h_rz, from_h_n = from_h[..., : 2 * size], from_h[..., 2 * size :]

    def read(from_x: Array) -> Array:
        add(from_h_rz, from_x[..., : 2 * size], rz)
        tanh(rz, rz)
        multiply(rz, half, rz)
        add(rz, half, rz)  # now sigmoids
        add(from_h_n, b_hn, n)
        multiply(n, r, n)
        add(n, from_x[..., 2 * size :], n)
        tanh(n, n)
        subtract(h, n, h)
        multiply(h, z, h)
        add(h, n, h)  # n + z (h - n)
        dot(h, columns, product)
        return add(up, b_up, up)

    return read


def _lstm_layer(columns: Array, b_up: Array, b_hn: Array, h: Array, blocks: Array) -> Read:
    """:func:`lstm_cell` in place. ``blocks`` (..., 5H) end with c, which is changed too."""
    product, from_h, up = _split(columns, b_up, h)
    size, half = h.shape[-1], np.array(0.5, h.dtype)
    gates, o_i_f = blocks[..., : 4 * size], blocks[..., : 3 * size]
    o, i_f, g_c = blocks[..., :size], blocks[..., size : 3 * size], blocks[..., 3 * size :]
    products = np.empty_like(i_f)
    i_g, f_c, c = products[..., :size], products[..., size:], blocks[..., 4 * size :]

    def read(from_x: Array) -> Array:
        add(from_h, from_x, gates)
        tanh(gates, gates)
        multiply(o_i_f, half, o_i_f)
        add(o_i_f, half, o_i_f)  # now sigmoids
        multiply(i_f, g_c, products)  # i g and f c at once
        add(i_g, f_c, c)
        tanh(c, h)
        multiply(h, o, h)
        dot(h, columns, product)
        return add(up, b_up, up)

    return read


_LAYERS = {"rnn": _rnn_layer, "gru": _gru_layer, "lstm": _lstm_layer}
