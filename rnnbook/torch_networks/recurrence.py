"""The three recurrences over a whole window, forward and backward, in PyTorch.

A network of this book spends its time in one product a step, ``h @ W_hh.T``.
What surrounds that product here is kept small: the inputs of all steps come in
as one array, which is overwritten by the gates; a step makes no copies; going
back, all that does not depend on the step after is computed at once, and the
gradient of ``W_hh`` is a single product over all steps. With a thread for each core
that is as fast as ``nn.LSTM`` or somewhat faster (see ``benchmarks/torch_training.py``),
and it leaves room for dropout of ``W_hh`` and for inputs that are looked up.
On any other device PyTorch's own kernels do the work.

Time comes first here: arrays are (T, B, ...). Equations: :mod:`rnnbook.numpy_networks.model`;
the gradients are derived in the chapter *Long memory*, and the tests hold
them against finite differences and against ``nn.RNN``, ``nn.GRU`` and ``nn.LSTM``.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.autograd import Function

State = dict[str, Tensor]


def recur(
    kind: str, inputs: Tensor, W_hh: Tensor, state: Mapping[str, Tensor], b_hn: Tensor | None = None
) -> tuple[Tensor, State]:
    """Run one layer over a window.

    ``inputs`` (T, B, G*H) is what the layer below adds to every gate,
    ``x @ W_xh.T + b_h``; **it is overwritten**. ``W_hh`` (G*H, H), ``state`` of
    (B, H) each. Returns the hidden states (T, B, H) and the last state.
    """
    if kind == "lstm":
        h, c = _LSTM.apply(inputs, W_hh, state["h"], state["c"])
        return h, {"h": h[-1], "c": c}
    if kind == "gru":
        h = _GRU.apply(inputs, W_hh, b_hn, state["h"])
    else:
        h = _RNN.apply(inputs, W_hh, state["h"])
    return h, {"h": h[-1]}


class _RNN(Function):
    """h = tanh(inputs + W_hh h)."""

    @staticmethod
    def forward(ctx, inputs: Tensor, W_hh: Tensor, h_0: Tensor) -> Tensor:
        W_t, h = W_hh.t().contiguous(), _with_first(h_0, len(inputs))  # (H, H), (T+1, B, H)
        steps = h.unbind(0)
        for t, x in enumerate(inputs.unbind(0)):
            torch.tanh(x.addmm_(steps[t], W_t), out=steps[t + 1])
        ctx.save_for_backward(W_hh)
        ctx.h = h
        return h[1:]

    @staticmethod
    def backward(ctx, dh_out: Tensor) -> tuple[Tensor | None, ...]:
        (W_hh,), h = ctx.saved_tensors, ctx.h
        slopes = torch.addcmul(torch.ones_like(h[1:]), h[1:], h[1:], value=-1)  # 1 - h²
        from_above, steps = dh_out.unbind(0), slopes.unbind(0)
        dh = from_above[-1]
        for t in range(len(steps) - 1, -1, -1):
            steps[t].mul_(dh)  # now the gradient of the inputs
            if t:
                dh = torch.addmm(from_above[t - 1], steps[t], W_hh)
        dh_0 = steps[0] @ W_hh if ctx.needs_input_grad[2] else None
        return slopes, _product(slopes, h[:-1]), dh_0


class _LSTM(Function):
    """i, f, o = σ(..), g = tanh(..); c = f c + i g; h = o tanh(c)."""

    @staticmethod
    def forward(
        ctx, inputs: Tensor, W_hh: Tensor, h_0: Tensor, c_0: Tensor
    ) -> tuple[Tensor, Tensor]:
        H, W_t = W_hh.shape[1], W_hh.t().contiguous()  # (H, 4H)
        h, c = _with_first(h_0, len(inputs)), _with_first(c_0, len(inputs))  # (T+1, B, H)
        tanh_c = torch.empty_like(c[1:])
        h_t, c_t, tanh_c_t = h.unbind(0), c.unbind(0), tanh_c.unbind(0)
        i, f, g, o = (block.unbind(0) for block in inputs.split(H, dim=2))
        i_and_f = inputs[:, :, : 2 * H].unbind(0)
        for t, gates in enumerate(inputs.unbind(0)):
            gates.addmm_(h_t[t], W_t)
            i_and_f[t].sigmoid_()
            g[t].tanh_()
            o[t].sigmoid_()
            torch.mul(i[t], g[t], out=c_t[t + 1]).addcmul_(f[t], c_t[t])
            torch.tanh(c_t[t + 1], out=tanh_c_t[t])
            torch.mul(o[t], tanh_c_t[t], out=h_t[t + 1])
        ctx.save_for_backward(W_hh)
        ctx.gates, ctx.h, ctx.c, ctx.tanh_c = inputs, h, c, tanh_c
        return h[1:], c_t[-1].clone()

    @staticmethod
    def backward(ctx, dh_out: Tensor, dc_last: Tensor) -> tuple[Tensor | None, ...]:
        (W_hh,), H = ctx.saved_tensors, ctx.h.shape[2]
        slopes, dc_by_dh = _lstm_slopes(ctx.gates, ctx.c, ctx.tanh_c)  # (T, B, 4H), (T, B, H)
        blocks = slopes.unflatten(2, (4, H))
        of_c, of_o = blocks[:, :, :3].unbind(0), blocks[:, :, 3].unbind(0)
        f, gates = ctx.gates[:, :, H : 2 * H].unbind(0), slopes.unbind(0)
        from_above, dc_by_dh_t = dh_out.unbind(0), dc_by_dh.unbind(0)
        dh, dc = from_above[-1], dc_last.clone()
        dc_of_blocks = dc.unsqueeze(1)  # (B, 1, H)
        for t in range(len(gates) - 1, -1, -1):
            dc.addcmul_(dh, dc_by_dh_t[t])
            of_c[t].mul_(dc_of_blocks)  # now the gradients of i, f and g before σ and tanh
            of_o[t].mul_(dh)
            dc.mul_(f[t])
            if t:
                dh = torch.addmm(from_above[t - 1], gates[t], W_hh)
        dh_0 = gates[0] @ W_hh if ctx.needs_input_grad[2] else None
        return slopes, _product(slopes, ctx.h[:-1]), dh_0, dc


def _lstm_slopes(gates: Tensor, c: Tensor, tanh_c: Tensor) -> tuple[Tensor, Tensor]:
    """What the gradients of a step are multiples of, for all steps at once.

    The gradient of block i before its σ is ``dc * g * i (1 - i)``, of f
    ``dc * c_prev * f (1 - f)``, of g ``dc * i * (1 - g²)``, of o
    ``dh * tanh(c) * o (1 - o)``; and ``dc`` gains ``dh * o (1 - tanh(c)²)``.
    """
    i, f, g, o = gates.chunk(4, dim=2)
    slopes = torch.empty_like(gates)
    of_i, of_f, of_g, of_o = slopes.chunk(4, dim=2)
    for gate, slope, factor in ((i, of_i, g), (f, of_f, c[:-1]), (o, of_o, tanh_c)):
        slope.copy_(gate).addcmul_(gate, gate, value=-1).mul_(factor)
    of_g.copy_(g).mul_(g).mul_(i).neg_().add_(i)
    dc_by_dh = o * tanh_c
    return slopes, dc_by_dh.mul_(tanh_c).neg_().add_(o)


class _GRU(Function):
    """r, z = σ(..), n = tanh(x_n + r (W_n h + b_hn)); h = (1 - z) n + z h."""

    @staticmethod
    def forward(ctx, inputs: Tensor, W_hh: Tensor, b_hn: Tensor, h_0: Tensor) -> Tensor:
        H, W_t = W_hh.shape[1], W_hh.t().contiguous()  # (H, 3H)
        h = _with_first(h_0, len(inputs))  # (T+1, B, H)
        bias = torch.cat([b_hn.new_zeros(2 * H), b_hn])
        inside = torch.empty_like(h[1:])  # W_n h + b_hn, the part that r gates
        h_t, inside_t = h.unbind(0), inside.unbind(0)
        r, z, n = (block.unbind(0) for block in inputs.split(H, dim=2))
        r_and_z = inputs[:, :, : 2 * H].unbind(0)
        for t in range(len(inputs)):
            recurrent = torch.addmm(bias, h_t[t], W_t)  # (B, 3H)
            r_and_z[t].add_(recurrent[:, : 2 * H]).sigmoid_()
            inside_t[t].copy_(recurrent[:, 2 * H :])
            n[t].addcmul_(r[t], inside_t[t]).tanh_()
            torch.lerp(n[t], h_t[t], z[t], out=h_t[t + 1])
        ctx.save_for_backward(W_hh)
        ctx.gates, ctx.h, ctx.inside = inputs, h, inside
        return h[1:]

    @staticmethod
    def backward(ctx, dh_out: Tensor) -> tuple[Tensor | None, ...]:
        (W_hh,), H, h = ctx.saved_tensors, ctx.h.shape[2], ctx.h
        r, z, n = ctx.gates.chunk(3, dim=2)
        of_n = (1 - z) * (1 - n * n)
        of_z = (h[:-1] - n) * (z * (1 - z))
        of_r = of_n * ctx.inside * (r * (1 - r))
        d_inputs = torch.cat([of_r, of_z, of_n], dim=2)  # (T, B, 3H)
        recurrent = torch.cat([of_r, of_z, of_n * r], dim=2)
        both = [x.unflatten(2, (3, H)).unbind(0) for x in (d_inputs, recurrent)]
        z_t, steps, from_above = z.unbind(0), recurrent.unbind(0), dh_out.unbind(0)
        dh = from_above[-1]
        for t in range(len(steps) - 1, -1, -1):
            for gradient in both:
                gradient[t].mul_(dh.unsqueeze(1))
            before = dh * z_t[t]
            dh = before.addmm_(steps[t], W_hh)
            if t:
                dh.add_(from_above[t - 1])
        db_hn = recurrent[:, :, 2 * H :].sum((0, 1))
        return d_inputs, _product(recurrent, h[:-1]), db_hn, dh


def _with_first(first: Tensor, length: int) -> Tensor:
    """Room for ``length`` states after the ``first`` (B, H): (T+1, B, H)."""
    states = first.new_empty(length + 1, *first.shape)
    states[0] = first
    return states


def _product(d_gates: Tensor, h: Tensor) -> Tensor:
    """The gradient of ``W_hh``: one product over all steps and rows, (G*H, H)."""
    return d_gates.flatten(0, 1).t() @ h.flatten(0, 1)


def recur_by_library(
    kind: str, x: Tensor, weights: Mapping[str, Tensor], state: Mapping[str, Tensor]
) -> tuple[Tensor, State]:
    """One layer over a window by PyTorch's own kernels: for any other device than a CPU.

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
