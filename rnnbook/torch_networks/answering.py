"""Training a network to answer at some places of short examples, each read from an empty state.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from rnnbook.text import Ids


class Answering:
    """AdamW on a network of any kind: a recurrent one, or the Transformer.

    ``nothing`` stands in place of an answer where nothing is asked. The gradient's norm is
    clipped at 1, as in :class:`rnnbook.training.trainer.Trainer`.
    """

    def __init__(self, network: nn.Module, nothing: int = -1):
        self.network, self.nothing = network, nothing
        self.optimizer = torch.optim.AdamW(
            network.parameters(), betas=(0.9, 0.99), weight_decay=0.01
        )

    @property
    def parameters(self) -> int:
        """How many numbers are trained."""
        return sum(parameter.numel() for parameter in self.network.parameters())

    def train_step(self, x: Ids, wanted: Ids, learning_rate: float) -> float:
        """Read x (B, T) and update; the loss before it, in nats an answer.

        ``wanted`` (B, T) are the ids to be answered, or ``nothing``.
        """
        logits = self._logits(torch.as_tensor(x))  # (B, T, V)
        loss = nn.functional.cross_entropy(
            logits.flatten(0, 1), torch.as_tensor(wanted).flatten(), ignore_index=self.nothing
        )
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        return float(loss.detach())

    @torch.inference_mode()
    def answers(self, x: Ids) -> Ids:
        """The likeliest ids (B, T) after each of x (B, T)."""
        found: Ids = self._logits(torch.as_tensor(x)).argmax(-1).numpy()
        return found

    def _logits(self, x: Tensor) -> Tensor:
        network: Any = self.network
        if not hasattr(network, "initial_state"):
            logits: Tensor = network(x)
        else:
            logits, _ = network(x, network.initial_state(len(x)))
        return logits
