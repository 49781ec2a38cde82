"""What a block computes number by number, in few passes over memory, with gradients of its own.

Where products take half of a step's time, the rest is bound by memory: what autograd computes in
ten passes over arrays of megabytes is done here in four or five, and step by step where the arrays
of a step stay in the cache. Time comes first: arrays are (T, B, ...).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn.functional import silu

TINY = 1e-6
_STEEPEST = 1000.0  # a square root's slope, where what it is taken of is nearly 0
#: About so many numbers of an array are worked on at once: they stay in a core's cache.
_IN_CACHE = 2**15
#: With fewer numbers than this in a step, and as many steps as that, chunks pay.
FEW, LONG = 4096, 128

_sigmoid_back = torch.ops.aten.sigmoid_backward.grad_input  # d * y (1 - y), where y = σ(..)


class RmsNorm(Function):
    """u (..., D) divided by the root of its mean square, times a gain (D,)."""

    @staticmethod
    def forward(ctx, u: Tensor, gain: Tensor) -> Tensor:
        rate = torch.linalg.vector_norm(u, dim=-1, keepdim=True).square_()
        rate = rate.div_(u.shape[-1]).add_(TINY).rsqrt_()
        ctx.save_for_backward(u, gain, rate)
        return torch.mul(u, rate).mul_(gain)

    @staticmethod
    def backward(ctx, d: Tensor) -> tuple[Tensor, Tensor]:
        u, gain, rate = ctx.saved_tensors
        even = u * rate
        d_u, product = d * gain, torch.mul(d, even)
        d_gain = product.flatten(0, -2).sum(0)
        along = (product @ gain).div_(-u.shape[-1]).unsqueeze_(-1)
        return d_u.addcmul_(even, along).mul_(rate), d_gain


class Gated(Function):
    """y SiLU(gate), for arrays of one shape."""

    @staticmethod
    def forward(ctx, y: Tensor, gate: Tensor) -> Tensor:
        ctx.save_for_backward(y, gate)
        return silu(gate).mul_(y)

    @staticmethod
    def backward(ctx, d: Tensor) -> tuple[Tensor, Tensor]:
        y, gate = ctx.saved_tensors
        d_gate = torch.ops.aten.silu_backward(torch.mul(d, y), gate)
        return silu(gate).mul_(d), d_gate


class Convolution(Function):
    """SiLU of sums over K places in time (K-1+T, B, D) -> (T, B, D), channel by channel."""

    @staticmethod
    def forward(ctx, longer: Tensor, conv: Tensor, bias: Tensor) -> Tensor:
        K, weights = conv.shape[1], conv.t().contiguous()  # (K, D)
        T = len(longer) - K + 1
        sums = torch.empty((T, *longer.shape[1:]), dtype=longer.dtype, device=longer.device)
        for part in _parts(sums):
            torch.addcmul(bias, longer[part], weights[0], out=sums[part])
            for k in range(1, K):
                sums[part].addcmul_(longer[_later(part, k)], weights[k])
        ctx.save_for_backward(longer, weights, sums)
        return silu(sums)

    @staticmethod
    def backward(ctx, d_out: Tensor) -> tuple[Tensor, ...]:
        longer, weights, sums = ctx.saved_tensors
        d_longer, d_conv = torch.zeros_like(longer), torch.zeros_like(weights)
        d_bias = torch.zeros_like(weights[0])
        for part in _parts(sums):
            d_sums = torch.ops.aten.silu_backward(d_out[part], sums[part])
            d_bias += d_sums.sum((0, 1))
            for k, weight in enumerate(weights):
                d_longer[_later(part, k)].addcmul_(d_sums, weight)
                d_conv[k] += torch.mul(d_sums, longer[_later(part, k)]).sum((0, 1))
        return d_longer, d_conv.t(), d_bias


class Blend(Function):
    """h_t = (1 - z_t) h_{t-1} + z_t n_t, where z is the sigmoid of what is given, on a CPU.

    What is given for z, and n, are (T, B, H), h_0 is (B, H). Gives h (T, B, H).
    """

    @staticmethod
    def forward(ctx, given: Tensor, n: Tensor, h_0: Tensor) -> Tensor:
        z, h = torch.empty_like(n), torch.empty((len(n) + 1, *h_0.shape), dtype=n.dtype)
        h[0] = h_0
        for part in _parts(z):
            torch.sigmoid(given[part], out=z[part])
        count, size = _chunks(n)
        if count:
            _blend_chunks(z, n, h, count, size)
        z_t, n_t, h_t = z.unbind(0), n.unbind(0), h.unbind(0)
        for t in range(count * size, len(n)):
            torch.lerp(h_t[t], n_t[t], z_t[t], out=h_t[t + 1])
        ctx.save_for_backward(z, n, h)
        return h[1:]

    @staticmethod
    def backward(ctx, dh: Tensor) -> tuple[Tensor, ...]:
        z, n, h = ctx.saved_tensors
        d, d_z = torch.empty_like(n), torch.empty_like(n)  # of the states, then of n; of z
        after = torch.zeros_like(h[0])  # what the step behind sends back
        count, size = _chunks(n)
        d_t, z_t, dh_t = d.unbind(0), z.unbind(0), dh.unbind(0)
        for t in range(len(n) - 1, count * size - 1, -1):
            torch.add(dh_t[t], after, out=d_t[t])
            torch.addcmul(d_t[t], d_t[t], z_t[t], value=-1, out=after)
        if count:
            after = _back_in_chunks(z, dh, d, after, count, size)
        for part in _parts(z):
            moved = torch.sub(n[part], h[part]).mul_(d[part])
            _sigmoid_back(moved, z[part], grad_input=d_z[part])
            d[part].mul_(z[part])
        return d_z, d, after


def _chunks(array: Tensor) -> tuple[int, int]:
    """How many chunks of how many steps are worth working on side by side; none if few are.

    A step with few numbers takes as long as any call does, so that chunks pay although they take
    three times the arithmetic. What is left behind the last chunk goes step by step.
    """
    T = len(array)
    if T < LONG or array[0].numel() >= FEW:
        return 0, 1
    size = math.isqrt(T)
    return T // size, size


def _blend_chunks(z: Tensor, n: Tensor, h: Tensor, count: int, size: int) -> None:
    """Fill h[1:] from h[0]: within all chunks at once, then from chunk to chunk."""
    kept = torch.empty_like(z[: count * size])  # what is left of a chunk's first state
    whole = [x[: count * size].unflatten(0, (count, size)) for x in (z, n, h[1:], kept)]
    z_t, n_t, h_t, kept_t = (x.unbind(1) for x in whole)  # (count, B, H) each
    torch.mul(z_t[0], n_t[0], out=h_t[0])
    torch.sub(1, z_t[0], out=kept_t[0])
    for t in range(1, size):
        torch.lerp(h_t[t - 1], n_t[t], z_t[t], out=h_t[t])
        torch.addcmul(kept_t[t - 1], kept_t[t - 1], z_t[t], value=-1, out=kept_t[t])
    before = h[0]
    for of_chunk, share in zip(whole[2], whole[3], strict=True):
        before = of_chunk.addcmul_(share, before)[-1]


def _back_in_chunks(
    z: Tensor, dh: Tensor, d: Tensor, after: Tensor, count: int, size: int
) -> Tensor:
    """Fill d, the gradients of the states, from what comes from ``after``; what is sent on."""
    share = torch.empty_like(z[: count * size])  # of what comes back to a chunk's end
    whole = [x[: count * size].unflatten(0, (count, size)) for x in (z, dh, d, share)]
    z_t, dh_t, d_t, share_t = (x.unbind(1) for x in whole)
    d_t[-1].copy_(dh_t[-1])
    share_t[-1].fill_(1)
    for t in range(size - 2, -1, -1):
        torch.addcmul(d_t[t + 1], d_t[t + 1], z_t[t + 1], value=-1, out=d_t[t]).add_(dh_t[t])
        torch.addcmul(share_t[t + 1], share_t[t + 1], z_t[t + 1], value=-1, out=share_t[t])
    for chunk in range(count - 1, -1, -1):
        first = whole[2][chunk].addcmul_(whole[3][chunk], after)[0]
        after = torch.addcmul(first, first, whole[0][chunk, 0], value=-1)
    return after


class Root(Function):
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


def _parts(array: Tensor) -> list[slice]:
    """Slices of time (T, ...) of which each has about as many numbers as stay in the cache."""
    T = len(array)
    size = max(1, _IN_CACHE // max(1, array[0].numel())) if T else 1
    return [slice(start, min(start + size, T)) for start in range(0, T, size)]


def _later(part: slice, k: int) -> slice:
    return slice(part.start + k, part.stop + k)
