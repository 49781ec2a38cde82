"""Weights from Keras: ``Embedding``, ``SimpleRNN``, ``GRU`` or ``LSTM``, ``Dense``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.ports.layers import Array, Layer, array_of, assembled, refuse, taken

_KINDS = {"SimpleRNNCell": "rnn", "GRUCell": "gru", "LSTMCell": "lstm"}


def from_keras(model: Any, chars: Sequence[str | None]) -> Checkpoint:
    """A Keras model of ``Embedding``, ``SimpleRNN``, ``GRU`` or ``LSTM``, and ``Dense``.

    The embedding may be missing: one-hot input. Layers without weights, such as ``Dropout``, are
    passed over, and so is the softmax of the last. ``chars`` as for :func:`from_torch`. A GRU
    must have ``reset_after=True``, as is the default: the other one multiplies in another order.

    Raises :class:`PortError` for a network of another form.
    """
    embeddings: list[Array] = []
    found: list[Layer] = []
    dense: list[list[Array]] = []
    for layer in model.layers:
        layer = getattr(layer, "layer", layer)  # inside of TimeDistributed
        name = type(layer).__name__
        weights = [array_of(weight) for weight in layer.get_weights()]
        if name == "Embedding":
            embeddings += weights
        elif name == "Dense":
            refuse(layer.get_config(), "activation", ("linear", "softmax"), name)
            dense.append(weights)
        elif hasattr(layer, "cell"):
            refuse(layer.get_config(), "go_backwards", (False,), name)
            found += [_layer(cell) for cell in getattr(layer.cell, "cells", [layer.cell])]
        elif weights:
            raise PortError(f"the layer {layer.name!r} is a {name}, which has no place here")
    if len(dense) != 1 or not found or len(embeddings) > 1:
        raise PortError("there must be recurrent layers and one Dense layer, and one Embedding "
                        "at most")  # fmt: skip
    kernel, *bias = dense[0]
    b_y = bias[0] if bias else np.zeros(kernel.shape[1])
    first = embeddings[0] if embeddings else None
    return assembled(first, found, kernel.T, b_y, chars, "Keras")


def to_keras(checkpoint: Checkpoint) -> list[Array]:
    """The weights of a network, float32, in the order in which Keras' ``set_weights`` takes them.

    They fit a ``Sequential`` of an ``Embedding`` (V, E), left out where the input is one-hot; L
    layers of ``SimpleRNN``, ``GRU`` or ``LSTM`` with ``return_sequences=True`` and else their
    defaults, a GRU's ``reset_after=True`` among them; and ``Dense(V)``. Of each layer: its kernel
    (E, G*H), its recurrent kernel (H, G*H) and its bias (G*H,), a GRU's (2, 3H); a GRU's update
    gate comes first. :func:`from_keras` gives the same weights back.

    Raises :class:`PortError` for a linear recurrence.
    """
    network = taken(checkpoint, "Keras")
    arrays = [] if network.embedding is None else [network.embedding]
    for layer in network.layers:
        if layer.b_hn is None:
            arrays += [layer.W_xh.T, layer.W_hh.T, layer.b_h]
            continue
        inside = np.concatenate([np.zeros(2 * len(layer.b_hn), np.float32), layer.b_hn])
        b = np.stack([_z_first(layer.b_h), _z_first(inside)])
        arrays += [_z_first(layer.W_xh).T, _z_first(layer.W_hh).T, b]
    arrays += [network.W_hy.T, network.b_y]
    return [np.ascontiguousarray(array) for array in arrays]


def _layer(cell: Any) -> Layer:
    """One layer; Keras keeps kernels the other way round, and z before r."""
    name, settings = type(cell).__name__, cell.get_config()
    if name not in _KINDS:
        raise PortError(f"a {name} has no place here")
    kind = _KINDS[name]
    refuse(settings, "activation", ("tanh",), name)
    refuse(settings, "recurrent_activation", ("sigmoid",), name)
    refuse(settings, "reset_after", (True,), name)
    kernel, recurrent, *bias = map(array_of, cell.get_weights())  # (E, G*H), (H, G*H)
    hidden = len(recurrent)
    b = bias[0] if bias else np.zeros((2, 3 * hidden) if kind == "gru" else kernel.shape[1])
    if kind != "gru":
        return Layer(kind, kernel.T, recurrent.T, b)
    b_x, b_h = _r_first(b[0]), _r_first(b[1])
    outside = np.concatenate([b_h[: 2 * hidden], np.zeros(hidden)])
    W_xh, W_hh = _r_first(kernel.T), _r_first(recurrent.T)
    return Layer(kind, W_xh, W_hh, b_x + outside, b_h[2 * hidden :])


def _r_first(rows: Array) -> Array:
    z, r, n = np.split(rows, 3)
    return np.concatenate([r, z, n])


def _z_first(rows: Array) -> Array:
    return _r_first(rows)  # two blocks that change places do so again
