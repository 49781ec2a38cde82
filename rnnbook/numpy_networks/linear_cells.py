"""The linear recurrences: what a and b of ``h = a h' + b`` are made of, kind by kind.

Nothing here reads a state, so that all of a text may be computed at once. Arrays are (..., D) and
(..., H), in front of which any axes may stand. Weights and blocks: :mod:`rnnbook.recurrent.linear`.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.recurrent import ModelConfig
from rnnbook.recurrent.linear import rows

Array = NDArray[Any]  # complex in an LRU
Weights = Mapping[str, Array]


def sigmoid(x: Array) -> Array:
    """The logistic function, written with tanh so that it never overflows."""
    result: Array = 0.5 * np.tanh(0.5 * x) + 0.5
    return result


def softplus(x: Array) -> Array:
    """ln(1 + e^x), which is -ln sigmoid(-x)."""
    result: Array = np.logaddexp(x.dtype.type(0), x)
    return result


def silu(x: Array) -> Array:
    """x sigmoid(x)."""
    return x * sigmoid(x)


@dataclass(frozen=True)
class Pairs:
    """The factors and the inputs of one layer, (..., S) or (..., H, N), and what else it read."""

    a: Array
    b: Array
    readout: Callable[[Array], Array]  # states (..., S) -> y (..., Y)
    gates: dict[str, Array] = field(default_factory=dict)  # (..., H), for a trace


def mingru(w: Weights, z: Array, n: Array) -> Pairs:
    """h = (1 - z) h' + z n: the GRU without what reads h. Source: Feng et al. (2024)."""
    z = sigmoid(z)
    return Pairs(1 - z, z * n, _same, {"a": 1 - z})


def minlstm(w: Weights, f: Array, i: Array, n: Array) -> Pairs:
    """h = f/(f+i) h' + i/(f+i) n. Source: Feng et al. (2024).

    f/(f+i) is the sigmoid of ln f - ln i, and so never 0/0.
    """
    a = sigmoid(softplus(-i) - softplus(-f))
    return Pairs(a, (1 - a) * n, _same, {"f": sigmoid(f), "i": sigmoid(i), "a": a})


def lru(w: Weights, re: Array, im: Array) -> Pairs:
    """h = a h' + e^gamma x, with one complex a a unit, inside the unit circle.

    Source: Orvieto et al. (2023).
    """
    a = np.exp(-np.exp(w["nu"]) + 1j * np.exp(w["theta"]))  # (H,)
    a = np.broadcast_to(a, re.shape)
    b = np.exp(w["gamma"]) * (re + 1j * im)
    return Pairs(a, b, _parts, {"a": np.abs(a)})


def s6(w: Weights, n: Array, low: Array, B: Array, C: Array) -> Pairs:
    """h = exp(dt A) h' + dt B n, and y = C h + D n: N numbers a channel, and what is read
    decides how far each step dt goes. Source: Gu and Dao (2023)."""
    dt = softplus(low @ w["W_dt"].T + w["b_dt"])[..., None]  # (..., H, 1)
    a = np.exp(-dt * np.exp(w["A_log"]))  # (..., H, N)
    b = dt * n[..., None] * B[..., None, :]

    def readout(h: Array) -> Array:
        y: Array = (h * C[..., None, :]).sum(axis=-1) + w["D"] * n
        return y

    return Pairs(a, b, readout, {"a": a.max(axis=-1)})


def rglru(w: Weights, r: Array, i: Array, n: Array) -> Pairs:
    """h = a^(8r) h' + sqrt(1 - a^(16r)) (i n). Source: De et al. (2024)."""
    r, i = sigmoid(r), sigmoid(i)
    log_a = -8 * r * softplus(-w["Lambda"])
    a, b = np.exp(log_a), np.sqrt(-np.expm1(2 * log_a)) * (i * n)
    return Pairs(a, b, _same, {"r": r, "i": i, "a": a})


_CELLS: dict[str, Callable[..., Pairs]] = {
    "mingru": mingru,
    "minlstm": minlstm,
    "lru": lru,
    "s6": s6,
    "rglru": rglru,
}


def pairs(config: ModelConfig, w: Weights, x: Array) -> Pairs:
    """What a layer with weights ``w`` takes of its input x (..., D)."""
    product = x @ w["W_xh"].T + w["b_h"]  # (..., G)
    edges = (0, *accumulate(rows(config)))
    return _CELLS[config.kind](w, *(product[..., i:j] for i, j in pairwise(edges)))


def _same(h: Array) -> Array:
    return h


def _parts(h: Array) -> Array:
    """A complex array (..., H) as a real one (..., 2H): the real parts, then the imaginary."""
    return np.concatenate([h.real, h.imag], axis=-1)


def pack(config: ModelConfig, h: Array) -> Array:
    """States as the real numbers (..., S) that are kept of them."""
    if config.kind == "lru":
        return _parts(h)
    return h.reshape(*h.shape[:-2], -1) if config.kind == "s6" else h


def unpack(config: ModelConfig, kept: Array) -> Array:
    """What :func:`pack` packed."""
    H = config.hidden_size
    if config.kind == "lru":
        return kept[..., :H] + 1j * kept[..., H:]
    return kept.reshape(*kept.shape[:-1], H, -1) if config.kind == "s6" else kept


def shown(config: ModelConfig, h: Array, y: Array) -> Array:
    """What a trace calls the hidden state (..., H), of states h and of what was read from them."""
    return h.real if config.kind == "lru" else y if config.kind == "s6" else h
