"""How the gradient of a loss fades with the distance of what was read.

What a far character could teach a network arrives by this gradient. Where it vanishes,
nothing is learnt from afar.

Source: Bengio, Simard and Frasconi (1994); Pascanu, Mikolov and Bengio (2013), arXiv
1211.5063.

Taught in the chapters *Long memory*, *A trained LSTM* and *Limits, and what came after*.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from rnnbook.errors import TextError
from rnnbook.recurrent import label
from rnnbook.text import Ids
from rnnbook.torch_networks.rnn import RecurrentLayer, TorchModel


def gradient_by_lag(model: TorchModel, windows: Ids) -> NDArray[np.float64]:
    """Norms (N, T) of the gradient of the last loss, by the lag of what was read.

    Each of windows (N, T + 1) is read from an empty state but for its last character,
    whose loss is taken. Column k is the norm of its gradient with respect to the input
    (E,) that was read k + 1 characters before: its embedding, or its one-hot vector.

    Raises :class:`TextError` for windows of fewer than two characters, and for the linear
    recurrences, whose blocks are more than their recurrence.
    """
    if model.config.is_linear:
        raise TextError(
            f"gradients of a {label(model.config.kind)} are not followed here; take an RNN, a GRU "
            "or an LSTM"
        )
    if windows.shape[1] < 2:
        raise TextError("a window has a character to guess and one or more before it")
    ids = torch.as_tensor(np.ascontiguousarray(windows.T))  # (T + 1, N)
    x = _inputs(model)[ids[:-1]].requires_grad_()  # (T, N, E)
    h = x
    for layer in model.layers:
        assert isinstance(layer, RecurrentLayer)
        h, _ = layer(h)  # (T, N, H)
    logits = torch.addmm(model.b_y, h[-1], model.W_hy.t())  # (N, V)
    loss = functional.cross_entropy(logits, ids[-1], reduction="sum")
    (gradient,) = torch.autograd.grad(loss, x)
    norms: NDArray[np.float64] = gradient.double().norm(dim=2).flip(0).t().numpy()
    return norms


def _inputs(model: TorchModel) -> Tensor:
    """What every symbol is to the first layer (V, E), without gradients."""
    if isinstance(model.embedding, Tensor):
        return model.embedding.detach()
    return torch.eye(len(model.vocab), dtype=model.W_hy.dtype)


def decay_per_character(norms: NDArray[np.floating], first: int = 5, last: int = 50) -> float:
    """By what factor a gradient changes from one lag to the next: below 1 it vanishes.

    ``norms`` (N, T) as from :func:`gradient_by_lag`. The slope of their mean logarithm
    between two lags, as a factor; zeros count as the least number that is not one.

    Raises :class:`TextError` if the windows are not that long.
    """
    if not 1 <= first < last <= norms.shape[1]:
        raise TextError(f"lags from {first} to {last} need windows of {last + 1} characters")
    logs = np.log(np.maximum(norms[:, first - 1 : last], np.finfo(np.float64).tiny)).mean(axis=0)
    slope = np.polyfit(np.arange(first, last + 1), logs, 1)[0]
    return float(np.exp(slope))
