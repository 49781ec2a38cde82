"""Networks that were trained with PyTorch, Keras or Flax, as checkpoints of the book, and back.

:func:`from_torch`, :func:`from_keras` and :func:`from_flax` take the weights of an embedding (or
none, for one-hot input), of one or more layers of one kind, and of a linear layer over the
characters, and give a :class:`~rnnbook.checkpoints.Checkpoint`, which can be saved, sampled from
and looked into like any other. None of the libraries is imported here.

The other way, :func:`to_torch`, :func:`to_keras` and :func:`to_onnx` give a checkpoint's weights
as these libraries have them, and :func:`exported` the content of a file that they load; ``rnnbook
export`` writes it.

The libraries differ in the order of the gates, in which side of a product the input stands on,
and in the biases: PyTorch has two for every gate, of which only the sum counts, except inside
the reset gate of a GRU; Keras has the GRU's update gate first; ``flax.nnx.GRUCell`` has no bias
there. See :mod:`rnnbook.recurrent` for the arrangement that all are brought into.
"""

from __future__ import annotations

from rnnbook.ports.files import FORMATS, exported, recipe
from rnnbook.ports.flax import from_flax
from rnnbook.ports.keras import from_keras, to_keras
from rnnbook.ports.onnx import to_onnx
from rnnbook.ports.pytorch import from_torch, to_torch

__all__ = [
    "FORMATS",
    "exported",
    "from_flax",
    "from_keras",
    "from_torch",
    "recipe",
    "to_keras",
    "to_onnx",
    "to_torch",
]
