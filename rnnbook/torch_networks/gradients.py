"""The gradients of min-char-rnn by PyTorch's autograd: what the ones by hand are held against.

Taught in the chapter *Learning through time*.
"""

from __future__ import annotations

import torch

from rnnbook.numpy_networks.rnn import Array, Weights
from rnnbook.text import Ids


def loss_and_gradients(weights: Weights, x: Ids, y: Ids, h: Array) -> tuple[float, Weights]:
    """What :func:`rnnbook.numpy_networks.rnn.loss_and_gradients` gives, for one sequence.

    x and y are (1, T) and h is (1, H); the loss is in nats, summed over the T steps.
    """
    tensors = {name: torch.tensor(array, requires_grad=True) for name, array in weights.items()}
    state = torch.tensor(h[0])  # (H,)
    loss = torch.zeros((), dtype=state.dtype)
    for char_id, target in zip(x[0].tolist(), y[0].tolist(), strict=True):
        from_h = tensors["W_hh"] @ state  # (H,)
        state = torch.tanh(tensors["W_xh"][:, char_id] + from_h + tensors["b_h"])  # (H,)
        logits = tensors["W_hy"] @ state + tensors["b_y"]  # (V,)
        loss = loss - torch.log_softmax(logits, 0)[target]
    loss.backward()
    gradients = {}
    for name, tensor in tensors.items():
        assert tensor.grad is not None
        gradients[name] = tensor.grad.numpy()
    return float(loss.detach()), gradients
