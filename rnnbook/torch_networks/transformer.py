"""A small causal Transformer, of PyTorch's own layers: what a recurrent network competes with.

It reads all characters of a window at once, where a recurrent network reads one after
the other, and it forgets what lies before the window.

Source: Vaswani et al. (2017), arXiv 1706.03762, with the norm first (Xiong et al., 2020,
arXiv 2002.04745).

Taught in the chapter *Limits, and what came after*.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnbook.language_model import log_softmax
from rnnbook.text import Ids, Vocab


class Transformer(nn.Module):
    """Blocks of attention and two-layer networks, over the last ``context`` characters."""

    def __init__(
        self,
        vocab: Vocab,
        width: int = 116,
        num_layers: int = 2,
        num_heads: int = 4,
        context: int = 128,
        seed: int = 0,
    ):
        super().__init__()
        self.vocab, self.context = vocab, context
        with torch.random.fork_rng(devices=[]):  # PyTorch's layers draw from the global state
            torch.manual_seed(seed)
            self.embedding = nn.Embedding(len(vocab), width)
            self.position = nn.Embedding(context, width)
            layer = nn.TransformerEncoderLayer(
                width, num_heads, 4 * width, dropout=0.0, activation="gelu", batch_first=True,
                norm_first=True,
            )  # fmt: skip
            self.blocks = nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)
            self.norm = nn.LayerNorm(width)
            self.out = nn.Linear(width, len(vocab))
        hidden_future = nn.Transformer.generate_square_subsequent_mask(context)
        self.hidden_future: Tensor
        self.register_buffer("hidden_future", hidden_future, persistent=False)

    def forward(self, ids: Tensor) -> Tensor:
        """Ids (B, T), T at most ``context`` -> logits (B, T, V)."""
        T = ids.shape[1]
        x = self.embedding(ids) + self.position.weight[:T]  # (B, T, width)
        x = self.blocks(x, mask=self.hidden_future[:T, :T], is_causal=True)  # (B, T, width)
        return self.out(self.norm(x))  # (B, T, V)

    @torch.inference_mode()
    def costs(self, ids: Ids, batch_size: int = 32) -> NDArray[np.float64]:
        """Nats (N - 1,) of each of ids (N,) but the first.

        Every guess sees half a context or more of what came before, except at the
        beginning of the text.
        """
        stride = self.context // 2
        starts = np.arange(0, max(1, len(ids) - 1 - stride), stride)
        padded = np.concatenate([ids, np.zeros(self.context, dtype=ids.dtype)])
        costs = np.empty(len(ids) - 1)
        for chunk in np.array_split(starts, -(-len(starts) // batch_size)):
            rows = np.stack([padded[start : start + self.context + 1] for start in chunk])
            logits = self(torch.as_tensor(rows[:, :-1])).numpy()  # (B, T, V)
            logs = np.take_along_axis(log_softmax(logits), rows[:, 1:, None], axis=2)[..., 0]
            for start, row in zip(chunk, -logs, strict=True):
                first = 0 if start == 0 else stride
                stop = min(self.context, len(costs) - start)
                costs[start + first : start + stop] = row[first:stop]
        return costs


class TransformerTrainer:
    """AdamW on windows drawn at random, as often as :meth:`train_step` is called.

    As in :class:`rnnbook.training.trainer.Trainer`, the gradient's norm is clipped at 1
    and the weights are averaged on the way.
    """

    def __init__(self, model: Transformer, ids: Ids, batch_size: int, seed: int):
        self.model, self.ids, self.batch_size = model, ids, batch_size
        self.rng = np.random.default_rng(seed)
        self.optimizer = torch.optim.AdamW(model.parameters(), betas=(0.9, 0.99), weight_decay=0.05)
        average = torch.optim.swa_utils.get_ema_multi_avg_fn(0.99)
        self.average = torch.optim.swa_utils.AveragedModel(model, multi_avg_fn=average)

    def train_step(self, learning_rate: float) -> float:
        """Read a window in every row of the batch, update; the loss before the update."""
        T = self.model.context
        starts = self.rng.integers(len(self.ids) - T, size=(self.batch_size, 1))
        windows = torch.as_tensor(self.ids[starts + np.arange(T + 1)])  # (B, T + 1)
        logits = self.model(windows[:, :-1])  # (B, T, V)
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), windows[:, 1:].flatten())
        self.optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.average.update_parameters(self.model)
        return float(loss.detach())

    def averaged(self) -> Transformer:
        """The network with its averaged weights, for inference."""
        found = self.average.module
        assert isinstance(found, Transformer)
        return found.eval()
