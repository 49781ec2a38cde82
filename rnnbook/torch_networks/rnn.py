"""RNN, GRU and LSTM in PyTorch: any number of layers, dropout, embedding or one-hot.

Dropout draws its masks from a generator that the caller passes, so that nothing
depends on, or disturbs, PyTorch's global random state.

Taught in the chapters *Long memory* and *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnbook.language_model import State
from rnnbook.recurrent import GATES, ModelConfig
from rnnbook.text import Ids, Vocab
from rnnbook.torch_networks.products import linear
from rnnbook.torch_networks.recurrence import is_for_library, recur, recur_by_library
from rnnbook.torch_networks.stepper import TorchStepper
from rnnbook.torch_networks.window import Room


class RecurrentLayer(nn.Module):
    """One layer, with the weights of :mod:`rnnbook.recurrent`: W_xh, W_hh, b_h (and b_hn).

    PyTorch's ``nn.LSTM`` keeps two biases a block, where one says all; its first,
    ``bias_ih``, is this ``b_h``, and its second is zero.
    """

    def __init__(self, kind: str, input_size: int, hidden_size: int):
        super().__init__()
        rows = len(GATES[kind]) * hidden_size
        self.kind, self.hidden_size = kind, hidden_size
        self.W_xh = nn.Parameter(torch.empty(rows, input_size))
        self.W_hh = nn.Parameter(torch.empty(rows, hidden_size))
        self.b_h = nn.Parameter(torch.empty(rows))
        self.b_hn = nn.Parameter(torch.empty(hidden_size)) if kind == "gru" else None

    def forward(
        self,
        x: Tensor,
        state: Mapping[str, Tensor] | None = None,
        *,
        ids: Tensor | None = None,
        W_hh: Tensor | None = None,
        factors: torch.dtype | None = None,
        room: Room | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read x (T, B, E); the hidden states (T, B, H), and the last state, (B, H) each.

        Where ``ids`` (T, B) are given, ``x`` is a table (V, E) that they choose
        rows of, and the loops of this package take the product with ``W_xh`` once a symbol, not
        once a character. ``W_hh`` stands in for the layer's own, as weight dropout needs.
        ``factors`` and ``room`` are those of :func:`~rnnbook.torch_networks.recurrence.recur`.
        """
        W_hh = self.W_hh if W_hh is None else W_hh
        if state is None:
            state = self.initial_state(x.shape[1] if ids is None else ids.shape[1])
        if is_for_library(self.kind, x.shape[-1], W_hh, factors):
            x = x if ids is None else x[ids]
            weights = {**dict(self.named_parameters()), "W_hh": W_hh}
            return recur_by_library(self.kind, x, weights, state)
        inputs = linear(x, self.W_xh, self.b_h)  # (T, B, G*H), or a table (V, G*H)
        return recur(self.kind, inputs, W_hh, state, self.b_hn, ids=ids, factors=factors, room=room)

    def initial_state(self, batch_size: int) -> dict[str, Tensor]:
        """Zeros, (B, H) each: ``h``, and ``c`` too for the LSTM."""
        names = ("h", "c") if self.kind == "lstm" else ("h",)
        return {name: self.W_hh.new_zeros(batch_size, self.hidden_size) for name in names}


