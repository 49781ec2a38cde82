"""The blocks of a linear recurrent network in PyTorch: norm, convolution, recurrence, gate.

The equations are those of :mod:`rnnbook.numpy_networks.linear_cells`; weights and states are
described in :mod:`rnnbook.recurrent.linear`. Time comes first here: arrays are (T, B, ...).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn.functional import silu, softplus

from rnnbook.recurrent import ModelConfig
from rnnbook.recurrent.linear import layer_shapes, rows
from rnnbook.torch_networks.products import linear
from rnnbook.torch_networks.scan import scan

Weights = Mapping[str, Tensor]
Drop = Callable[[Tensor], Tensor]

_TINY = 1e-6
_STEEPEST = 1000.0  # a square root's slope, where what it is taken of is nearly 0


class LinearBlock(nn.Module):
    """One block, with a layer's weights of :mod:`rnnbook.recurrent.linear`."""

    def __init__(self, config: ModelConfig):
        super().__init__()
        self.config = config
        for name, shape in layer_shapes(config).items():
            self.register_parameter(name, nn.Parameter(torch.empty(shape)))

    def forward(
        self, u: Tensor, state: Mapping[str, Tensor], drop: Drop, factors: torch.dtype | None
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """Read the stream u (T, B, D) from a state of (B, S) each: the stream after, the state.

        ``drop`` is done to what the block adds to the stream. Products multiply numbers of the
        type ``factors``, if one is given; all else is computed in that of the weights.
        """
        w = dict(self.named_parameters())
        v, after = normed(u, w.get("norm"), self.config), {}
        x = v
        if "conv" in w:
            x, after["conv"] = _convolve(w, v, state["conv"])

        def product(x: Tensor, name: str, bias: str | None) -> Tensor:
            b = w[bias] if bias else x.new_zeros(len(w[name]), dtype=w[name].dtype)
            return linear(x if factors is None else x.to(factors), w[name], b)

        blocks = product(x, "W_xh", "b_h").split(rows(self.config), dim=-1)
        y, after["h"] = _CELLS[self.config.kind](w, *blocks, state["h"])
        if "W_gate" in w:
            gate = silu(product(v, "W_gate", "b_gate"))
            y = y * (torch.cat([gate, gate], dim=-1) if self.config.kind == "lru" else gate)
        u = u + drop(product(y, "W_out", None))
        if "W_up" in w:
            wide = silu(product(normed(u, w.get("norm_mlp"), self.config), "W_up", "b_up"))
            u = u + drop(product(wide, "W_down", None))
        return u, after


def normed(u: Tensor, gain: Tensor | None, config: ModelConfig) -> Tensor:
    """u (..., D) with mean square 1, and mean 0 if the norm is layer's, times the gain."""
    if gain is None:
        return u
    if config.norm == "layer":
        return torch.nn.functional.layer_norm(u, gain.shape, gain, None, _TINY)
    return u * torch.rsqrt(u.square().mean(dim=-1, keepdim=True) + _TINY) * gain


def _convolve(w: Weights, x: Tensor, seen: Tensor) -> tuple[Tensor, Tensor]:
    """SiLU of a causal convolution over x (T, B, D); ``seen`` (B, (K-1) D) was read before."""
    (_, B, D), K = x.shape, w["conv"].shape[1]
    longer = torch.cat([seen.view(B, K - 1, D).transpose(0, 1), x])  # (K-1+T, B, D)
    after = longer[len(x) :].transpose(0, 1).reshape(B, -1)
    return _Convolution.apply(longer, w["conv"], w["b_conv"]), after


class _Convolution(Function):
    """SiLU of sums over K places in time (K-1+T, B, D) -> (T, B, D), channel by channel."""

    @staticmethod
    def forward(ctx, longer: Tensor, conv: Tensor, bias: Tensor) -> Tensor:
        K, weights = conv.shape[1], conv.t().contiguous()  # (K, D)
        T = len(longer) - K + 1
        sums = torch.addcmul(bias, longer[:T], weights[0])
        for k in range(1, K):
            sums.addcmul_(longer[k : k + T], weights[k])
        ctx.save_for_backward(longer, weights, sums)
        return silu(sums)

    @staticmethod
    def backward(ctx, d_out: Tensor) -> tuple[Tensor, ...]:
        longer, weights, sums = ctx.saved_tensors
        K, T = len(weights), len(sums)
        d_sums = torch.ops.aten.silu_backward(d_out, sums)  # (T, B, D)
        d_longer = torch.zeros_like(longer)
        d_conv, product = torch.empty_like(weights), torch.empty_like(d_sums)
        for k in range(K):
            d_longer[k : k + T].addcmul_(d_sums, weights[k])
            d_conv[k] = torch.mul(d_sums, longer[k : k + T], out=product).sum((0, 1))
        return d_longer, d_conv.t(), d_sums.sum((0, 1))


def _mingru(w: Weights, z: Tensor, n: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    h = scan(torch.sigmoid(-z), torch.sigmoid(z) * n, h_0)
    return h, h[-1]


def _minlstm(w: Weights, f: Tensor, i: Tensor, n: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    log_ratio = softplus(-i) - softplus(-f)
    h = scan(torch.sigmoid(log_ratio), torch.sigmoid(-log_ratio) * n, h_0)
    return h, h[-1]


def _lru(w: Weights, re: Tensor, im: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    a = torch.polar(torch.exp(-torch.exp(w["nu"])), torch.exp(w["theta"]))  # (H,)
    size = torch.exp(w["gamma"])
    before = torch.complex(*h_0.chunk(2, dim=-1))
    h = scan(a.expand(re.shape), torch.complex(size * re, size * im), before)
    parts = torch.cat([h.real, h.imag], dim=-1)  # (T, B, 2H)
    return parts, parts[-1]


def _s6(
    w: Weights, v: Tensor, low: Tensor, B: Tensor, C: Tensor, h_0: Tensor
) -> tuple[Tensor, Tensor]:
    dt = softplus(torch.nn.functional.linear(low, w["W_dt"], w["b_dt"]))  # (T, B, H)
    a = torch.exp(dt.unsqueeze(-1) * -torch.exp(w["A_log"]))  # (T, B, H, N)
    b = (dt * v).unsqueeze(-1) * B.unsqueeze(-2)
    h = scan(a, b, h_0.view(a.shape[1:]))
    y = (h @ C.unsqueeze(-1)).squeeze(-1) + w["D"] * v  # (T, B, H)
    return y, h[-1].flatten(1)


def _rglru(w: Weights, r: Tensor, i: Tensor, x: Tensor, h_0: Tensor) -> tuple[Tensor, Tensor]:
    log_a = -8 * softplus(-w["Lambda"]) * torch.sigmoid(r)
    rest = _Root.apply(-torch.expm1(2 * log_a))
    h = scan(torch.exp(log_a), rest * torch.sigmoid(i) * x, h_0)
    return h, h[-1]


class _Root(Function):
    """A square root whose slope is at most 1,000: of 0 it would be infinite."""

    @staticmethod
    def forward(ctx, x: Tensor) -> Tensor:
        root = x.sqrt()
        ctx.save_for_backward(root)
        return root

    @staticmethod
    def backward(ctx, d: Tensor) -> Tensor:
        (root,) = ctx.saved_tensors
        return d * (0.5 / root).clamp_(max=_STEEPEST)


_CELLS: dict[str, Callable[..., Any]] = {
    "mingru": _mingru,
    "minlstm": _minlstm,
    "lru": _lru,
    "s6": _s6,
    "rglru": _rglru,
}
