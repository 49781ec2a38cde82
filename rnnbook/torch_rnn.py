"""RNN, GRU and LSTM in PyTorch: any number of layers, dropout, embedding or one-hot.

``torch_rnn`` and ``torch_training`` are the only modules that import torch.

Dropout draws its masks from a generator that the caller passes, so that nothing
depends on, or disturbs, PyTorch's global random state.

Taught in the chapter *The LSTM in PyTorch*.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from rnnbook.language_model import State
from rnnbook.recurrent import GATES, ModelConfig
from rnnbook.text import Ids, Vocab

_LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


class TorchModel(nn.Module):
    """A recurrent network for training and for inference. Implements ``LanguageModel``.

    PyTorch keeps two biases a layer, ``bias_ih`` and ``bias_hh``; the book's ``b_h``
    is their sum (see :meth:`to_weights`).
    """

    def __init__(
        self,
        vocab: Vocab,
        config: ModelConfig,
        rng: np.random.Generator,
        *,
        dropout: float = 0.0,
        embedding_dropout: float = 0.0,
    ):
        """Weights are drawn from ``rng``; an LSTM's forget gates start with bias 1.

        ``dropout`` acts between the layers and before the logits,
        ``embedding_dropout`` on the embedded input.
        """
        super().__init__()
        self.vocab, self.config = vocab, config
        self.dropout, self.embedding_dropout = dropout, embedding_dropout
        size, hidden = len(vocab), config.hidden_size
        inputs = config.embedding_size or size
        self.embedding = nn.Embedding(size, inputs) if config.embedding_size else None
        self.layers = nn.ModuleList(
            _LAYERS[config.kind](inputs if layer == 0 else hidden, hidden, batch_first=True)
            for layer in range(config.num_layers)
        )
        self.output = nn.Linear(hidden, size)
        self._init_weights(rng)

    def _init_weights(self, rng: np.random.Generator) -> None:
        bound, hidden = self.config.hidden_size**-0.5, self.config.hidden_size
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                shape = tuple(parameter.shape)
                if name.startswith("embedding"):
                    values = rng.standard_normal(shape)
                else:
                    values = rng.uniform(-bound, bound, shape)
                parameter.copy_(torch.from_numpy(values))
                if self.config.kind == "lstm" and "bias" in name and name.startswith("layers"):
                    parameter[hidden : 2 * hidden] = 1.0 if "bias_ih" in name else 0.0  # f

    def forward(
        self, ids: Tensor, state: Mapping[str, Tensor], masks: torch.Generator | None = None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read ids (B, T); logits (B, T, V) and the new state, each entry (L, B, H).

        Dropout acts only where ``masks`` is given, the generator of its masks.
        """
        if self.embedding is None:
            x = nn.functional.one_hot(ids, len(self.vocab)).to(self.output.weight.dtype)
        else:
            x = _drop(self.embedding(ids), self.embedding_dropout, masks)  # (B, T, E)
        new: dict[str, list[Tensor]] = {name: [] for name in state}
        for index, layer in enumerate(self.layers):
            before = tuple(value[index : index + 1].contiguous() for value in state.values())
            x, after = layer(x, before if self.config.kind == "lstm" else before[0])
            after = after if isinstance(after, tuple) else (after,)
            for name, value in zip(new, after, strict=True):
                new[name].append(value)
            x = _drop(x, self.dropout, masks)  # (B, T, H)
        return self.output(x), {name: torch.cat(values) for name, values in new.items()}

    def initial_state(self, batch_size: int = 1) -> State:
        """Zeros: ``{"h": (L, B, H)}``, and ``"c"`` too for the LSTM."""
        shape = (self.config.num_layers, batch_size, self.config.hidden_size)
        names = ("h", "c") if self.config.kind == "lstm" else ("h",)
        return {name: self.output.weight.new_zeros(shape) for name in names}

    def read(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Ids (B, T) as an array -> logits (B, T, V) as an array, without gradients."""
        with torch.inference_mode():
            device = self.output.weight.device
            logits, state = self(torch.as_tensor(np.ascontiguousarray(ids), device=device), state)
        return logits.float().cpu().numpy(), state

    def step(self, ids: Ids, state: State) -> tuple[NDArray[np.floating], State]:
        """Read ids (B,) as an array; logits (B, V) as an array, and the new state."""
        logits, state = self.read(np.asarray(ids)[:, None], state)
        return logits[:, 0], state

    def to_weights(self) -> dict[str, NDArray[np.float32]]:
        """The weights as arrays, under the names of :mod:`rnnbook.recurrent`."""
        return export_weights(self.config, self.state_dict())

    @classmethod
    def from_weights(
        cls, vocab: Vocab, config: ModelConfig, weights: Mapping[str, NDArray[np.floating]]
    ) -> TorchModel:
        """A network with these weights, for inference or to train further."""
        model = cls(vocab, config, np.random.default_rng(0))
        with torch.no_grad():
            for name, value in _torch_names(config, weights).items():
                model.get_parameter(name).copy_(torch.from_numpy(np.array(value)))
        return model


def _drop(x: Tensor, share: float, masks: torch.Generator | None) -> Tensor:
    """Zero a ``share`` of x and scale up the rest, so that its mean stays."""
    if masks is None or share == 0:
        return x
    kept = torch.rand(x.shape, generator=masks) >= share
    return x * (kept.to(x.device, x.dtype) / (1 - share))


def export_weights(
    config: ModelConfig, parameters: Mapping[str, Tensor]
) -> dict[str, NDArray[np.float32]]:
    """PyTorch's parameters as arrays under the book's names; the two biases summed."""
    arrays = {name: value.detach().float().cpu().numpy() for name, value in parameters.items()}
    weights = {}
    if config.embedding_size:
        weights["embedding"] = arrays["embedding.weight"]
    for layer in range(config.num_layers):
        theirs, ours = f"layers.{layer}.", f"layers.{layer}."
        weights[ours + "W_xh"] = arrays[theirs + "weight_ih_l0"]
        weights[ours + "W_hh"] = arrays[theirs + "weight_hh_l0"]
        b_h, b_hh = arrays[theirs + "bias_ih_l0"], arrays[theirs + "bias_hh_l0"].copy()
        if config.kind == "gru":  # the last block's bias stays inside the reset gate
            weights[ours + "b_hn"] = b_hh[2 * config.hidden_size :].copy()
            b_hh[2 * config.hidden_size :] = 0
        weights[ours + "b_h"] = b_h + b_hh
    weights["W_hy"], weights["b_y"] = arrays["output.weight"], arrays["output.bias"]
    return {name: np.array(value) for name, value in weights.items()}


def _torch_names(
    config: ModelConfig, weights: Mapping[str, NDArray[np.floating]]
) -> dict[str, NDArray[np.floating]]:
    named = {"output.weight": weights["W_hy"], "output.bias": weights["b_y"]}
    if config.embedding_size:
        named["embedding.weight"] = weights["embedding"]
    for layer in range(config.num_layers):
        prefix = f"layers.{layer}."
        named[prefix + "weight_ih_l0"] = weights[prefix + "W_xh"]
        named[prefix + "weight_hh_l0"] = weights[prefix + "W_hh"]
        named[prefix + "bias_ih_l0"] = weights[prefix + "b_h"]
        b_hh = np.zeros(len(GATES[config.kind]) * config.hidden_size, dtype=np.float32)
        if config.kind == "gru":
            b_hh[2 * config.hidden_size :] = weights[prefix + "b_hn"]
        named[prefix + "bias_hh_l0"] = b_hh
    return named
