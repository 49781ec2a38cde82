"""The arrays of a checkpoint as they are stored: whole, halved, or a byte a weight.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import CheckpointError
from rnnbook.recurrent import is_exact

Weights = Mapping[str, NDArray[Any]]


def pack(weights: Weights, storage: str) -> dict[str, NDArray[Any]]:
    """The arrays as they are stored, in C order: safetensors does not look at strides.

    Raises :class:`CheckpointError` for weights that are not finite, or not in ``storage``.
    """
    if storage not in ("float32", "float16", "int8"):
        raise ValueError(f"storage is float32, float16 or int8, not {storage!r}")
    tensors: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"weight {name} is not finite; train with a lower rate")
        if is_exact(name):
            tensors[name] = array.astype("float32")
        elif storage == "int8" and array.ndim == 2:
            tensors[name], tensors[f"{name}.scale"] = quantise(array)
        else:
            with np.errstate(over="ignore"):  # what is too large is refused below
                tensors[name] = array.astype("float16" if storage == "float16" else "float32")
    for name, array in tensors.items():
        if not np.isfinite(array).all():
            raise CheckpointError(f"weight {name} is too large for {array.dtype.name}")
    return {name: np.ascontiguousarray(array) for name, array in tensors.items()}


def described(tensors: Weights) -> dict[str, tuple[str, tuple[int, ...]]]:
    """What safetensors will say of these arrays."""
    names = {"float32": "F32", "float16": "F16", "int8": "I8"}
    return {name: (names[array.dtype.name], array.shape) for name, array in tensors.items()}


def quantise(matrix: NDArray[np.floating]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix (R, C) as int8 and a scale a row (R,): ``matrix ~ int8 * scale[:, None]``.

    The largest entry of a row becomes 127, so no entry is off by more than half a
    scale. A scale has 16 binary digits, so that its product with a byte is exact in float32:
    an engine that multiplies bytes has the very weights of one that multiplies floats.
    """
    scale = _short((np.abs(matrix).max(axis=1) / 127).astype(np.float32))
    safe = np.where(scale > 0, scale, 1)
    rounded = np.round(matrix / safe[:, None])  # tiny scales are rounded themselves
    return np.clip(rounded, -127, 127).astype(np.int8), scale


def _short(scale: NDArray[np.float32]) -> NDArray[np.float32]:
    """The least numbers of 16 binary digits that are not below these; tiny ones as they are."""
    whole = (scale.view(np.uint32) + np.uint32(0xFF)) & np.uint32(0xFFFFFF00)
    return np.where(scale > 2.0**-100, whole.view(np.float32), scale)


def unpack(tensors: Weights) -> dict[str, NDArray[np.float32]]:
    """The weights, in float32, from the arrays as they are stored."""
    weights = {}
    for name, array in tensors.items():
        if name.endswith(".scale"):
            continue
        weights[name] = array.astype(np.float32)
        if array.dtype == np.int8:
            weights[name] *= tensors[f"{name}.scale"][:, None]
    return weights
