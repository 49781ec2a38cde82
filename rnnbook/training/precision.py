"""In which arithmetic to train on this machine: float32, or bfloat16 where that is faster.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np
import torch

from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks.linear import new_model
from rnnbook.torch_networks.products import multiplies_bfloat16
from rnnbook.torch_networks.window import Room

#: bfloat16 is taken if it is faster by this factor: clearly, so that the choice stays the same.
_WORTH_IT = 1.1
_SMALL = 128  # with fewer units there is nothing to gain, and nothing is measured
LENGTH = 16  # steps of a window in the measurement


@dataclass(frozen=True)
class Choice:
    """An arithmetic, and how many times as fast bfloat16 is as float32 if that was measured."""

    precision: str
    gain: float | None = None

    def __str__(self) -> str:
        if self.gain is None:
            return f"products in {self.precision}"
        than = f"bfloat16 is {self.gain:.1f} times as fast as float32 here"
        return f"products in {self.precision}: {than}"


def choose(
    precision: str,
    vocab: Vocab,
    model_config: ModelConfig,
    rows: int,
    device: str = "cpu",
    budget: float = 1.0,
) -> Choice:
    """Settle ``auto`` by a measurement of about ``budget`` seconds; leave the rest as it is.

    ``rows`` of the batch are read at once. Raises :class:`TrainingError` for bfloat16 on
    another device than a CPU, where this package does not have it.
    """
    if device != "cpu":
        if precision == "bfloat16":
            raise TrainingError(f"there is no bfloat16 on the device {device!r}; use float32")
        return Choice("float32")
    if precision != "auto":
        return Choice(precision)
    if model_config.hidden_size < _SMALL or not multiplies_bfloat16():
        return Choice("float32")
    gain = _measure(vocab, model_config, rows, budget)
    return Choice("bfloat16" if gain > _WORTH_IT else "float32", gain)


def _measure(vocab: Vocab, model_config: ModelConfig, rows: int, budget: float) -> float:
    """How many times as fast as float32 bfloat16 reads a short window and goes back over it."""
    steps = {name: _step(name, vocab, model_config, rows) for name in ("float32", "bfloat16")}
    fastest = dict.fromkeys(steps, float("inf"))
    for step in steps.values():
        step()  # the first is slow
    started = time.monotonic()
    for _ in range(50):
        for name, step in steps.items():
            before = time.thread_time()  # of this core alone, whatever else the machine does
            step()
            fastest[name] = min(fastest[name], time.thread_time() - before)
        if time.monotonic() - started > budget:
            break
    return fastest["float32"] / max(fastest["bfloat16"], 1e-9)


def _step(precision: str, vocab: Vocab, model_config: ModelConfig, rows: int):
    """A function that computes the gradients of a short window."""
    model = new_model(vocab, model_config, np.random.default_rng(0), precision=precision)
    ids = torch.zeros(rows, LENGTH, dtype=torch.long)
    rooms = [Room() for _ in model.layers]
    state, parameters = model.initial_state(rows), list(model.parameters())

    def step() -> None:
        logits, _ = model(ids, state, rooms=rooms)
        torch.autograd.grad(logits.square().mean(), parameters)

    return step
