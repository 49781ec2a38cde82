"""The recurrence of a selective state space over a window, on a CPU, with gradients of its own.

N numbers a channel make this N times as much to compute and to keep as in the other kinds. So a
step's factors are made, used and left in the cache, with the N numbers outermost: then every
operation runs along the H channels, which lie in one piece.

Source: Gu and Dao (2023), arXiv 2312.00752; the equations are those of
:func:`rnnbook.numpy_networks.linear_cells.s6`.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

from rnnbook.torch_networks.scan import scan


def selective(
    dt: Tensor, n: Tensor, B: Tensor, C: Tensor, A: Tensor, h_0: Tensor
) -> tuple[Tensor, Tensor]:
    """h = exp(dt A) h' + dt B n and y = C h: y (T, B, H), and the last h (B, H, N).

    ``dt`` and ``n`` are (T, B, H), ``B`` and ``C`` (T, B, N), ``A`` (H, N), ``h_0`` (B, H, N).
    """
    outermost = [x.permute(0, 2, 1).contiguous().unsqueeze(-1) for x in (B, C)]  # (T, N, B, 1)
    y, last = _Selective.apply(
        dt, dt * n, *outermost, A.t().contiguous().unsqueeze(1), h_0.permute(2, 0, 1).contiguous()
    )
    return y, last.permute(1, 2, 0)


def selective_by_scan(
    dt: Tensor, n: Tensor, B: Tensor, C: Tensor, A: Tensor, h_0: Tensor
) -> tuple[Tensor, Tensor]:
    """The same by a scan over whole arrays (T, B, H, N): for any other device than a CPU."""
    a, b = torch.exp(dt.unsqueeze(-1) * A), (dt * n).unsqueeze(-1) * B.unsqueeze(-2)
    h = scan(a, b, h_0)
    return (h @ C.unsqueeze(-1)).squeeze(-1), h[-1]


class _Selective(Function):
    """The same of dt and u = dt n (T, B, H), of B and C (T, N, B, 1), A (N, 1, H), h (N, B, H)."""

    @staticmethod
    def forward(
        ctx, dt: Tensor, u: Tensor, B: Tensor, C: Tensor, A: Tensor, h_0: Tensor
    ) -> tuple[Tensor, Tensor]:
        h = torch.empty((len(dt) + 1, *h_0.shape), dtype=dt.dtype)  # (T+1, N, B, H)
        a, y, product = torch.empty_like(h[1:]), torch.empty_like(dt), torch.empty_like(h_0)
        h[0] = h_0
        a_t, h_t, y_t = a.unbind(0), h.unbind(0), y.unbind(0)
        for t, (dt_t, u_t, B_t, C_t) in enumerate(zip(dt, u, B, C, strict=True)):
            torch.mul(dt_t, A, out=a_t[t]).exp_()
            torch.mul(a_t[t], h_t[t], out=h_t[t + 1]).addcmul_(u_t, B_t)
            torch.sum(torch.mul(h_t[t + 1], C_t, out=product), 0, out=y_t[t])
        ctx.save_for_backward(dt, u, B, C, A, a, h)
        return y, h[-1].clone()

    @staticmethod
    def backward(ctx, d_y: Tensor, d_last: Tensor) -> tuple[Tensor, ...]:
        dt, u, B, C, A, a, h = ctx.saved_tensors
        d_dt, d_u, d_B, d_C = (torch.empty_like(x) for x in (dt, u, B, C))
        d_A, d, product = torch.zeros_like(A), d_last.clone(), torch.empty_like(d_last)
        for t in range(len(dt) - 1, -1, -1):
            torch.sum(torch.mul(h[t + 1], d_y[t], out=product), -1, keepdim=True, out=d_C[t])
            d.addcmul_(d_y[t], C[t])  # the gradient of h
            torch.sum(torch.mul(d, u[t], out=product), -1, keepdim=True, out=d_B[t])
            torch.sum(torch.mul(d, B[t], out=product), 0, out=d_u[t])
            d.mul_(a[t])
            torch.mul(d, h[t], out=product)  # the gradient of dt A
            d_A += (product * dt[t]).sum(1, keepdim=True)
            torch.sum(product.mul_(A), 0, out=d_dt[t])
        return d_dt, d_u, d_B, d_C, d_A, d