class TorchModel(nn.Module):
    """A recurrent network for training and for inference. Implements ``LanguageModel``.

    Its parameters carry the names of :mod:`rnnbook.recurrent`.
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
        """Weights are drawn from ``rng``; an LSTM's forget gates start with bias 1.

        ``dropout`` acts between the layers and before the logits, with one mask
        for a whole window (Gal and Ghahramani, 2016, arXiv 1512.05287);
        ``embedding_dropout`` on whole symbols, and ``weight_dropout`` on the
        entries of every ``W_hh`` (Merity et al., 2018, arXiv 1708.02182). With the
        ``precision`` bfloat16, a CPU rounds the factors of products, and nothing else.
        """
        super().__init__()
        self.vocab, self.config = vocab, config
        self.dropout, self.embedding_dropout = dropout, embedding_dropout
        self.weight_dropout = weight_dropout
        self.factors = torch.bfloat16 if precision == "bfloat16" else None
        size, hidden = len(vocab), config.hidden_size
        inputs = config.embedding_size or size
        self.embedding = nn.Parameter(torch.empty(size, inputs)) if config.embedding_size else None
        self.layers = nn.ModuleList(
            RecurrentLayer(config.kind, inputs if layer == 0 else hidden, hidden)
            for layer in range(config.num_layers)
        )
        self.W_hy = nn.Parameter(torch.empty(size, hidden))
        self.b_y = nn.Parameter(torch.empty(size))
        self._init_weights(rng)

    def _init_weights(self, rng: np.random.Generator) -> None:
        bound, hidden = self.config.hidden_size**-0.5, self.config.hidden_size
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                shape = tuple(parameter.shape)
                if name == "embedding":
                    values = rng.standard_normal(shape)
                else:
                    values = rng.uniform(-bound, bound, shape)
                parameter.copy_(torch.from_numpy(values))
                if self.config.kind == "lstm" and name.endswith("b_h"):
                    parameter[hidden : 2 * hidden] = 1.0  # block f

    def forward(
        self,
        ids: Tensor,
        state: Mapping[str, Tensor],
        masks: torch.Generator | None = None,
        rooms: Sequence[Room] | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read ids (B, T); logits (B, T, V) and the new state, each entry (L, B, H).

        Dropout acts only where ``masks`` is given, the generator of its masks. ``rooms``,
        one a layer, make training faster: see :class:`~rnnbook.torch_networks.window.Room`.
        """
        by_time = ids.t()  # (T, B)
        h, new = self._table(masks), []
        for index, layer in enumerate(self.layers):
            before = {name: value[index] for name, value in state.items()}
            assert isinstance(layer, RecurrentLayer)
            W_hh = drop(layer.W_hh, self.weight_dropout, masks, layer.W_hh.shape)
            of_layer = {"factors": self.factors, "room": rooms[index] if rooms else None}
            h, after = layer(h, before, ids=by_time if index == 0 else None, W_hh=W_hh, **of_layer)
            new.append(after)
            h = drop(h, self.dropout, masks, h.shape[1:])  # (T, B, H)
        logits = linear(h, self.W_hy, self.b_y).transpose(0, 1)  # (B, T, V)
        return logits, {name: torch.stack([after[name] for after in new]) for name in state}

    def _table(self, masks: torch.Generator | None) -> Tensor:
        """What every symbol is to the first layer (V, E): its embedding, or one-hot."""
        size = len(self.vocab)
        if not isinstance(self.embedding, Tensor):
            return torch.eye(size, dtype=self.W_hy.dtype, device=self.W_hy.device)
        return drop(self.embedding, self.embedding_dropout, masks, (size, 1))

    def initial_state(self, batch_size: int = 1) -> State:
        """Zeros: ``{"h": (L, B, H)}``, and ``"c"`` too for the LSTM."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        names = ("h", "c") if self.config.kind == "lstm" else ("h",)
        return {name: self.W_hy.new_zeros(shape) for name in names}

    def read(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Ids (B, T) as an array -> logits (B, T, V) as an array, without gradients.

        ``state`` may hold arrays, too, and of any precision.
        """
        device, dtype = self.W_hy.device, self.W_hy.dtype
        with torch.inference_mode():
            given = {
                name: torch.as_tensor(value, dtype=dtype, device=device)
                for name, value in state.items()
            }
            logits, state = self(torch.as_tensor(np.ascontiguousarray(ids), device=device), given)
        return logits.float().cpu().numpy(), state

    def step(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Read ids (B,) as an array; logits (B, V) as an array, and the new state."""
        logits, state = self.read(np.asarray(ids)[:, None], state)
        return logits[:, 0], state

    def stepper(self, state: State | None = None) -> TorchStepper:
        """A reader of one character after the other, in float64, for the sampler."""
        weights = {name: value.detach() for name, value in self.named_parameters()}
        state = self.initial_state() if state is None else state
        return TorchStepper(self.config, weights, state)

    def to_weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights as arrays, under the names of :mod:`rnnbook.recurrent`."""
        return to_arrays(self.state_dict())

    @classmethod
    def from_weights(
        cls, vocab: Vocab, config: ModelConfig, weights: Mapping[str, NDArray[np.floating]]
    ) -> TorchModel:
        """A network with these weights, for inference or to train further."""
        model = cls(vocab, config, np.random.default_rng(0))
        arrays = {name: torch.from_numpy(np.array(value)) for name, value in weights.items()}
        model.load_state_dict(arrays)
        return model


def drop(x: Tensor, share: float, masks: torch.Generator | None, shape) -> Tensor:
    """Zero a ``share`` of x, by a mask of this shape, and scale up the rest: the mean stays."""
    if masks is None or share == 0:
        return x
    kept = torch.rand(shape, generator=masks) >= share
    return x * (kept.to(x.device, x.dtype) / (1 - share))


def to_arrays(parameters: Mapping[str, Tensor]) -> dict[str, NDArray[np.float32]]:
    """Parameters as float32 arrays of their own, by the same names."""
    return {
        name: np.array(value.detach().float().cpu().numpy()) for name, value in parameters.items()
    }
