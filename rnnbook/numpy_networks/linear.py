"""minGRU, minLSTM, LRU, S6 and RG-LRU in NumPy: one step, whole texts by a scan, and traces.

The recurrences are in :mod:`rnnbook.numpy_networks.linear_cells`, what surrounds them here. A step
is one multiplication and one addition a number; a text is read by a scan, which gives the same
states whatever windows the text comes in, since the state is carried: h, and what the convolution
still sees. Weights and state: :mod:`rnnbook.recurrent.linear`.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.language_model import State, Trace
from rnnbook.numpy_networks import scans
from rnnbook.numpy_networks.linear_cells import Weights, pack, pairs, shown, silu, unpack
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import LINEAR
from rnnbook.recurrent.linear import state_sizes
from rnnbook.text import Ids

Array = NDArray[np.floating]
Scan = Callable[..., Any]

_TINY = 1e-6
#: The most numbers of state, T B S, that are computed at once.
_MOST_STATES = 2**22


class LinearModel(NumpyModel):
    """A network of linear recurrences, for inference. Implements ``LanguageModel``.

    The numbers are computed in the dtype of ``W_hy``. Raises as :class:`NumpyModel` does.
    """

    def _prepare(self) -> None:
        weights = self.weights
        self._dtype = weights["W_hy"].dtype
        start = weights["W_in"].T  # (V, D), one-hot
        if self.config.embedding_size:
            start = weights["embedding"] @ start
        self._stream = np.ascontiguousarray(start, dtype=self._dtype)
        self._layers: list[Weights] = []
        for layer in range(self.config.num_layers):
            prefix = f"layers.{layer}."
            own = {name[len(prefix) :]: w for name, w in weights.items() if name.startswith(prefix)}
            self._layers.append(own)

    def initial_state(self, batch_size: int = 1) -> State:
        """Zeros: ``h`` (L, B, S), and ``conv`` (L, B, (K-1) D) where there is a convolution."""
        sizes = state_sizes(self.config)
        return {
            name: np.zeros((self.config.num_layers, batch_size, size), dtype=self._dtype)
            for name, size in sizes.items()
        }

    def step(self, ids: Ids, state: State) -> tuple[Array, State]:
        """Read ids (B,); logits (B, V) for the next character, and the new state."""
        u, new = self._one_step(self._stream[np.asarray(ids)], state)
        return self._logits(u), new

    def read(
        self, ids: Ids, state: State, scan: Scan = scans.chunked
    ) -> tuple[Array, State]:  # fmt: skip
        """Read ids (B, T) by a scan; logits (B, T, V) and the state after the last."""
        ids, found = np.asarray(ids).T, []  # (T, B)
        for start in range(0, len(ids), self._longest(ids.shape[1])):
            part = ids[start : start + self._longest(ids.shape[1])]
            u, state = self._run(part, state, scan)
            found.append(self._logits(u))
        logits = np.concatenate(found) if found else np.zeros((0, ids.shape[1], len(self.vocab)))
        return np.ascontiguousarray(logits.swapaxes(0, 1)), state

    def trace(self, text: str, state: State | None = None) -> Trace:
        """Read a text and record everything. Raises on characters it does not know."""
        ids = np.asarray(self.vocab.encode(text)).reshape(-1, 1)
        state = self.initial_state() if state is None else state
        shape = (self.config.num_layers, len(ids), self.config.hidden_size)
        hidden = np.empty(shape, dtype=self._dtype)
        gates = {name: np.empty_like(hidden) for name in LINEAR[self.config.kind]}
        logits = np.empty((len(ids), len(self.vocab)), self._dtype)
        for start in range(0, len(ids), self._longest(1)):
            part = slice(start, start + self._longest(1))
            into = {name: array[:, part] for name, array in {"hidden": hidden, **gates}.items()}
            u, state = self._run(ids[part], state, scans.chunked, into)
            logits[part] = self._logits(u[:, 0])
        return Trace(text, logits, hidden, None, gates)

    def in_double(self) -> LinearModel:
        """The same network, computed with in float64."""
        weights = {name: value.astype(np.float64) for name, value in self.weights.items()}
        return LinearModel(self.vocab, self.config, weights)

    @cached_property
    def _double(self) -> LinearModel:
        return self if self._dtype == np.float64 else self.in_double()

    def stepper(self, state: State | None = None) -> LinearStepper:  # type: ignore[override]
        """A reader of one character after the other in float64, from ``state``, or from zeros."""
        return LinearStepper(self._double, self.initial_state() if state is None else state)

    def _longest(self, batch_size: int) -> int:
        """How many characters of so many texts are read at once."""
        return max(1, _MOST_STATES // (max(1, batch_size) * state_sizes(self.config)["h"]))

    def _logits(self, h: Array) -> Array:
        """Logits (..., V) of the stream after the last block (..., D)."""
        h = self._norm(h, self.weights.get("norm_y"))
        return h @ self.weights["W_hy"].T + self.weights["b_y"]

    def _run(
        self, ids: Ids, state: State, scan: Scan, into: dict[str, Array] | None = None
    ) -> tuple[Array, dict[str, Any]]:
        """Read ids (T, B); the stream (T, B, D) and the new state. Records ``into`` (L, T, H)."""
        u, new = self._stream[ids], {name: [] for name in state}  # type: ignore[var-annotated]
        for layer, w in enumerate(self._layers):
            v = x = self._norm(u, w.get("norm"))
            if "conv" in w:
                x, seen = _convolve(w, v, state["conv"][layer])
                new["conv"].append(seen)
            read = pairs(self.config, w, x)
            before = unpack(self.config, state["h"][layer])
            h = scan(read.a, read.b, before.astype(read.b.dtype, copy=False))  # (T, B, ...)
            new["h"].append(pack(self.config, h[-1]))
            y = read.readout(h)  # (T, B, Y)
            if into is not None:
                into["hidden"][layer] = shown(self.config, h, y)[:, 0]
                for name, gate in read.gates.items():
                    into[name][layer] = gate[:, 0]
            u = self._after(w, v, y, u)
        return u, {name: np.stack(values) for name, values in new.items()}

    def _one_step(self, u: Array, state: State) -> tuple[Array, dict[str, Any]]:
        """One step from the stream u (..., D) and a state (L, ..., S): h = a h' + b."""
        new: dict[str, Any] = {name: np.empty_like(value) for name, value in state.items()}
        for layer, w in enumerate(self._layers):
            v = x = self._norm(u, w.get("norm"))
            if "conv" in w:
                K, seen = w["conv"].shape[1], state["conv"][layer]  # (..., (K-1) D)
                earlier = seen.reshape(*seen.shape[:-1], K - 1, -1)
                sums = v * w["conv"][:, K - 1] + (earlier * w["conv"].T[:-1]).sum(axis=-2)
                x, D = silu(sums + w["b_conv"]), v.shape[-1]
                new["conv"][layer][..., :-D], new["conv"][layer][..., -D:] = seen[..., D:], v
            read = pairs(self.config, w, x)
            h = read.a * unpack(self.config, state["h"][layer]) + read.b
            new["h"][layer] = pack(self.config, h)
            u = self._after(w, v, read.readout(h), u)
        return u, new

    def _after(self, w: Weights, v: Array, y: Array, u: Array) -> Array:
        """The stream after a block that read v (..., D) and gives y (..., Y)."""
        if "W_gate" in w:
            gate = silu(v @ w["W_gate"].T + w["b_gate"])  # (..., H)
            y = y * np.tile(gate, y.shape[-1] // gate.shape[-1])
        u = u + y @ w["W_out"].T
        if "W_up" in w:
            wide = silu(self._norm(u, w.get("norm_mlp")) @ w["W_up"].T + w["b_up"])  # (..., M)
            u = u + wide @ w["W_down"].T
        return u

    def _norm(self, u: Array, gain: Array | None) -> Array:
        """(..., D) brought to mean square 1, of layer's kind to mean 0 first, times the gain."""
        if gain is None:
            return u
        if self.config.norm == "layer":
            u = u - u.mean(axis=-1, keepdims=True)
        square = np.add.reduce(u * u, axis=-1, keepdims=True) / u.shape[-1]  # quicker than mean
        return u / np.sqrt(square + _TINY) * gain


def _convolve(w: Weights, x: Array, seen: Array) -> tuple[Array, Array]:
    """SiLU of a causal convolution over x (T, B, D), channel by channel.

    ``seen`` (B, (K-1) D) is what was read before. Returns that of after, too.
    """
    (T, B, D), K = x.shape, w["conv"].shape[1]
    earlier = seen.reshape(B, K - 1, D).swapaxes(0, 1).astype(x.dtype, copy=False)
    longer = np.concatenate([earlier, x])  # (K-1+T, B, D)
    out = longer[K - 1 :] * w["conv"][:, K - 1] + w["b_conv"]
    for k in range(K - 1):
        out += longer[k : k + T] * w["conv"][:, k]
    return silu(out), np.ascontiguousarray(longer[T:].swapaxes(0, 1)).reshape(B, -1)


class LinearStepper:
    """Reads one character after the other in float64: what ``Stepper`` is for other kinds."""

    def __init__(self, model: LinearModel, state: State):
        self._model = model
        # Vectors (D,) are quicker than matrices (1, D).
        self._is_one = state["h"].shape[1] == 1
        given = {name: np.array(value, np.float64) for name, value in state.items()}
        self._state: State = {n: v[:, 0] if self._is_one else v for n, v in given.items()}

    def read(self, ids: Any) -> Array:
        """Read an id, or ids (B,); logits (V,) or (B, V) for the next character."""
        u, self._state = self._model._one_step(self._model._stream[ids], self._state)
        return self._model._logits(u)

    def state(self) -> State:
        """A copy of the state, each entry (L, B, ...)."""
        return {n: np.array(v[:, None] if self._is_one else v) for n, v in self._state.items()}
