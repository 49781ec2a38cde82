"""Networks for other tasks than the next character: many to one, and how to train them.

A sequence that is shorter than its neighbours in a batch is padded on the left, so that
all end at the last step, where the answer is asked for. Time comes first, as in
:mod:`rnnbook.torch_networks.recurrence`; all layers are
:class:`rnnbook.torch_networks.rnn.RecurrentLayer`.
``loss`` and ``predict`` take arrays, ``forward`` takes tensors.

Taught in the chapter *Beyond characters*.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnbook.text import Ids
from rnnbook.torch_networks.rnn import RecurrentLayer

Array = NDArray[np.float32]


class Embedding(nn.Module):
    """A row of E numbers for each of V symbols."""

    def __init__(self, vocab_size: int, size: int):
        super().__init__()
        self.W = nn.Parameter(torch.empty(vocab_size, size))  # (V, E)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids (T, B) -> (T, B, E)."""
        return self.W[ids]


class Linear(nn.Module):
    """W x + b, as everywhere in this book."""

    def __init__(self, input_size: int, output_size: int):
        super().__init__()
        self.W = nn.Parameter(torch.empty(output_size, input_size))
        self.b = nn.Parameter(torch.empty(output_size))

    def forward(self, x: Tensor) -> Tensor:
        """x (..., E) -> (..., K)."""
        return x @ self.W.t() + self.b


class Classifier(nn.Module):
    """Many to one: read a sequence, and say one of K things at its end.

    ``vocab_size`` V is given where the sequence is of symbols; else it is of vectors.
    """

    def __init__(
        self,
        kind: str,
        input_size: int,
        hidden_size: int,
        num_classes: int,
        rng: np.random.Generator,
        vocab_size: int | None = None,
    ):
        super().__init__()
        self.embedding = Embedding(vocab_size, input_size) if vocab_size else None
        self.layer = RecurrentLayer(kind, input_size, hidden_size)
        self.out = Linear(hidden_size, num_classes)
        init_weights(self, rng)

    def forward(self, x: Tensor) -> Tensor:
        """x (T, B) of ids, or (T, B, E) of vectors -> logits (B, K)."""
        x = self.embedding(x) if self.embedding is not None else x  # (T, B, E)
        h, _ = self.layer(x)  # (T, B, H)
        return self.out(h[-1])  # (B, K)

    def loss(self, x: Ids | Array, classes: Ids) -> Tensor:
        """Nats per sequence, for the right classes (B,)."""
        return cross_entropy(self(torch.as_tensor(x)), torch.as_tensor(classes))

    @torch.no_grad()
    def predict(self, x: Ids | Array) -> NDArray:
        """The likeliest class of each sequence: (B,)."""
        return self(torch.as_tensor(x)).argmax(1).numpy()


class Forecaster(nn.Module):
    """Many to one, but the answer is K numbers: the next K values of a series.

    It reads how the past differs from its last value, and tells how the future
    differs from it.
    """

    def __init__(self, kind: str, hidden_size: int, horizon: int, rng: np.random.Generator):
        super().__init__()
        self.layer = RecurrentLayer(kind, 1, hidden_size)
        self.out = Linear(hidden_size, horizon)
        init_weights(self, rng)

    def forward(self, past: Tensor) -> Tensor:
        """past (T, B) -> future (B, K)."""
        last = past[-1]  # (B,)
        x = (past - last).unsqueeze(2)  # (T, B, 1)
        h, _ = self.layer(x)  # (T, B, H)
        return last.unsqueeze(1) + self.out(h[-1])  # (B, K)

    def loss(self, past: Array, future: Array) -> Tensor:
        """The mean absolute error on what came, future (B, K)."""
        return (self(torch.as_tensor(past)) - torch.as_tensor(future)).abs().mean()

    @torch.no_grad()
    def predict(self, past: Array) -> Array:
        """What comes, as an array (B, K)."""
        return self(torch.as_tensor(past)).numpy()


def init_weights(model: nn.Module, rng: np.random.Generator) -> None:
    """Draw all weights: normal embeddings, the rest uniform, the forget gates open.

    A matrix that reads n numbers is within 1 / sqrt(n), as its bias is.
    """
    with torch.no_grad():
        for module in model.modules():
            for name, parameter in module.named_parameters(recurse=False):
                shape = tuple(parameter.shape)
                values = rng.uniform(-1, 1, shape) * _bound(module)
                if isinstance(module, Embedding):
                    values = rng.standard_normal(shape)
                parameter.copy_(torch.from_numpy(values))
                if isinstance(module, RecurrentLayer) and (module.kind, name) == ("lstm", "b_h"):
                    parameter[module.hidden_size : 2 * module.hidden_size] = 1.0  # block f


def _bound(module: nn.Module) -> float:
    if isinstance(module, RecurrentLayer):
        return module.hidden_size**-0.5
    weights = next(module.parameters(recurse=False))
    return weights.shape[1] ** -0.5


def pad_left(sequences: Sequence[NDArray]) -> NDArray:
    """Sequences (T,) or (T, E) of different lengths -> (T, B) or (T, B, E), zeros before each."""
    return _pad(sequences, at_the_end=False)


def pad_right(sequences: Sequence[NDArray]) -> NDArray:
    """The same with the zeros after each."""
    return _pad(sequences, at_the_end=True)


def _pad(sequences: Sequence[NDArray], at_the_end: bool) -> NDArray:
    length = max(len(sequence) for sequence in sequences)
    padded = np.zeros((length, len(sequences), *sequences[0].shape[1:]), sequences[0].dtype)
    for column, sequence in enumerate(sequences):
        start = 0 if at_the_end else length - len(sequence)
        padded[start : start + len(sequence), column] = sequence
    return padded


def fit(
    model: nn.Module,
    loss: Callable[[], Tensor],
    *,
    steps: int,
    learning_rate: float,
    weight_decay: float = 0.0,
    validate: Callable[[], Tensor] | None = None,
    every: int = 50,
) -> Iterator[tuple[int, float]]:
    """Train by Adam; yields the step and its loss.

    ``loss`` draws a batch and gives the mean loss on it. The learning rate falls to zero
    along half a cosine; the gradient's norm is clipped at 1. Where ``validate`` is
    given, the weights for which it was least are put back at the end. One thread computes,
    so that the numbers are the same in every run.
    """
    torch.set_num_threads(1)
    optimizer = torch.optim.AdamW(model.parameters(), learning_rate, weight_decay=weight_decay)
    best, kept = math.inf, None
    for step in range(steps):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate * (1 + math.cos(math.pi * step / steps)) / 2
        value = loss()
        optimizer.zero_grad(set_to_none=True)
        value.backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        if validate and (step % every == every - 1 or step == steps - 1):
            with torch.no_grad():
                score = validate().item()
            if score < best:
                best, kept = score, copy.deepcopy(model.state_dict())
        yield step + 1, value.item()
    if kept is not None:
        model.load_state_dict(kept)
