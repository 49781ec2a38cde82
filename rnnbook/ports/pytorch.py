"""Weights from PyTorch: ``nn.Embedding``, ``nn.RNN``, ``nn.GRU`` or ``nn.LSTM``, ``nn.Linear``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.ports.layers import Array, Layer, array_of, assembled, kind_of, listed

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
    """The names of the matrices before the recurrent module, if there is one, and after it."""
    names = list(arrays)
    place = min(names.index(name) for name in own)
    matrices = [name for name in names if arrays[name].ndim == 2 and name not in own]
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
