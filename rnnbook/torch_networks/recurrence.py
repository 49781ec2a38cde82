"""The three recurrences over a whole window, forward and backward, in PyTorch.

A network of this book spends its time in one product a step, ``h @ W_hh.T``, and in one a
step back, ``d_gates @ W_hh``. Both are with a matrix that is laid out once a window
(:class:`~rnnbook.torch_networks.products.Product`), in float32 or in bfloat16. What surrounds
them is kept small here: a step works in few passes on arrays that stay in the cache, and the
gradient of ``W_hh`` is a single product over all steps.

PyTorch's own layers read a window in a few calls, the LSTM's by oneDNN, and so they win where a
step is short, and with an LSTM in float32 at any size: :func:`is_for_library` has the bounds. The
loops here are for the rest: for bfloat16, for wide GRUs and RNNs, and for float64.

In bfloat16 only the factors of products are rounded. The gates, the cells, the state of a GRU
and the gradients that flow through them are float32: a cell that counts goes on counting, where
one that is kept in bfloat16 stops at 256. On any other device than a CPU PyTorch's own layers do
all the work. ``benchmarks/torch_training.py`` says what all this gains.

Time comes first here: arrays are (T, B, ...). Equations: :mod:`rnnbook.numpy_networks.model`;
the gradients are derived in the chapter *Long memory*, and the tests hold
them against finite differences and against ``nn.RNN``, ``nn.GRU`` and ``nn.LSTM``.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.autograd import Function

from rnnbook.torch_networks.products import Product, over_rows
from rnnbook.torch_networks.window import FromBelow, Room

State = dict[str, Tensor]
Gradients = tuple["Tensor | None", ...]

_sigmoid_back = torch.ops.aten.sigmoid_backward.grad_input  # d * y (1 - y), where y = σ(..)
_tanh_back = torch.ops.aten.tanh_backward.grad_input  # d * (1 - y²), where y = tanh(..)


def recur(
    kind: str,
    inputs: Tensor,
    W_hh: Tensor,
    state: Mapping[str, Tensor],
    b_hn: Tensor | None = None,
    *,
    ids: Tensor | None = None,
    factors: torch.dtype | None = None,
    room: Room | None = None,
) -> tuple[Tensor, State]:
    """Run one layer over a window.

    ``inputs`` (T, B, G*H) is what the layer below adds to every gate, ``x @ W_xh.T + b_h``;
    **it is overwritten**. Where ``ids`` (T, B) are given it is a table (V, G*H) that they
    choose rows of. ``W_hh`` (G*H, H), ``state`` of (B, H) each. Products multiply numbers of
    the type ``factors``: that of ``W_hh``, unless it is ``torch.bfloat16``. Returns the hidden
    states (T, B, H) in that type and the last state. A ``room`` is used again and again.
    """
    below, factors, room = FromBelow(inputs, ids), factors or W_hh.dtype, room or Room()
    if kind == "lstm":
        h, c = _LSTM.apply(inputs, W_hh, state["h"], state["c"], below, factors, room)
        return h, {"h": h[-1].to(W_hh.dtype), "c": c}
    if kind == "gru":
        h, last = _GRU.apply(inputs, W_hh, b_hn, state["h"], below, factors, room)
        return h, {"h": last}
    h = _RNN.apply(inputs, W_hh, state["h"], below, factors, room)
    return h, {"h": h[-1].to(W_hh.dtype)}


class _RNN(Function):
    """h = tanh(inputs + W_hh h)."""

    @staticmethod
    def forward(ctx, inputs: Tensor, W_hh: Tensor, h_0: Tensor, below, factors, room) -> Tensor:
        product, length = Product(W_hh, factors, len(h_0)), below.size[0]
        h = room.states("h", h_0, length, factors)  # (T+1, B, H)
        steps = h.unbind(0)
        for t, x in enumerate(below.gates(room, h_0.dtype).unbind(0)):
            torch.tanh(below.read(t, x).add_(product(steps[t])), out=steps[t + 1])
        ctx.save_for_backward(W_hh)
        ctx.h, ctx.below, ctx.room = h, below, room
        return h[1:]

    @staticmethod
    def backward(ctx, dh_out: Tensor) -> Gradients:
        (W_hh,), h, below = ctx.saved_tensors, ctx.h, ctx.below
        product = Product(W_hh.t(), h.dtype, h.shape[1])
        d_gates = ctx.room.array("d_gates", dh_out.shape, h.dtype)
        exact, steps = W_hh.new_empty(h.shape[1:]), d_gates.unbind(0)  # (B, H)
        dh = dh_out[-1]
        for t in range(len(steps) - 1, -1, -1):
            _tanh_back(dh.to(exact.dtype), h[t + 1].to(exact.dtype), grad_input=exact)
            steps[t].copy_(exact)
            below.take(t, exact)
            dh = product.plus(steps[t], dh_out[t - 1]) if t else product(steps[t])
        return (
            below.gradient(d_gates), over_rows(d_gates, h[:-1]), dh.to(exact.dtype),
            None, None, None,
        )  # fmt: skip


class _LSTM(Function):
    """i, f, o = σ(..), g = tanh(..); c = f c + i g; h = o tanh(c)."""

    @staticmethod
    def forward(
        ctx, inputs: Tensor, W_hh: Tensor, h_0: Tensor, c_0: Tensor, below, factors, room
    ) -> tuple[Tensor, Tensor]:
        length, H = below.size[0], h_0.shape[1]
        product = Product(W_hh, factors, len(h_0))
        gates = below.gates(room, c_0.dtype)  # (T, B, 4H)
        h = room.states("h", h_0, length, factors)  # (T+1, B, H)
        c = room.states("c", c_0, length, c_0.dtype)
        tanh_c = room.array("tanh_c", c[1:].shape, c.dtype)
        h_t, c_t, tanh_c_t = h.unbind(0), c.unbind(0), tanh_c.unbind(0)
        for t, gates_t in enumerate(gates.unbind(0)):
            below.read(t, gates_t).add_(product(h_t[t]))
            i, f, g, o = gates_t.split(H, dim=1)
            g.mul_(2)  # tanh(x) is 2 σ(2x) - 1, and PyTorch's σ takes a sixth of its tanh's time
            gates_t.sigmoid_()
            g.mul_(2).sub_(1)
            torch.mul(i, g, out=c_t[t + 1]).addcmul_(f, c_t[t])
            torch.mul(c_t[t + 1], 2, out=tanh_c_t[t]).sigmoid_().mul_(2).sub_(1)
            torch.mul(o, tanh_c_t[t], out=h_t[t + 1])
        ctx.save_for_backward(W_hh)
        ctx.below, ctx.room, ctx.gates, ctx.h, ctx.c, ctx.tanh_c = below, room, gates, h, c, tanh_c
        return h[1:], c_t[-1].clone()

    @staticmethod
    def backward(ctx, dh_out: Tensor, dc_last: Tensor) -> Gradients:
        (W_hh,), h, below = ctx.saved_tensors, ctx.h, ctx.below
        product = Product(W_hh.t(), h.dtype, h.shape[1])
        d_gates = ctx.room.array("d_gates", ctx.gates.shape, h.dtype)
        exact, spare = torch.empty_like(ctx.gates[0]), torch.empty_like(dc_last)
        steps, gates, c, tanh_c = (x.unbind(0) for x in (d_gates, ctx.gates, ctx.c, ctx.tanh_c))
        dh, dc = dh_out[-1], dc_last.clone()
        for t in range(len(steps) - 1, -1, -1):
            _lstm_back(gates[t], c[t], tanh_c[t], dh.to(dc.dtype), dc, exact, spare)
            steps[t].copy_(exact)
            below.take(t, exact)
            dh = product.plus(steps[t], dh_out[t - 1]) if t else product(steps[t])
        return (
            below.gradient(d_gates), over_rows(d_gates, h[:-1]), dh.to(dc.dtype), dc,
            None, None, None,
        )  # fmt: skip


def _lstm_back(
    gates: Tensor, c: Tensor, tanh_c: Tensor, dh: Tensor, dc: Tensor, out: Tensor, spare: Tensor
) -> None:
    """One step back: the gradients of the gates go into ``out`` (B, 4H), ``dc`` is renewed.

    ``c`` (B, H) is the cell before the step, ``tanh_c`` that of the cell after it.
    """
    i, f, g, o = gates.chunk(4, dim=1)
    of_i, of_f, of_g, of_o = out.chunk(4, dim=1)
    _sigmoid_back(torch.mul(dh, tanh_c, out=spare), o, grad_input=of_o)
    dc.add_(_tanh_back(torch.mul(dh, o, out=spare), tanh_c, grad_input=spare))
    _sigmoid_back(torch.mul(dc, g, out=spare), i, grad_input=of_i)
    _sigmoid_back(torch.mul(dc, c, out=spare), f, grad_input=of_f)
    _tanh_back(torch.mul(dc, i, out=spare), g, grad_input=of_g)
    dc.mul_(f)


class _GRU(Function):
    """r, z = σ(..), n = tanh(x_n + r (W_n h + b_hn)); h = (1 - z) n + z h."""

    @staticmethod
    def forward(
        ctx, inputs: Tensor, W_hh: Tensor, b_hn: Tensor, h_0: Tensor, below, factors, room
    ) -> tuple[Tensor, Tensor]:
        length, H = below.size[0], h_0.shape[1]
        product = Product(W_hh, factors, len(h_0))
        gates = below.gates(room, h_0.dtype)  # (T, B, 3H)
        h = room.states("h", h_0, length, h_0.dtype)  # (T+1, B, H)
        rounded = h if factors == h.dtype else room.states("rounded", h_0, length, factors)
        inside = room.array("inside", h[1:].shape, h.dtype)  # W_n h + b_hn, what r gates
        for t, gates_t in enumerate(gates.unbind(0)):
            below.read(t, gates_t)
            recurrent = product(rounded[t])  # (B, 3H)
            r, z, n = gates_t.split(H, dim=1)
            gates_t[:, : 2 * H].add_(recurrent[:, : 2 * H]).sigmoid_()
            torch.add(recurrent[:, 2 * H :], b_hn, out=inside[t])
            n.addcmul_(r, inside[t]).mul_(2).sigmoid_().mul_(2).sub_(1)  # tanh
            torch.lerp(n, h[t], z, out=h[t + 1])
            if rounded is not h:
                rounded[t + 1] = h[t + 1]
        ctx.save_for_backward(W_hh)
        ctx.below, ctx.room, ctx.gates, ctx.h = below, room, gates, h
        ctx.rounded, ctx.inside = rounded, inside
        return rounded[1:], h[-1].clone()

    @staticmethod
    def backward(ctx, dh_out: Tensor, dh_last: Tensor) -> Gradients:
        (W_hh,), h, below = ctx.saved_tensors, ctx.h, ctx.below
        product = Product(W_hh.t(), ctx.rounded.dtype, h.shape[1])
        d_inputs = ctx.room.array("d_gates", ctx.gates.shape, ctx.rounded.dtype)
        recurrent = ctx.room.array("recurrent", ctx.gates.shape, ctx.rounded.dtype)
        exact, spare = torch.empty_like(ctx.gates[0]), torch.empty_like(dh_last)
        dh = dh_last + dh_out[-1]
        for t in range(len(recurrent) - 1, -1, -1):
            z = _gru_back(ctx.gates[t], h[t], ctx.inside[t], dh, exact, spare)
            below.take(t, exact)
            d_inputs[t] = exact
            exact[:, -h.shape[2] :].mul_(ctx.gates[t, :, : h.shape[2]])  # n sees W_hh h through r
            recurrent[t] = exact
            step = recurrent[t]
            before = product.plus(step, dh_out[t - 1]) if t else product(step)
            dh = torch.mul(dh, z).add_(before)
        db_hn = recurrent[:, :, -h.shape[2] :].sum((0, 1), dtype=h.dtype)
        return (
            below.gradient(d_inputs), over_rows(recurrent, ctx.rounded[:-1]), db_hn, dh,
            None, None, None,
        )  # fmt: skip


def _gru_back(
    gates: Tensor, h: Tensor, inside: Tensor, dh: Tensor, out: Tensor, spare: Tensor
) -> Tensor:
    """One step back: the gradients of what comes from below go into ``out`` (B, 3H). Gives z."""
    r, z, n = gates.chunk(3, dim=1)
    of_r, of_z, of_n = out.chunk(3, dim=1)
    _tanh_back(torch.addcmul(dh, dh, z, value=-1, out=spare), n, grad_input=of_n)
    _sigmoid_back(torch.sub(h, n, out=spare).mul_(dh), z, grad_input=of_z)
    _sigmoid_back(torch.mul(of_n, inside, out=spare), r, grad_input=of_r)
    return z


#: The most units for which PyTorch's own layers are faster on a CPU, in float32.
_LIBRARY = {"lstm": 2**31, "rnn": 512, "gru": 256}
_WIDEST = 256  # inputs up to which they are: they multiply one-hot inputs like all others


def is_for_library(kind: str, inputs: int, W_hh: Tensor, factors: torch.dtype | None) -> bool:
    """Whether PyTorch's own layer reads a window of so many ``inputs`` a step faster."""
    if W_hh.device.type != "cpu":
        return True
    hidden_size = W_hh.shape[1]
    if kind == "lstm" and not (
        torch.backends.mkldnn.is_available() and torch.backends.mkldnn.enabled
    ):
        return False
    is_exact = W_hh.dtype == torch.float32 and factors in (None, torch.float32)
    return is_exact and hidden_size <= _LIBRARY[kind] and inputs <= max(_WIDEST, hidden_size)


def recur_by_library(
    kind: str, x: Tensor, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> tuple[Tensor, State]:
    """One layer over a window by PyTorch's own kernels, on any device.

    ``x`` (T, B, E), ``weights`` under the names of a layer, ``state`` of (B, H) each.
    """
    b_hh = torch.zeros_like(weights["b_h"])
    if kind == "gru":
        b_hh = torch.cat([b_hh[len(weights["b_hn"]) :], weights["b_hn"]])
    arrays = [weights["W_xh"], weights["W_hh"], weights["b_h"], b_hh]
    options = (True, 1, 0.0, True, False, False)  # biases, 1 layer, training, time comes first
    h_0 = state["h"].unsqueeze(0)
    if kind == "lstm":
        h, h_n, c_n = torch.lstm(x, (h_0, state["c"].unsqueeze(0)), arrays, *options)
        return h, {"h": h_n[0], "c": c_n[0]}
    function = torch.gru if kind == "gru" else torch.rnn_tanh
    h, h_n = function(x, h_0, arrays, *options)
    return h, {"h": h_n[0]}
