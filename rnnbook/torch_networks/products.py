"""Products with one matrix many times over, in float32 or in bfloat16.

A recurrence multiplies the states of every step by the same matrix. So the matrix is laid
out once a window in the order in which oneDNN reads it, and rounded to bfloat16 where that
was chosen. A number in bfloat16 has 8 significant bits in place of 24, and a processor with
instructions for it multiplies twice as many of them at once; the sums are float32 all the
same. Where there are no such instructions, the rounded numbers are multiplied in float32:
that gives what bfloat16 gives, but for the order of the sums, and gains nothing.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd import Function

Gradients = tuple["Tensor | None", ...]


def multiplies_bfloat16() -> bool:
    """Whether oneDNN can multiply bfloat16 here; whether that is fast is another question."""
    return _packs() and torch.ops.mkldnn._is_mkldnn_bf16_supported()


def _packs() -> bool:
    """Whether this PyTorch has products with a matrix that was laid out beforehand."""
    return torch.backends.mkldnn.is_available() and hasattr(torch.ops.mkldnn, "_linear_pointwise")


class Product:
    """``x @ W.T`` for one W (N, K) and many x (``rows``, K) of the type ``factors``.

    bfloat16 factors give sums that are rounded once, to bfloat16, or not at all.
    """

    def __init__(self, W: Tensor, factors: torch.dtype, rows: int):
        W = W.detach().to(factors)
        self._packed: Tensor | None = None
        is_half = factors == torch.bfloat16
        if _packs() and (factors == torch.float32 or (is_half and multiplies_bfloat16())):
            self._packed = torch.ops.mkldnn._reorder_linear_weight(W, rows)
        else:
            self._W_t = (W.float() if is_half else W).t().contiguous()

    def __call__(self, x: Tensor) -> Tensor:
        """``x @ W.T``, (rows, N)."""
        if self._packed is None:
            return x.to(self._W_t.dtype) @ self._W_t
        return torch.ops.mkldnn._linear_pointwise(x, self._packed, None, "none", [], "")

    def plus(self, x: Tensor, other: Tensor) -> Tensor:
        """``other + x @ W.T``, where ``other`` (rows, N) is of the type of x."""
        if self._packed is None:
            return torch.addmm(other.to(self._W_t.dtype), x.to(self._W_t.dtype), self._W_t)
        return torch.ops.mkldnn._linear_pointwise.binary(x, other, self._packed, None, "add")


def over_rows(a: Tensor, b: Tensor) -> Tensor:
    """``a.T @ b`` for (..., M) and (..., N): one product over all rows; bfloat16 gives float32."""
    a, b = a.flatten(0, -2), b.flatten(0, -2)
    if a.dtype != torch.bfloat16:
        return a.t() @ b
    if multiplies_bfloat16():
        return (a.t() @ b).float()
    return a.float().t() @ b.float()


def linear(x: Tensor, W: Tensor, b: Tensor) -> Tensor:
    """``x @ W.T + b`` with the factors rounded as x is, and the gradients of W and b float32."""
    if x.dtype == W.dtype:
        return torch.addmm(b, x.flatten(0, -2), W.t()).unflatten(0, x.shape[:-1])
    W = W.to(x.dtype)
    if not multiplies_bfloat16():
        x, W = x.float(), W.float()
    return torch.nn.functional.linear(x, W).to(b.dtype) + b


def affine(x: Tensor, W: Tensor, b: Tensor | None = None) -> Tensor:
    """``x @ W.T + b`` in the type of W, forward and back by oneDNN where that is the faster.

    The factors are rounded as x is. The layers of a linear recurrence multiply whole windows at
    once, and oneDNN takes a fifth less time for that, or more, than PyTorch's own product.
    """
    result: Tensor = _Affine.apply(x, W, b)
    return result


class _Affine(Function):
    """The product, and the gradients of its factors and of the bias."""

    @staticmethod
    def forward(ctx, x: Tensor, W: Tensor, b: Tensor | None) -> Tensor:
        rows = x.flatten(0, -2)
        ctx.save_for_backward(rows, W)
        ctx.shape, ctx.has_bias = x.shape, b is not None
        out = _by_rows(rows, W.to(x.dtype), b if x.dtype == W.dtype else None).to(W.dtype)
        if b is not None and x.dtype != W.dtype:
            out += b
        return out.unflatten(0, x.shape[:-1])

    @staticmethod
    def backward(ctx, d: Tensor) -> Gradients:
        rows, W = ctx.saved_tensors
        exact = d.flatten(0, -2)
        d = exact.to(rows.dtype)
        d_x = _by_rows(d, W.t().to(d.dtype).contiguous(), None).to(d.dtype).view(ctx.shape)
        return d_x, over_rows(d, rows), exact.sum(0) if ctx.has_bias else None


def _by_rows(x: Tensor, W: Tensor, b: Tensor | None) -> Tensor:
    """``x @ W.T + b`` for x (rows, K), W (N, K) and b (N,) of one type."""
    is_half = x.dtype == torch.bfloat16
    if is_half and not multiplies_bfloat16():
        x, W = x.float(), W.float()
    elif x.device.type == "cpu" and _packs() and x.dtype in (torch.float32, torch.bfloat16):
        found: Tensor = torch.ops.mkldnn._linear_pointwise(x, W, b, "none", [], "")
        return found
    return x @ W.t() if b is None else torch.addmm(b, x, W.t())
