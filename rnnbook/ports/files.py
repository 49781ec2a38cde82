"""What other libraries load: the content of a file for each, and the lines that load it."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping

from safetensors.numpy import save

from rnnbook import extras
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError
from rnnbook.ports.keras import to_keras
from rnnbook.ports.layers import Array, listed
from rnnbook.ports.onnx import to_onnx
from rnnbook.ports.pytorch import to_torch
from rnnbook.recurrent import ModelConfig

#: What can be exported to, with the ending of its files.
FORMATS: Mapping[str, str] = {
    "torch": ".torch.safetensors",
    "onnx": ".onnx",
    "keras": ".weights.h5",
}
_CLASSES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


def exported(checkpoint: Checkpoint, to: str) -> bytes:
    """The content of a file for one of :data:`FORMATS`.

    ``torch``
        a safetensors file with the ``state_dict`` of :func:`to_torch`;
    ``onnx``
        the graph of :func:`to_onnx`;
    ``keras``
        the weights of :func:`to_keras`, as ``model.load_weights`` reads them.

    Each holds the characters in the order of the ids, as a JSON list called ``chars``: in its
    metadata, or, in HDF5, beside the weights.

    Raises :class:`PortError` for another format or a linear recurrence,
    :class:`MissingLibraryError` if the library that writes it is not there.
    """
    writers: dict[str, Callable[[Checkpoint], bytes]]
    writers = {"torch": _torch, "onnx": to_onnx, "keras": _keras}
    if to not in writers:
        raise PortError(f"a network is exported to {listed(writers)}, not to {to!r}")
    return writers[to](checkpoint)


def recipe(checkpoint: Checkpoint, to: str, file: str) -> str:
    """Lines of Python that load such a file, called ``file``, and read a ``text`` with it.

    They make ``ids`` (B, T) of it, with B = 1, and ``logits`` (B, T, V), by that library only.
    """
    recipes = {"torch": _with_torch, "onnx": _with_onnx, "keras": _with_keras}
    return "\n".join(recipes[to](checkpoint.config, len(checkpoint.vocab), file))


def _chars(checkpoint: Checkpoint) -> str:
    return json.dumps(list(checkpoint.vocab.chars))


def _torch(checkpoint: Checkpoint) -> bytes:
    return save(to_torch(checkpoint), {"format": "pt", "chars": _chars(checkpoint)})


def _keras(checkpoint: Checkpoint) -> bytes:
    """As Keras 3 lays a ``Sequential`` out in HDF5: a layer by its class and its place in it."""
    arrays = iter(to_keras(checkpoint))
    extras.require("exporting to Keras", "h5py")
    import h5py

    held = io.BytesIO()
    with h5py.File(held, "w") as file:
        file["chars"] = _chars(checkpoint)  # an attribute has 64 KB at most
        file.create_group("vars")
        for name, count in _keras_layers(checkpoint.config):
            group = file.create_group(f"layers/{name}/vars")
            for number in range(count):
                array: Array = next(arrays)
                group.create_dataset(str(number), data=array)
    return held.getvalue()


def _keras_layers(config: ModelConfig) -> list[tuple[str, int]]:
    """Where Keras looks for weights, and for how many of them: those of a cell lie inside it."""
    first = [("embedding", 1)] if config.embedding_size else []
    recurrent = {"rnn": "simple_rnn", "gru": "gru", "lstm": "lstm"}[config.kind]
    for number in range(config.num_layers):
        name = f"{recurrent}_{number}" if number else recurrent
        first += [(name, 0), (f"{name}/cell", 3)]
    return [*first, ("dense", 2)]


def _with_torch(config: ModelConfig, size: int, file: str) -> list[str]:
    inputs, hidden = config.embedding_size or size, config.hidden_size
    x = f"nn.functional.one_hot(ids, {size}).float()"
    if config.embedding_size:
        x = 'network["embedding"](ids)'
    embedding = [f'    "embedding": nn.Embedding({size}, {inputs}),']
    return [
        "import json",
        "import torch",
        "from safetensors import safe_open",
        "from torch import nn",
        "",
        "network = nn.ModuleDict({",
        *(embedding if config.embedding_size else []),
        f'    "recurrent": nn.{_CLASSES[config.kind]}({inputs}, {hidden}, {config.num_layers}, '
        "batch_first=True),",
        f'    "output": nn.Linear({hidden}, {size}),',
        "})",
        f"with safe_open({file!r}, 'pt') as held:",
        '    chars = json.loads(held.metadata()["chars"])',
        "    network.load_state_dict({name: held.get_tensor(name) for name in held.keys()})",
        "ids = torch.tensor([[chars.index(char) for char in text]])",
        f"x = {x}",
        'logits = network["output"](network["recurrent"](x)[0])',
    ]


def _with_onnx(config: ModelConfig, size: int, file: str) -> list[str]:
    states = ("h", "c") if config.kind == "lstm" else ("h",)
    given = "".join(f', "{state}": zeros' for state in states)
    return [
        "import json",
        "import numpy as np",
        "import onnxruntime",
        "",
        f"session = onnxruntime.InferenceSession({file!r})",
        'chars = json.loads(session.get_modelmeta().custom_metadata_map["chars"])',
        "ids = np.array([[chars.index(char) for char in text]])",
        f"zeros = np.zeros(({config.num_layers}, len(ids), {config.hidden_size}), np.float32)",
        f'logits, *state = session.run(None, {{"ids": ids{given}}})',
    ]


def _with_keras(config: ModelConfig, size: int, file: str) -> list[str]:
    name = "SimpleRNN" if config.kind == "rnn" else _CLASSES[config.kind]
    layer = f"    keras.layers.{name}({config.hidden_size}, return_sequences=True),"
    first, x = [f"    keras.layers.Input((None, {size})),"], f"keras.ops.one_hot(ids, {size})"
    if config.embedding_size:
        x = "ids"
        first = [
            "    keras.layers.Input((None,)),",
            f"    keras.layers.Embedding({size}, {config.embedding_size}),",
        ]
    return [
        "import json",
        "import h5py",
        "import keras",
        "",
        "network = keras.Sequential([",
        *first,
        *[layer] * config.num_layers,
        f"    keras.layers.Dense({size}),",
        "])",
        f"network.load_weights({file!r})",
        f'chars = json.loads(h5py.File({file!r})["chars"][()])',
        "ids = keras.ops.array([[chars.index(char) for char in text]])",
        f"logits = network({x})",
    ]
