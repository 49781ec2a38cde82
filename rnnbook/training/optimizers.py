"""The optimisers by name, and which of them has which parameters.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from rnnbook.recurrent import GATES, is_exact
from rnnbook.recurrent.linear import rows
from rnnbook.torch_networks.products import multiplies_bfloat16
from rnnbook.torch_networks.rnn import TorchModel
from rnnbook.training.config import TrainingConfig
from rnnbook.training.muon import Muon

#: Adam's rate, as a share of Muon's, for the parameters that Muon is not for.
_ADAM_SHARE = 0.25


def optimizers(
    model: TorchModel, config: TrainingConfig, run: Callable[..., Any] = map, workers: int = 1
) -> list[torch.optim.Optimizer]:
    """The optimiser by name, without weight decay: that is the trainer's, for all alike.

    Muon is for the matrices. The biases, and the embedding, of whose rows most
    have no gradient in a step or a weak one, are Adam's.
    """
    parameters, rate = list(model.parameters()), config.learning_rate
    found: list[torch.optim.Optimizer] = []
    if config.optimizer == "muon":
        matrices = _blocks(model)
        factors = model.factors if multiplies_bfloat16() else None
        of_muon = [(value, matrices[n]) for n, value in model.named_parameters() if n in matrices]
        found.append(Muon(of_muon, rate, factors=factors, run=run, workers=workers))
        parameters = [value for name, value in model.named_parameters() if name not in matrices]
    if config.optimizer in ("adamw", "muon"):
        on_cpu = model.W_hy.device.type == "cpu"
        adam = torch.optim.Adam(parameters, lr=rate, betas=(0.9, 0.99), fused=on_cpu or None)
        found.append(adam)
    elif config.optimizer == "rmsprop":
        found.append(torch.optim.RMSprop(parameters, lr=rate, alpha=0.95))
    elif config.optimizer == "adagrad":
        found.append(torch.optim.Adagrad(parameters, lr=rate))
    else:
        found.append(torch.optim.SGD(parameters, lr=rate, momentum=0.9, nesterov=True))
    for optimizer in found:
        is_second = config.optimizer == "muon" and not isinstance(optimizer, Muon)
        for group in optimizer.param_groups:
            group["share"] = _ADAM_SHARE if is_second else 1.0
    return found


def _blocks(model: TorchModel) -> dict[str, int]:
    """The matrices that Muon is for, and how many blocks each has: a layer's has its gates."""
    if model.config.is_linear:
        return _linear_blocks(model)
    gates = len(GATES[model.config.kind])
    return {
        name: gates if name.startswith("layers") else 1
        for name, value in model.named_parameters()
        if value.ndim == 2 and name != "embedding"
    }


def _linear_blocks(model: TorchModel) -> dict[str, int]:
    """The same of a linear recurrence, whose ``W_xh`` alone holds several matrices.

    No matrices in this sense are the weights of a convolution, which go channel by channel, those
    that say how fast is forgotten, and what stands for an embedding.
    """
    config = model.config
    sizes = rows(config)
    blocks = len(sizes) if len(set(sizes)) == 1 else 1
    left_out = {"embedding"} if config.embedding_size else {"W_in"}
    return {
        name: blocks if name.endswith(".W_xh") else 1
        for name, value in model.named_parameters()
        if value.ndim == 2
        and name not in left_out
        and not name.endswith(".conv")
        and not is_exact(name)
    }
