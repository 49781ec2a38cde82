"""Weights from Flax, by ``linen`` or ``nnx``: ``Embed``, recurrent cells, ``Dense``, ``Linear``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.ports.layers import Array, Layer, array_of, assembled, kind_of, listed, natural


def from_flax(
    params: Mapping[str, Any], chars: Sequence[str | None], *, layers: Sequence[str] | None = None
) -> Checkpoint:
    """A network of ``Embed``, one kind of recurrent cells, and ``Dense`` or ``Linear``, in Flax.

    ``params`` are the nested parameters: for ``flax.linen`` what ``init`` returned, for
    ``flax.nnx`` ``nnx.to_pure_dict(nnx.state(model, nnx.Param))``. The embedding may be missing.
    ``chars`` as for :func:`from_torch`. ``layers`` are the names of the modules that hold the
    cells, from the input on; without it they are taken in the order of their numbers.

    Raises :class:`PortError` for a network of another form.
    """
    modules = dict(_modules(params.get("params", params)))
    embeddings = [part["embedding"] for part in modules.values() if "embedding" in part]
    cells = {path: cell for path, part in modules.items() if (cell := _layer(part))}
    outputs = [part for path, part in modules.items()
               if "kernel" in part and not _inside(path, cells)]  # fmt: skip
    if len(embeddings) > 1 or not cells or len(outputs) != 1:
        raise PortError(
            "there must be recurrent cells and one linear layer, and one embedding at most; "
            f"here are: {listed(modules)}"
        )
    kernel = outputs[0]["kernel"]
    b_y = outputs[0].get("bias", np.zeros(kernel.shape[1]))
    first = embeddings[0] if embeddings else None
    found = [cells[path] for path in _in_order(list(cells), layers)]
    return assembled(first, found, kernel.T, b_y, chars, "Flax")


def _in_order(paths: list[str], layers: Sequence[str] | None) -> list[str]:
    if layers is None:
        return sorted(paths, key=natural)
    found = [path for name in layers for path in paths if _inside(path, [name])]
    if sorted(found) != sorted(paths):
        raise PortError(f"`layers` must name each of the cells once: {listed(paths)}")
    return found


def _inside(path: str, others: Any) -> bool:
    return any(f"{path}.".startswith(f"{other}.") for other in others)


def _modules(tree: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Array]]]:
    """Every module of nested parameters by its path, with its arrays by their names.

    Those of a module inside it stand there too: ``hi.kernel`` of a cell.
    """
    own: dict[str, Array] = {}
    for key, value in tree.items():
        if not isinstance(value, Mapping):
            own[str(key)] = array_of(value)
            continue
        yield from _modules(value, f"{path}.{key}" if path else str(key))
        arrays = {name: inner for name, inner in value.items() if not isinstance(inner, Mapping)}
        own |= {f"{key}.{name}": array_of(inner) for name, inner in arrays.items()}
    yield path, own


def _layer(part: Mapping[str, Array]) -> Layer | None:
    """The layer that a module's arrays are, or None if it is no cell.

    In ``linen`` and in ``nnx.LSTMCell`` every gate is a module; else one holds all of them.
    """
    for kind, gates in {"lstm": "ifgo", "gru": "rzn", "rnn": " "}.items():
        from_x, from_h = ([f"{where}{gate}".strip() for gate in gates] for where in ("i", "h"))
        from_x = [name if f"{name}.kernel" in part else f"{name}_" for name in from_x]  # if_
        if all(f"{name}.kernel" in part for name in (*from_x, *from_h)):
            return _gate_by_gate(kind, part, from_x, from_h)
    if "dense_i.kernel" not in part or "dense_h.kernel" not in part:
        return None
    W_xh, W_hh = part["dense_i.kernel"].T, part["dense_h.kernel"].T
    hidden, nothing = W_hh.shape[1], np.zeros(len(W_hh))
    kind = kind_of(len(W_hh) // hidden)
    b_x, b_h = (part.get(f"dense_{where}.bias", nothing) for where in ("i", "h"))
    if kind != "gru":
        return Layer(kind, W_xh, W_hh, b_x + b_h)
    outside = np.concatenate([b_h[: 2 * hidden], np.zeros(hidden)])
    return Layer(kind, W_xh, W_hh, b_x + outside, b_h[2 * hidden :])


def _gate_by_gate(
    kind: str, part: Mapping[str, Array], from_x: Sequence[str], from_h: Sequence[str]
) -> Layer:
    W_xh, W_hh = (
        np.concatenate([part[f"{name}.kernel"].T for name in names]) for names in (from_x, from_h)
    )
    nothing = np.zeros(W_hh.shape[1])
    of_x, of_h = ([part.get(f"{n}.bias", nothing) for n in names] for names in (from_x, from_h))
    b_hn = of_h[2] if kind == "gru" else None
    outside = [*of_h[:2], nothing] if kind == "gru" else of_h
    return Layer(kind, W_xh, W_hh, np.concatenate(of_x) + np.concatenate(outside), b_hn)
