"""minGRU, minLSTM, LRU, S6 and RG-LRU in PyTorch, to be trained; and a network of any kind.

The state is carried from window to window as that of an LSTM is, what the convolution still sees
included: truncated backpropagation through time with carried states. Dropout acts on what each
block adds to the stream, and before the logits.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnbook.errors import TrainingError
from rnnbook.language_model import State
from rnnbook.recurrent import ModelConfig, label, untrained_weights
from rnnbook.recurrent.linear import state_sizes
from rnnbook.text import Vocab
from rnnbook.torch_networks.linear_layers import LinearBlock, normed
from rnnbook.torch_networks.products import affine
from rnnbook.torch_networks.rnn import TorchModel, drop
from rnnbook.torch_networks.window import Room


class LinearTorchModel(TorchModel):
    """A network of linear recurrences, for training and for inference: a ``LanguageModel``.

    Its parameters carry the names of :mod:`rnnbook.recurrent.linear`.
    """

    def __init__(
        self,
        vocab: Vocab,
        config: ModelConfig,
        rng: np.random.Generator,
        *,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
        weight_dropout: float = 0.0,
        precision: str = "float32",
    ):
        """Weights are drawn from ``rng`` as :func:`rnnbook.recurrent.untrained_weights` does.

        Raises :class:`TrainingError` for ``weight_dropout``: there is no W_hh.
        """
        nn.Module.__init__(self)
        if weight_dropout:
            raise TrainingError(
                f"a {label(config.kind)} has no recurrent weights to drop; leave weight_dropout "
                "(--weight-dropout) out, or set it to 0"
            )
        self.vocab, self.config = vocab, config
        self.dropout, self.embedding_dropout, self.weight_dropout = dropout, embedding_dropout, 0.0
        self.factors = torch.bfloat16 if precision == "bfloat16" else None
        values = untrained_weights(config, len(vocab), rng)
        parameters = {name: nn.Parameter(torch.from_numpy(v)) for name, v in values.items()}
        self.embedding = parameters.get("embedding")
        self.W_in = parameters["W_in"]
        self.layers = nn.ModuleList(LinearBlock(config) for _ in range(config.num_layers))
        self.norm_y = parameters.get("norm_y")
        self.W_hy, self.b_y = parameters["W_hy"], parameters["b_y"]
        self.load_state_dict({name: value.detach() for name, value in parameters.items()})

    def forward(
        self,
        ids: Tensor,
        state: Mapping[str, Tensor],
        masks: torch.Generator | None = None,
        rooms: Sequence[Room] | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read ids (B, T); logits (B, T, V) and the new state, each entry (L, B, S).

        Dropout acts only where ``masks`` is given, the generator of its masks. ``rooms`` are
        not used: nothing here is computed in place.
        """
        by_time, table = ids.t(), self._stream(masks)  # (T, B), (V, D)
        u = nn.functional.embedding(by_time, table)  # (T, B, D)
        symbols = (table, by_time) if len(table) < by_time.numel() else None

        def dropped(x: Tensor) -> Tensor:
            return drop(x, self.dropout, masks, x.shape[1:])

        new: dict[str, list[Tensor]] = {name: [] for name in state}
        for index, layer in enumerate(self.layers):
            before = {name: value[index] for name, value in state.items()}
            known = symbols if index == 0 else None
            u, after = layer(u, before, dropped, self.factors, known)
            for name, value in after.items():
                new[name].append(value)
        top = dropped(normed(u, self.norm_y, self.config))
        top = top if self.factors is None else top.to(self.factors)
        logits = affine(top, self.W_hy, self.b_y).transpose(0, 1)  # (B, T, V)
        return logits, {name: torch.stack(values) for name, values in new.items()}

    def _stream(self, masks: torch.Generator | None) -> Tensor:
        """What every symbol begins the stream as (V, D)."""
        if self.embedding is None:
            return drop(self.W_in.t(), self.embedding_dropout, masks, (len(self.vocab), 1))
        table = drop(self.embedding, self.embedding_dropout, masks, (len(self.vocab), 1))
        return table @ self.W_in.t()

    def initial_state(self, batch_size: int = 1) -> State:
        """Zeros: ``h`` (L, B, S), and ``conv`` (L, B, (K-1) D) where there is a convolution."""
        return {
            name: self.W_hy.new_zeros((self.config.num_layers, batch_size, size))
            for name, size in state_sizes(self.config).items()
        }

    def stepper(self, state: State | None = None) -> LinearTorchStepper:  # type: ignore[override]
        """A reader of one character after the other, in float64, for the sampler."""
        return LinearTorchStepper(self, self.initial_state() if state is None else state)


class LinearTorchStepper:
    """Reads one character after the other: what ``TorchStepper`` does for the other kinds.

    The weights are copied. Where a device has no float64 (Apple's MPS), float32 takes its place.
    """

    def __init__(self, model: LinearTorchModel, state: State):
        with torch.inference_mode():
            device = model.W_hy.device
            dtype = torch.float32 if device.type == "mps" else torch.float64
            self._model = copy.deepcopy(model).to(dtype)
            self._model.factors = None
            self._state = {
                name: torch.as_tensor(value, dtype=dtype, device=device).clone()
                for name, value in state.items()
            }

    def read(self, ids: Any) -> NDArray[np.float64]:
        """Read an id, or ids (B,); logits (V,) or (B, V) for the next character."""
        with torch.inference_mode():
            given = torch.as_tensor(np.atleast_1d(ids)[:, None], device=self._model.W_hy.device)
            logits, self._state = self._model(given, self._state)
        found: NDArray[np.float64] = logits[:, 0].double().cpu().numpy()
        return found if np.ndim(ids) else found[0]

    def state(self) -> State:
        """A copy of the state as arrays, each entry (L, B, ...)."""
        return {name: value.double().cpu().numpy().copy() for name, value in self._state.items()}


def new_model(
    vocab: Vocab, config: ModelConfig, rng: np.random.Generator, **settings: Any
) -> TorchModel:
    """A network of this configuration, of whichever kind, that was never trained.

    ``settings`` are those of :class:`TorchModel`.
    """
    made = LinearTorchModel if config.is_linear else TorchModel
    return made(vocab, config, rng, **settings)


def from_weights(
    vocab: Vocab, config: ModelConfig, weights: Mapping[str, NDArray[np.floating]]
) -> TorchModel:
    """A network of whichever kind with these weights, for inference or to train further."""
    made = LinearTorchModel if config.is_linear else TorchModel
    return made.from_weights(vocab, config, weights)
