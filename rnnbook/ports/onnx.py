"""A network as an ONNX graph, for onnxruntime and all that reads ONNX."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from rnnbook import extras
from rnnbook.checkpoints import Checkpoint
from rnnbook.ports.layers import Array, Layer, taken

if TYPE_CHECKING:
    import onnx

_OPSET = 17
_IR_VERSION = 8  # of the same year: older runtimes read it, too
_OPERATORS = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}
#: Where in the book's blocks of rows those of ONNX are: i o f g of an LSTM, z r n of a GRU.
_BLOCKS = {"rnn": (0,), "gru": (1, 0, 2), "lstm": (0, 3, 1, 2)}


def to_onnx(checkpoint: Checkpoint) -> bytes:
    """A network as the content of a file ``.onnx``, which runs at any length and batch size.

    Its inputs are ``ids`` (B, T), int64, the state ``h`` (L, B, H) and, of an LSTM, ``c`` (L, B,
    H), float32, zeros to begin with. Its outputs are ``logits`` (B, T, V) after every character,
    and ``h_next`` and ``c_next``, to go on from. The layers are ONNX's own operators ``RNN``,
    ``GRU`` and ``LSTM``, which have no length; a GRU is the one with ``linear_before_reset``. The
    metadata has ``chars``, the characters in the order of the ids, as a JSON list.

    Raises :class:`PortError` for a linear recurrence, :class:`MissingLibraryError` without the
    library ``onnx``.
    """
    network = taken(checkpoint, "ONNX")
    extras.require("exporting to ONNX", "onnx")
    from onnx import TensorProto, helper

    config, size = checkpoint.config, len(checkpoint.vocab)
    graph = _Graph()
    graph.add("Transpose", "ids", "ids_by_time", perm=[1, 0])  # (T, B)
    if network.embedding is not None:
        graph.add("Gather", [graph.hold("embedding", network.embedding), "ids_by_time"], "x_0")
    else:
        depth = graph.hold("depth", np.array([size], np.int64))
        values = graph.hold("off_on", np.array([0, 1], np.float32))
        graph.add("OneHot", ["ids_by_time", depth, values], "x_0")  # (T, B, V)
    states = ("h", "c") if config.kind == "lstm" else ("h",)
    for number, layer in enumerate(network.layers):
        graph.add_layer(number, layer, states)
    for state in states:
        ends = [f"{state}_{number}" for number in range(config.num_layers)]
        graph.add("Concat", ends, f"{state}_next", axis=0)
    W_hy = graph.hold("W_hy", network.W_hy.T)
    graph.add("MatMul", [f"x_{config.num_layers}", W_hy], "products")
    graph.add("Add", ["products", graph.hold("b_y", network.b_y)], "logits_by_time")
    graph.add("Transpose", "logits_by_time", "logits", perm=[1, 0, 2])  # (B, T, V)
    shape: list[str | int | None] = [config.num_layers, "B", config.hidden_size]
    kind = TensorProto.FLOAT
    inputs = [helper.make_tensor_value_info("ids", TensorProto.INT64, ["B", "T"])]
    outputs = [helper.make_tensor_value_info("logits", kind, ["B", "T", size])]
    for state in states:
        inputs.append(helper.make_tensor_value_info(state, kind, shape))
        outputs.append(helper.make_tensor_value_info(f"{state}_next", kind, shape))
    model = helper.make_model(
        helper.make_graph(graph.nodes, config.kind, inputs, outputs, graph.held),
        opset_imports=[helper.make_opsetid("", _OPSET)],
        ir_version=_IR_VERSION,
        producer_name="rnnbook",
    )
    helper.set_model_props(model, {"chars": json.dumps(list(checkpoint.vocab.chars))})
    content: bytes = model.SerializeToString()
    return content


class _Graph:
    """The nodes of a graph, one after the other, and the numbers that they hold."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.held: list[onnx.TensorProto] = []

    def add(self, operator: str, inputs: str | list[str], outputs: str | list[str],
            **attributes: Any) -> None:  # fmt: skip
        from onnx import helper

        read, written = ([one] if isinstance(one, str) else one for one in (inputs, outputs))
        self.nodes.append(helper.make_node(operator, read, written, **attributes))

    def hold(self, name: str, array: Array) -> str:
        """Keep an array under a name, and give the name."""
        from onnx import numpy_helper

        self.held.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def add_layer(self, number: int, layer: Layer, states: tuple[str, ...]) -> None:
        """One layer: from ``x_0`` (T, B, E) to ``x_1`` (T, B, H), its states (1, B, H)."""
        b_hh = np.zeros_like(layer.b_h)
        if layer.b_hn is not None:
            b_hh[-len(layer.b_hn) :] = layer.b_hn
        biases = np.concatenate([_in_order(layer.kind, b) for b in (layer.b_h, b_hh)])
        rows = {"W": _in_order(layer.kind, layer.W_xh), "R": _in_order(layer.kind, layer.W_hh),
                "B": biases}  # fmt: skip
        held = [self.hold(f"{name}_{number}", array[None]) for name, array in rows.items()]
        place = self.hold(f"place_{number}", np.array([number], np.int64))
        for state in states:
            self.add("Gather", [state, place], f"{state}_{number}_first", axis=0)
        first = [f"{state}_{number}_first" for state in states]
        own = {"linear_before_reset": 1} if layer.kind == "gru" else {}
        self.add(
            _OPERATORS[layer.kind],
            [f"x_{number}", *held, "", *first],  # "": as long as the whole batch
            [f"y_{number}", *(f"{state}_{number}" for state in states)],
            hidden_size=layer.W_hh.shape[1],
            **own,
        )
        direction = self.hold(f"direction_{number}", np.array([1], np.int64))
        self.add("Squeeze", [f"y_{number}", direction], f"x_{number + 1}")


def _in_order(kind: str, rows: Array) -> Array:
    """Rows (G*H, ...) with their blocks as ONNX has them."""
    blocks = np.split(rows, len(_BLOCKS[kind]))
    return np.concatenate([blocks[place] for place in _BLOCKS[kind]])
