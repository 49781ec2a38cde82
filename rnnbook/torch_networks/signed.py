"""A minGRU whose factors may be negative: what it takes to follow something that flips.

Where a minGRU does h = (1 - z) h' + z n, with a factor between 0 and 1, this one does
h = (1 - 2z) h' + z n, with a factor between -1 and 1.

Source: Grazzi et al. (2025), arXiv 2411.12537, who stretch the factors of Mamba and DeltaNet so.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks.linear import LinearTorchModel
from rnnbook.torch_networks.linear_layers import LinearBlock
from rnnbook.torch_networks.scan import scan


class SignedBlock(LinearBlock):
    """A block of minGRU with factors between -1 and 1; its weights are those of a minGRU."""

    def recurrence(
        self, w: Mapping[str, Tensor], *blocks: Tensor, h_0: Tensor
    ) -> tuple[Tensor, Tensor]:
        """h (T, B, H) of the gate z and the new value n, each (T, B, H), from h_0 (B, H) on."""
        z, n = torch.sigmoid(blocks[0]), blocks[1]
        h = scan(1 - 2 * z, z * n, h_0)
        return h, h[-1]


class SignedMinGRU(LinearTorchModel):
    """A network of such blocks. It is for experiments: checkpoints do not know it."""

    def __init__(
        self, vocab: Vocab, config: ModelConfig, rng: np.random.Generator, **settings: Any
    ):
        """Weights are drawn as those of a minGRU. Raises :class:`ValueError` for other kinds."""
        if config.kind != "mingru":
            raise ValueError(f"only a mingru can be signed, not a {config.kind}")
        super().__init__(vocab, config, rng, **settings)
        weights = self.state_dict()
        self.layers = nn.ModuleList(SignedBlock(config) for _ in range(config.num_layers))
        self.load_state_dict(weights)
