"""What a recurrent network is made of: its configuration and its named weights.

Every engine (NumPy, PyTorch, JavaScript) and every checkpoint uses the names and
shapes given here, which are those of the book's equations. With V characters, E
the size of the embedding (V if there is none: the input is then one-hot), H
hidden units, and G = 1, 3 or 4 blocks for the RNN, the GRU and the LSTM:

    embedding      (V, E)      only if there is one
    layers.0.W_xh  (G*H, E)    and (G*H, H) in the layers above
    layers.0.W_hh  (G*H, H)
    layers.0.b_h   (G*H,)
    layers.0.b_hn  (H,)        only in a GRU: the bias inside the reset gate
    W_hy           (V, H)
    b_y            (V,)

The blocks of an LSTM stand in the order i, f, g, o and those of a GRU in the
order r, z, n, as in PyTorch. What the linear recurrences are made of (minGRU, minLSTM,
LRU, S6, RG-LRU) is described in :mod:`rnnbook.recurrent.linear`.

Taught in the chapter *Long memory*.
"""

from rnnbook.recurrent.config import GATES, KINDS, LINEAR, NORMS, Kind, ModelConfig, label
from rnnbook.recurrent.linear import is_exact
from rnnbook.recurrent.weights import (
    count_parameters,
    count_tensors,
    untrained_weights,
    weight_shapes,
)

__all__ = [
    "GATES",
    "KINDS",
    "LINEAR",
    "NORMS",
    "Kind",
    "ModelConfig",
    "count_parameters",
    "count_tensors",
    "is_exact",
    "label",
    "untrained_weights",
    "weight_shapes",
]
