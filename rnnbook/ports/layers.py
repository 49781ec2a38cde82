"""What all ports end in: layers in the book's arrangement, and the checkpoint that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.recurrent import GATES, ModelConfig, label, weight_shapes
from rnnbook.text import Vocab

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Layer:
    """One layer in the book's arrangement: W_xh (G*H, E), W_hh (G*H, H), b_h (G*H,), b_hn (H,)."""

    kind: str
    W_xh: Array
    W_hh: Array
    b_h: Array
    b_hn: Array | None = None  # of a GRU only


def assembled(
    embedding: Array | None,
    layers: Sequence[Layer],
    W_hy: Array,
    b_y: Array,
    chars: Sequence[str | None],
    library: str,
) -> Checkpoint:
    """The checkpoint: characters sorted, and every shape held against the configuration's."""
    if len({layer.kind for layer in layers}) != 1:
        raise PortError("all layers must be of one kind")
    symbols = len(embedding) if embedding is not None else layers[0].W_xh.shape[1]
    if not len(chars) == len(W_hy) == symbols:
        raise PortError(
            f"the network reads {symbols} symbols and guesses {len(W_hy)}, and `chars` has "
            f"{len(chars)}; give a character for each, or None for what is none"
        )
    kept = sorted((char, place) for place, char in enumerate(chars) if char is not None)
    vocab, rows = Vocab(char for char, _ in kept), [place for _, place in kept]
    weights = {"W_hy": W_hy[rows], "b_y": b_y[rows]}
    if embedding is not None:
        weights["embedding"] = embedding[rows]
    for number, layer in enumerate(layers):
        W_xh = layer.W_xh if number or embedding is not None else layer.W_xh[:, rows]
        parts = {"W_xh": W_xh, "W_hh": layer.W_hh, "b_h": layer.b_h, "b_hn": layer.b_hn}
        weights |= {f"layers.{number}.{n}": a for n, a in parts.items() if a is not None}
    size = embedding.shape[1] if embedding is not None else 0
    config = ModelConfig(
        layers[0].kind,  # type: ignore[arg-type]
        layers[0].W_hh.shape[1], len(layers), size,
    )  # fmt: skip
    for name, shape in weight_shapes(config, len(vocab)).items():
        if weights[name].shape != shape:
            raise PortError(f"{name} has the shape {weights[name].shape}, not {shape}")
    stored = {name: np.ascontiguousarray(array, np.float32) for name, array in weights.items()}
    return Checkpoint(config, vocab, stored, {"ported": {"from": library}})


@dataclass(frozen=True)
class Network:
    """What another library is given: embedding (V, E), layers, W_hy (V, H), b_y (V,)."""

    embedding: Array | None  # None: the input is one-hot
    layers: list[Layer]
    W_hy: Array
    b_y: Array


def taken(checkpoint: Checkpoint, library: str) -> Network:
    """The parts of a network that goes to another library, in the book's arrangement.

    Raises :class:`PortError` for a linear recurrence.
    """
    config, weights = checkpoint.config, checkpoint.weights
    if config.is_linear:
        raise PortError(
            f"{library} has no {label(config.kind)}; only {', '.join(map(label, GATES))} can be "
            "exported. To take this network along, make a page of it: rnnbook page"
        )
    layers = [
        Layer(
            config.kind,
            weights[f"layers.{number}.W_xh"],
            weights[f"layers.{number}.W_hh"],
            weights[f"layers.{number}.b_h"],
            weights.get(f"layers.{number}.b_hn"),
        )
        for number in range(config.num_layers)
    ]
    return Network(weights.get("embedding"), layers, weights["W_hy"], weights["b_y"])


def array_of(value: Any) -> Array:
    """The numbers of a tensor, of a variable or of an array, in double precision."""
    if hasattr(value, "detach"):
        value = value.detach().cpu().double()
    return np.asarray(value, dtype=np.float64)


def kind_of(blocks: int) -> str:
    """The kind of a layer whose matrices have so many blocks of H rows."""
    for kind, gates in GATES.items():
        if len(gates) == blocks:
            return kind
    raise PortError(f"a layer with {blocks} blocks of rows is no RNN, GRU or LSTM")


def refuse(settings: Mapping[str, Any], key: str, allowed: tuple[Any, ...], name: str) -> None:
    """Raise :class:`PortError` if a setting has a value that is not allowed."""
    if key in settings and settings[key] not in allowed:
        raise PortError(f"{name} has {key}={settings[key]!r}; only {allowed[0]!r} can be brought")


def natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts ``cell_10`` after ``cell_9``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def listed(names: Iterable[Any]) -> str:
    """Names in a row, for a message."""
    return ", ".join(map(str, names)) or "none"
