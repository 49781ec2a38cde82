"""The blocks of a linear recurrent network in PyTorch: norm, convolution, recurrence, gate.

The equations are those of :mod:`rnnbook.numpy_networks.linear_cells`; weights and states are
described in :mod:`rnnbook.recurrent.linear`. Time comes first here: arrays are (T, B, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import embedding, silu, softplus

from rnnbook.recurrent import ModelConfig
from rnnbook.recurrent.linear import layer_shapes, rows
from rnnbook.torch_networks.passes import TINY, Blend, Convolution, Gated, RmsNorm, Root
from rnnbook.torch_networks.products import affine
from rnnbook.torch_networks.scan import scan
from rnnbook.torch_networks.selective import selective, selective_by_scan

Weights = Mapping[str, Tensor]
Drop = Callable[[Tensor], Tensor]


class LinearBlock(nn.Module):
    """One block, with a layer's weights of :mod:`rnnbook.recurrent.linear`."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        for name, shape in layer_shapes(config).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    def forward(
        self,
        u: Tensor,
        state: Mapping[str, Tensor],
        drop: Drop,
        factors: torch.dtype | None = None,
        symbols: tuple[Tensor, Tensor] | None = None,
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read the stream u (T, B, D) from a state of (B, S) each: the stream after, the state.

        ``drop`` is done to what the block adds to the stream. Products multiply numbers of the
        type ``factors``, if one is given; all else is computed in that of the weights. Where u is
        made of rows of a table (V, D), chosen by ids (T, B), these two are given as ``symbols``:
        what does not depend on the place in the text is then computed once a symbol.
        """
        w = dict(self.named_parameters())
        table, ids = (u, None) if symbols is None else symbols

        def at_places(values: Tensor) -> Tensor:
            return values if ids is None else embedding(ids, values)

        v = normed(table, w.get("norm"), self.config)
        x, after = at_places(v), {}
        if "conv" in w:
            x, after["conv"] = _convolve(w, x, state["conv"])

        def product(x: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
            return affine(x if factors is None else x.to(factors), W, b)

        x = x if factors is None else x.to(factors)
        parts = zip(*(w[name].split(rows(self.config)) for name in ("W_xh", "b_h")), strict=True)
        blocks = [product(x, W, b) for W, b in parts]  # apart, so that each lies in one piece
        y, after["h"] = self.recurrence(w, *blocks, h_0=state["h"])
        if "W_gate" in w:
            gate = product(v, w["W_gate"], w["b_gate"])
            gate = torch.cat([gate, gate], dim=-1) if self.config.kind == "lru" else gate
            y = Gated.apply(y, gate) if ids is None else y * at_places(silu(gate))
        u = u + drop(product(y, w["W_out"]))
        if "W_up" in w:
            inner = normed(u, w.get("norm_mlp"), self.config)
            wide = silu(product(inner, w["W_up"], w["b_up"]))
            u = u + drop(product(wide, w["W_down"]))
        return u, after

    def recurrence(self, w: Weights, *blocks: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
        """What the recurrence of the kind gives (T, B, ...) for the blocks of W_xh, and its state
        (B, S) at the end, from h_0 (B, S) on."""
        found: tuple[Tensor, Tensor] = _CELLS[self.config.kind](w, *blocks, h_0)
        return found


def normed(u: Tensor, gain: Tensor | None, config: ModelConfig) -> Tensor:
    """u (..., D) with mean square 1, and mean 0 if the norm is layer's, times the gain."""
    if gain is None:
        return u
    if config.norm == "layer":
        return torch.nn.functional.layer_norm(u, gain.shape, gain, None, TINY)
    even: Tensor = RmsNorm.apply(u, gain)
    return even


def _convolve(w: Weights, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """SiLU of a causal convolution over x (T, B, D); ``seen`` (B, (K-1) D) was read before."""
    (_, B, D), K = x.shape, w["conv"].shape[1]
    longer = torch.cat([seen.view(B, K - 1, D).transpose(0, 1), x])  # (K-1+T, B, D)
    after = longer[len(x) :].transpose(0, 1).reshape(B, -1)
    return Convolution.apply(longer, w["conv"], w["b_conv"]), after


def _mingru(w: Weights, z: Tensor, n: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    if z.device.type == "cpu":
        h = Blend.apply(z, n, h_0)
    else:
        h = scan(torch.sigmoid(-z), torch.sigmoid(z) * n, h_0)
    return h, h[-1]


def _minlstm(w: Weights, f: Tensor, i: Tensor, n: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    return _mingru(w, softplus(-f) - softplus(-i), n, h_0)  # i/(f+i) is the sigmoid of ln i - ln f


def _lru(w: Weights, re: Tensor, im: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    a = torch.polar(torch.exp(-torch.exp(w["nu"])), torch.exp(w["theta"]))  # (H,)
    size = torch.exp(w["gamma"])
    before = torch.complex(*h_0.chunk(2, dim=-1))
    h = scan(a.expand(re.shape), torch.complex(size * re, size * im), before)
    parts = torch.cat([h.real, h.imag], dim=-1)  # (T, B, 2H)
    return parts, parts[-1]


def _s6(
    w: Weights, n: Tensor, low: Tensor, B: Tensor, C: Tensor, h_0: Tensor
) -> tuple[Tensor, Tensor]:
    dt = softplus(affine(low, w["W_dt"], w["b_dt"]))  # (T, B, H)
    A, before = -torch.exp(w["A_log"]), h_0.unflatten(1, w["A_log"].shape)
    way = selective if n.device.type == "cpu" else selective_by_scan
    y, last = way(dt, n, B, C, A, before)
    return y + w["D"] * n, last.flatten(1)


def _rglru(w: Weights, r: Tensor, i: Tensor, x: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    log_a = -8 * softplus(-w["Lambda"]) * torch.sigmoid(r)
    rest = Root.apply(-torch.expm1(2 * log_a))
    h = scan(torch.exp(log_a), rest * torch.sigmoid(i) * x, h_0)
    return h, h[-1]


_CELLS: dict[str, Callable[..., Any]] = {
    "mingru": _mingru,
    "minlstm": _minlstm,
    "lru": _lru,
    "s6": _s6,
    "rglru": _rglru,
}
