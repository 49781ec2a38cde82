"""Weights from PyTorch: ``nn.Embedding``, ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, ``nn.Linear``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.ports.layers import Array, Layer, array_of, assembled, kind_of, listed, taken

_OWN = re.compile(r"(weight|bias)_(ih|hh|hr)_l\d+(_reverse)?")


def from_torch(
    state_dict: Mapping[str, Any], chars: Sequence[str | None], *, layers: str | None = None
) -> Checkpoint:
    """A network of ``nn.Embedding``, ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, and ``nn.Linear``.

    ``state_dict`` is what ``model.state_dict()`` gives, or its arrays; the embedding may be
    missing. ``chars`` are the characters in the order of the network's ids, with None for an id
    that stands for none; its row is left out. ``layers`` is the name of the recurrent module,
    if there are several. An ``nn.RNN`` must have been made with tanh, which the weights do not
    tell.

    Raises :class:`PortError` for a network of another form.
    """
    arrays = {name: array_of(value) for name, value in state_dict.items()}
    prefix = _recurrent(arrays, layers)
    own = {name.removeprefix(prefix): array for name, array in arrays.items()
           if name.startswith(prefix) and _OWN.fullmatch(name.removeprefix(prefix))}  # fmt: skip
    if any("reverse" in name or "hr" in name for name in own):
        raise PortError("a network that reads backwards, or projects its state, has no place here")
    embedding, output = _around(arrays, {f"{prefix}{name}" for name in own})
    bias = arrays.get(output.removesuffix("weight") + "bias", np.zeros(len(arrays[output])))
    count = sum(name.startswith("weight_ih") for name in own)
    found = [_layer(own, number) for number in range(count)]
    first = arrays[embedding] if embedding else None
    return assembled(first, found, arrays[output], bias, chars, "PyTorch")


def to_torch(checkpoint: Checkpoint) -> dict[str, Array]:
    """The weights of a network as a ``state_dict``: float32 arrays by PyTorch's names.

    They fit an ``nn.ModuleDict`` of ``embedding``, an ``nn.Embedding`` (V, E), left out where the
    input is one-hot; ``recurrent``, an ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM`` of L layers; and
    ``output``, an ``nn.Linear`` (H, V). PyTorch has two biases a gate: the whole of it is in
    ``bias_ih_l0``, and ``bias_hh_l0`` is zero but for the part of a GRU that its reset gate
    multiplies. :func:`from_torch` gives the same weights back.

    Raises :class:`PortError` for a linear recurrence.
    """
    network = taken(checkpoint, "PyTorch")
    arrays = {} if network.embedding is None else {"embedding.weight": network.embedding}
    for number, layer in enumerate(network.layers):
        b_hh = np.zeros_like(layer.b_h)
        if layer.b_hn is not None:
            b_hh[-len(layer.b_hn) :] = layer.b_hn
        named = {"weight_ih": layer.W_xh, "weight_hh": layer.W_hh,
                 "bias_ih": layer.b_h, "bias_hh": b_hh}  # fmt: skip
        arrays |= {f"recurrent.{name}_l{number}": array for name, array in named.items()}
    return arrays | {"output.weight": network.W_hy, "output.bias": network.b_y}


def _recurrent(arrays: Mapping[str, Array], layers: str | None) -> str:
    """What the names of the recurrent module's weights begin with."""
    end = "weight_ih_l0"
    found = [name.removesuffix(end) for name in arrays if name.endswith(end)]
    chosen = [prefix for prefix in found if layers is None or prefix == f"{layers}."]
    if len(chosen) != 1:
        names = listed(prefix.removesuffix(".") or "(without a name)" for prefix in found)
        raise PortError(f"one recurrent module is brought, named by `layers`; here are: {names}")
    return chosen[0]


def _around(arrays: Mapping[str, Array], own: set[str]) -> tuple[str | None, str]:
    """The names of the matrices before the recurrent module, if there is one, and after it.

    A file of safetensors has its names in the order of the alphabet; then a bias tells which of two
    matrices is the linear layer's, since an embedding has none.
    """
    names = list(arrays)
    place = min(names.index(name) for name in own)
    matrices = [name for name in names if arrays[name].ndim == 2 and name not in own]
    biased = [name for name in matrices if name.removesuffix("weight") + "bias" in arrays]
    if len(matrices) <= 2 and len(biased) == 1:
        return next((name for name in matrices if name not in biased), None), biased[0]
    before = [name for name in matrices if names.index(name) < place]
    after = [name for name in matrices if names.index(name) > place]
    if len(before) > 1 or len(after) != 1:
        raise PortError(
            "an embedding, if any, must come before the recurrent module, and one linear layer "
            f"after it; the other matrices here are: {listed(matrices)}"
        )
    return (before[0] if before else None), after[0]


def _layer(arrays: Mapping[str, Array], number: int) -> Layer:
    """One layer; only the sum of its two biases counts, but inside the reset gate of a GRU."""
    W_xh, W_hh = arrays[f"weight_ih_l{number}"], arrays[f"weight_hh_l{number}"]
    hidden = W_hh.shape[1]
    kind = kind_of(len(W_hh) // hidden)
    nothing = np.zeros(len(W_hh))
    b_ih, b_hh = (arrays.get(f"bias_{which}_l{number}", nothing) for which in ("ih", "hh"))
    if kind != "gru":
        return Layer(kind, W_xh, W_hh, b_ih + b_hh)
    outside = np.concatenate([b_hh[: 2 * hidden], np.zeros(hidden)])
    return Layer(kind, W_xh, W_hh, b_ih + outside, b_hh[2 * hidden :])
