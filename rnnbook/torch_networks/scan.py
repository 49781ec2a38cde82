"""h_t = a_t h_{t-1} + b_t over a whole window in PyTorch, forward and backward.

Back through time the gradients follow the same recurrence, from the end: d_t = dh_t + a_{t+1}
d_{t+1}, with b's gradient d_t and a's d_t h_{t-1} (of a complex one the conjugates). So forward and
backward are a scan each. On a CPU, where a vector operation on a few thousand numbers takes hardly
longer than one on a single number, a scan goes step by step while a step has that many, and in
chunks side by side where the batch is small and the window long. Other devices take the scan of
log2 T rounds.

Time comes first here: arrays are (T, B, ...).
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

from rnnbook.torch_networks import passes


def scan(a: Tensor, b: Tensor, h_0: Tensor) -> Tensor:
    """States (T, B, ...) of factors and inputs (T, B, ...) and of the state before, (B, ...)."""
    states: Tensor = _Scan.apply(a, b, h_0)
    return states


class _Scan(Function):
    """The states, and the gradients of a, b and h_0 by a scan from the end."""

    @staticmethod
    def forward(ctx, a: Tensor, b: Tensor, h_0: Tensor) -> Tensor:
        h = torch.empty((len(b) + 1, *b.shape[1:]), dtype=b.dtype, device=b.device)
        h[0] = h_0
        _states(a, b, h)
        ctx.save_for_backward(a, h)
        return h[1:]

    @staticmethod
    def backward(ctx, dh: Tensor) -> tuple[Tensor | None, ...]:
        a, h = ctx.saved_tensors
        a = a.conj().resolve_conj() if a.is_complex() else a
        d = torch.empty((len(dh) + 1, *dh.shape[1:]), dtype=dh.dtype, device=dh.device)
        d[-1] = 0  # nothing comes from behind the window
        _states_from_the_end(a, dh, d)
        d_b, before = d[:-1], h[:-1]
        if not ctx.needs_input_grad[0]:
            return None, d_b, a[0] * d_b[0]
        if a.is_complex():
            before = before.conj()
        return d_b * before, d_b, a[0] * d_b[0]


def _states(a: Tensor, b: Tensor, h: Tensor) -> None:
    """Fill h[1:] (T+1, B, ...) from h[0]."""
    T = len(b)
    if h.device.type != "cpu":
        h[1:] = _by_doubling(a, b, h[0])
    elif T < passes.LONG or h[0].numel() >= passes.FEW:
        steps = h.unbind(0)
        for t, (a_t, b_t) in enumerate(zip(a.unbind(0), b.unbind(0), strict=True)):
            torch.addcmul(b_t, a_t, steps[t], out=steps[t + 1])
    else:
        _in_chunks(a, b, h)


def _states_from_the_end(a: Tensor, dh: Tensor, d: Tensor) -> None:
    """Fill d[:-1] (T+1, B, ...) with d_t = dh_t + a_{t+1} d_{t+1}; what is behind d is zero."""
    T = len(dh)
    if d.device.type == "cpu" and (T < passes.LONG or d[0].numel() >= passes.FEW):
        steps, factors, given = d.unbind(0), a.unbind(0), dh.unbind(0)
        steps[T - 1].copy_(given[T - 1])
        for t in range(T - 2, -1, -1):
            torch.addcmul(given[t], factors[t + 1], steps[t + 1], out=steps[t])
        return
    after = torch.cat([a[1:], torch.zeros_like(a[:1])]).flip(0)
    turned = torch.zeros_like(d)
    _states(after, dh.flip(0), turned)
    d[:-1] = turned[1:].flip(0)


def _in_chunks(a: Tensor, b: Tensor, h: Tensor) -> None:
    """Chunks of about sqrt(T) steps side by side; the last one may be shorter, and comes after."""
    T = len(b)
    size = max(1, int((T // 2) ** 0.5))
    count = T // size
    a_chunks, b_chunks, h_chunks = (
        x[: count * size].unflatten(0, (count, size)) for x in (a, b, h[1:])
    )  # (count, size, B, ...)
    product = torch.empty(h_chunks.shape, dtype=h.dtype)  # of a chunk's factors up to each step
    h_chunks[:, 0], product[:, 0] = b_chunks[:, 0], a_chunks[:, 0]
    a_t, b_t, h_t, p_t = (x.unbind(1) for x in (a_chunks, b_chunks, h_chunks, product))
    for t in range(1, size):
        torch.addcmul(b_t[t], a_t[t], h_t[t - 1], out=h_t[t])
        torch.mul(a_t[t], p_t[t - 1], out=p_t[t])
    before = h[0]
    for chunk in range(count):
        h_chunks[chunk].addcmul_(product[chunk], before)
        before = h_chunks[chunk, -1]
    for t in range(count * size, T):
        torch.addcmul(b[t], a[t], h[t], out=h[t + 1])


def _by_doubling(a: Tensor, b: Tensor, h_0: Tensor) -> Tensor:
    """The scan of Hillis and Steele: log2 T rounds, whole arrays at once."""
    first = torch.addcmul(b[:1], a[:1], h_0.unsqueeze(0))
    h, distance = torch.cat([first, b[1:]]), 1
    while distance < len(h):
        later = torch.addcmul(h[distance:], a[distance:], h[:-distance])
        h = torch.cat([h[:distance], later])
        a = torch.cat([a[:distance], a[distance:] * a[:-distance]])
        distance *= 2
    return h
