"""An LSTM as a file that ONNX Runtime reads, written field by field.

The format is Protocol Buffers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rnnbook.checkpoints import Checkpoint

FLOAT, INT64 = 1, 7


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | str | bytes) -> bytes:
    if isinstance(value, int):
        return _varint(number << 3) + _varint(value)
    data = value.encode() if isinstance(value, str) else value
    return _varint(number << 3 | 2) + _varint(len(data)) + data


def _node(kind: str, inputs: Sequence[str], outputs: Sequence[str], **integers: int) -> bytes:
    body = b"".join(_field(1, name) for name in inputs)
    body += b"".join(_field(2, name) for name in outputs) + _field(4, kind)
    for name, value in integers.items():
        body += _field(5, _field(1, name) + _field(3, value) + _field(20, 2))
    return _field(1, body)


def _tensor(name: str, array: NDArray[np.generic]) -> bytes:
    kind = INT64 if array.dtype == np.int64 else FLOAT
    body = b"".join(_field(1, size) for size in array.shape) + _field(2, kind)
    return _field(5, body + _field(8, name) + _field(9, np.ascontiguousarray(array).tobytes()))


def _value(place: int, name: str, kind: int, shape: Sequence[int]) -> bytes:
    sizes = b"".join(_field(1, _field(1, size)) for size in shape)
    tensor = _field(1, kind) + _field(2, sizes)
    return _field(place, _field(1, name) + _field(2, _field(1, tensor)))


def lstm(checkpoint: Checkpoint) -> bytes:
    """A step of one layer: of ``id``, ``h``, ``c`` come ``logits``, ``h_next``, ``c_next``."""
    weights, size = checkpoint.weights, checkpoint.config.hidden_size

    def turned(name: str) -> NDArray[np.float32]:  # i, f, g, o become ONNX's i, o, f, c
        i, f, g, o = np.split(weights[f"layers.0.{name}"], 4)
        return np.concatenate([i, o, f, g])[None]

    bias = np.concatenate([turned("b_h"), np.zeros((1, 4 * size), np.float32)], axis=1)
    graph = b"".join([
        _node("Gather", ["embedding", "id"], ["x"]),  # (1, 1, E)
        _node("LSTM", ["x", "W", "R", "B", "", "h", "c"], ["", "h_next", "c_next"],
              hidden_size=size),
        _node("Squeeze", ["h_next", "first"], ["top"]),
        _node("Gemm", ["top", "W_hy", "b_y"], ["logits"], transB=1),
        _field(2, "lstm"),
        _tensor("embedding", weights["embedding"]),
        _tensor("W", turned("W_xh")), _tensor("R", turned("W_hh")), _tensor("B", bias),
        _tensor("first", np.array([0], np.int64)),
        _tensor("W_hy", weights["W_hy"]), _tensor("b_y", weights["b_y"]),
        _value(11, "id", INT64, (1, 1)),
        _value(11, "h", FLOAT, (1, 1, size)), _value(11, "c", FLOAT, (1, 1, size)),
        _value(12, "logits", FLOAT, (1, len(weights["b_y"]))),
        _value(12, "h_next", FLOAT, (1, 1, size)), _value(12, "c_next", FLOAT, (1, 1, size)),
    ])  # fmt: skip
    return _field(1, 8) + _field(8, _field(1, "") + _field(2, 17)) + _field(7, graph)
