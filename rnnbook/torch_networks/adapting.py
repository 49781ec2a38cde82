"""Dynamic evaluation: a network that goes on learning from the text that it is scored on.

A stretch of a few characters is scored first, and only then learnt from, so that no character
helps to guess itself. A step is a gradient, each weight's divided by how large its gradients were
on the training text; and a pull leads the weights back to what training made of them, the more
so the larger their gradients used to be.

Source: Krause, Kahembwe, Murray and Renals (2018), Dynamic evaluation of neural sequence models,
arXiv 1709.07432: the variant that it calls RMS with a decay.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from rnnbook.errors import TextError
from rnnbook.text import Ids
from rnnbook.torch_networks.rnn import TorchModel

LENGTH = 20  # characters between two updates
_SMALLEST = 2e-5  # added to every size, so that what never had a gradient stays where it is
_STRETCHES = 500  # of the training text, whose gradients are measured
_TOGETHER = 10  # that follow one another


@dataclass(frozen=True)
class Adaptation:
    """How a network goes on learning while it reads."""

    learning_rate: float  # of a gradient divided by its usual size
    decay: float = 0.002  # share of the way back to the trained weights, a stretch
    length: int = LENGTH  # characters of a stretch

    def __post_init__(self) -> None:
        if not self.learning_rate >= 0 or not 0 <= self.decay <= 1 or self.length < 1:
            raise ValueError(f"no network can learn like this: {self}")


def gradient_sizes(
    model: TorchModel, ids: Ids, rng: np.random.Generator, *, length: int = LENGTH
) -> list[Tensor]:
    """Root mean squares of the gradients on training ids (N,), shaped like the parameters.

    Stretches from all over the text, ten in a row with their state carried.
    Raises :class:`TextError` if the text is shorter than that.
    """
    span = _TOGETHER * length + 1
    if len(ids) < span:
        raise TextError(f"it takes {span} training characters to measure gradients on")
    squares = [torch.zeros_like(value) for value in model.parameters()]
    places = rng.integers(len(ids) - span + 1, size=_STRETCHES // _TOGETHER)
    for place in places:
        stretches = _Stretches(model, ids[place : place + span], length)
        for _ in range(_TOGETHER):
            gradients, _ = stretches.read()
            for square, gradient in zip(squares, gradients, strict=True):
                square.addcmul_(gradient, gradient)
    return [torch.sqrt(square / (len(places) * _TOGETHER)) for square in squares]


def adapted_log_probs(
    model: TorchModel,
    ids: Ids,
    sizes: list[Tensor],
    how: Adaptation,
    *,
    progress: bool = False,
) -> NDArray[np.float64]:
    """ln P (N - 1,) of ids (N,) but the first, by a network that learns while it reads.

    It starts from an empty state. ``model`` ends as it was.
    Raises :class:`TextError` if there are fewer than two characters.
    """
    if len(ids) < 2:
        raise TextError("it takes at least two characters to measure a loss")
    parameters = list(model.parameters())
    start = [value.detach().clone() for value in parameters]
    pulls = [torch.clamp(how.decay * size / size.mean(), max=1.0) for size in sizes]
    steps = [how.learning_rate / (size + _SMALLEST) for size in sizes]
    stretches, found = _Stretches(model, ids, how.length), []
    bar = tqdm(total=len(ids) - 1, unit="char", unit_scale=True, disable=not progress, leave=False)
    try:
        with bar:
            while stretches.left:
                gradients, log_probs = stretches.read()
                found.append(log_probs)
                bar.update(len(log_probs))
                with torch.no_grad():
                    for value, first, pull, step, gradient in zip(
                        parameters, start, pulls, steps, gradients, strict=True
                    ):
                        value.addcmul_(pull, first - value).addcmul_(step, gradient, value=-1)
    finally:
        with torch.no_grad():
            for value, first in zip(parameters, start, strict=True):
                value.copy_(first)
    return np.concatenate(found)


class _Stretches:
    """A text read stretch by stretch, with its state carried, and a gradient each."""

    def __init__(self, model: TorchModel, ids: Ids, length: int):
        self.model, self.length, self.at = model, length, 0
        self.ids = torch.as_tensor(np.ascontiguousarray(ids))
        self.parameters = list(model.parameters())
        self.state = model.initial_state(1)

    @property
    def left(self) -> int:
        """How many characters are still to be scored."""
        return len(self.ids) - 1 - self.at

    def read(self) -> tuple[tuple[Tensor, ...], NDArray[np.float64]]:
        """Gradients of the mean loss of the next stretch of T characters, and their ln P (T,)."""
        stop = min(self.at + self.length, len(self.ids) - 1)
        x, y = self.ids[None, self.at : stop], self.ids[self.at + 1 : stop + 1]
        logits, state = self.model(x, self.state)  # (1, T, V)
        log_probs = torch.log_softmax(logits[0], dim=-1)[torch.arange(len(y)), y]  # (T,)
        gradients = torch.autograd.grad(-log_probs.mean(), self.parameters)
        self.at, self.state = stop, {name: value.detach() for name, value in state.items()}
        return gradients, log_probs.detach().double().numpy()
