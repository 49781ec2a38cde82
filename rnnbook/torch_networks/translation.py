"""Many to many: an encoder that reads, a decoder that writes, and attention between them.

Sources are padded on the left and targets on the right (see
:mod:`rnnbook.torch_networks.sequences`); S is the length of the source, T of the target.

Taught in the chapter *Beyond characters*.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnnbook.text import Ids
from rnnbook.torch_networks.rnn import RecurrentLayer
from rnnbook.torch_networks.sequences import Array, Embedding, Linear, init_weights


class EncoderDecoder(nn.Module):
    """Many to many: read one sequence to its end, then write another.

    All that the decoder knows of the source is the encoder's last state; with ``attention``
    it may also look back at every state, by dot products. Symbol 0 pads the source and
    opens the target; symbol 1 ends the target. Sources: Sutskever et al. (2014), arXiv
    1409.3215; Luong et al. (2015), arXiv 1508.04025.
    """

    PAD, END = 0, 1

    def __init__(
        self,
        kind: str,
        source_size: int,
        target_size: int,
        embedding_size: int,
        hidden_size: int,
        rng: np.random.Generator,
        attention: bool = False,
    ):
        super().__init__()
        self.source_embedding = Embedding(source_size, embedding_size)
        self.target_embedding = Embedding(target_size, embedding_size)
        self.encoder = RecurrentLayer(kind, embedding_size, hidden_size)
        self.decoder = RecurrentLayer(kind, embedding_size, hidden_size)
        self.attention = Attention(hidden_size) if attention else None
        self.out = Linear(hidden_size, target_size)
        init_weights(self, rng)

    def forward(self, source: Tensor, target: Tensor) -> Tensor:
        """source (S, B), target (T, B) -> logits (T, B, V), each given the target before it."""
        memory, state = self.encoder(self.source_embedding(source))  # (S, B, H)
        first = torch.full_like(target[:1], self.PAD)  # (1, B)
        before = torch.cat([first, target[:-1]])  # (T, B)
        logits, _, _ = self.decode(before, state, memory, source)
        return logits

    def decode(
        self, before: Tensor, state: Mapping[str, Tensor], memory: Tensor, source: Tensor
    ) -> tuple[Tensor, dict[str, Tensor], Tensor | None]:
        """Some steps of the decoder: logits (T, B, V), the new state, the attention (T, B, S)."""
        h, after = self.decoder(self.target_embedding(before), state)  # (T, B, H)
        weights = None
        if self.attention is not None:
            h, weights = self.attention(h, memory, source == self.PAD)  # (T, B, H), (T, B, S)
        return self.out(h), after, weights

    def loss(self, source: Ids, target: Ids) -> Tensor:
        """Nats per symbol of the target (T, B), its end included, what pads it not."""
        right = torch.as_tensor(target)  # (T, B)
        logits = self(torch.as_tensor(source), right)  # (T, B, V)
        return cross_entropy(logits.flatten(0, 1), right.flatten(), ignore_index=self.PAD)

    @torch.no_grad()
    def translate(self, source: Ids, length: int) -> tuple[Ids, Array | None]:
        """Write the likeliest symbol, step after step: ids (T, B), and the attention (T, B, S).

        It stops when every sequence has ended, after ``length`` steps at the latest.
        """
        asked = torch.as_tensor(source)  # (S, B)
        memory, state = self.encoder(self.source_embedding(asked))  # (S, B, H)
        char_ids = torch.full_like(asked[:1], self.PAD)  # (1, B)
        ended = torch.zeros_like(asked[0], dtype=torch.bool)  # (B,)
        written, looks = [], []
        for _ in range(length):
            logits, state, weights = self.decode(char_ids, state, memory, asked)  # (1, B, V)
            char_ids = logits.argmax(2)  # (1, B)
            written.append(char_ids[0])
            if weights is not None:
                looks.append(weights)  # (1, B, S)
            ended |= char_ids[0] == self.END
            if ended.all():
                break
        attention = torch.cat(looks).numpy() if looks else None
        return torch.stack(written).numpy(), attention


class Attention(nn.Module):
    """Each state of the decoder looks at those states of the encoder that resemble it."""

    def __init__(self, hidden_size: int):
        super().__init__()
        self.W_score = nn.Parameter(torch.empty(hidden_size, hidden_size))  # (H, H)
        self.join = Linear(2 * hidden_size, hidden_size)

    def forward(self, h: Tensor, memory: Tensor, hidden: Tensor) -> tuple[Tensor, Tensor]:
        """h (T, B, H), memory (S, B, H), hidden (S, B) -> (T, B, H), weights (T, B, S)."""
        scores = torch.einsum("tbh,sbh->tbs", h @ self.W_score, memory)  # (T, B, S)
        scores = scores.masked_fill(hidden.t(), -math.inf)  # nothing is seen in the padding
        weights = torch.softmax(scores, dim=2)  # (T, B, S)
        seen = torch.einsum("tbs,sbh->tbh", weights, memory)  # (T, B, H)
        return torch.tanh(self.join(torch.cat([h, seen], dim=2))), weights  # (T, B, H)
