"""A PyTorch network that reads one character after the other, for the sampler.

The equations are those of :mod:`rnnbook.numpy_networks.model`. They are computed in float64,
so that PyTorch's sums, whose order changes with the machine, differ from those of the
other engines by some 1e-15 and no more: see :mod:`rnnbook.sampling`.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from rnnbook.language_model import State
from rnnbook.recurrent import ModelConfig


class TorchStepper:
    """Reads one character after the other; what :class:`rnnbook.numpy_networks.model.Stepper` does.

    The weights are copied, so that later training changes nothing here. Where a device
    has no float64 (Apple's MPS), float32 takes its place.
    """

    def __init__(self, config: ModelConfig, weights: Mapping[str, Tensor], state: State):
        # no decorator here: the reference is made without PyTorch, and reads signatures
        with torch.inference_mode():
            device = weights["W_hy"].device
            dtype = torch.float32 if device.type == "mps" else torch.float64
            double = {name: value.to(dtype, copy=True) for name, value in weights.items()}
            self._config, self._weights = config, double
            table = double["layers.0.W_xh"].t()  # (E, G*H)
            if config.embedding_size:
                table = double["embedding"] @ table
            self._table = table + double["layers.0.b_h"]  # (V, G*H)
            self._state = {
                name: torch.as_tensor(value, dtype=dtype, device=device).clone()
                for name, value in state.items()
            }  # (L, B, H)

    @torch.inference_mode()
    def read(self, ids: Any) -> NDArray[np.float64]:
        """Read an id, or ids (B,); logits (V,) or (B, V) for the next character."""
        new: dict[str, list[Tensor]] = {name: [] for name in self._state}
        weights = self._weights
        x = self._table[torch.as_tensor(ids, device=self._table.device).reshape(-1)]  # (B, G*H)
        for layer in range(self._config.num_layers):
            before = {name: value[layer] for name, value in self._state.items()}
            after = self._layer(layer, x, before)
            for name, value in after.items():
                new[name].append(value)
            if layer + 1 < self._config.num_layers:
                up = f"layers.{layer + 1}."
                x = torch.addmm(weights[f"{up}b_h"], after["h"], weights[f"{up}W_xh"].t())
        self._state = {name: torch.stack(values) for name, values in new.items()}
        logits = torch.addmm(weights["b_y"], after["h"], weights["W_hy"].t())  # (B, V)
        found: NDArray[np.float64] = logits.double().cpu().numpy()
        return found[0] if np.ndim(ids) == 0 else found

    def _layer(self, layer: int, x: Tensor, before: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The state (B, H) each after inputs x (B, G*H)."""
        h, kind = before["h"], self._config.kind
        from_h = h @ self._weights[f"layers.{layer}.W_hh"].t()
        if kind == "rnn":
            return {"h": torch.tanh(x + from_h)}
        if kind == "gru":
            size = h.shape[1]
            r, z = torch.sigmoid(x[:, : 2 * size] + from_h[:, : 2 * size]).chunk(2, dim=1)
            inside = from_h[:, 2 * size :] + self._weights[f"layers.{layer}.b_hn"]
            n = torch.tanh(x[:, 2 * size :] + r * inside)
            return {"h": (1 - z) * n + z * h}
        i, f, g, o = (x + from_h).chunk(4, dim=1)
        c = torch.sigmoid(f) * before["c"] + torch.sigmoid(i) * torch.tanh(g)
        return {"h": torch.sigmoid(o) * torch.tanh(c), "c": c}

    def state(self) -> State:
        """A copy of the state as arrays, each entry (L, B, H)."""
        return {name: value.double().cpu().numpy().copy() for name, value in self._state.items()}
