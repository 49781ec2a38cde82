"""The recurrences in PyTorch: against finite differences, and against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook.recurrent import GATES
from rnnbook.torch_networks.recurrence import recur, recur_by_library
from rnnbook.torch_networks.rnn import RecurrentLayer

pytestmark = pytest.mark.numerical

KINDS = tuple(GATES)


def numbers(generator, *shape):
    return torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("length", [1, 5])
@pytest.mark.parametrize("kind", KINDS)
def test_the_gradients_are_those_of_finite_differences(kind, length):
    generator, B, H = torch.Generator().manual_seed(0), 3, 4
    gates = len(GATES[kind]) * H
    inputs, W_hh = numbers(generator, length, B, gates), numbers(generator, gates, H)
    h, c, b_hn = (numbers(generator, *shape) for shape in ((B, H), (B, H), (H,)))

    def outputs(inputs, W_hh, h, c, b_hn):
        state = {"h": h, "c": c} if kind == "lstm" else {"h": h}
        y, after = recur(kind, inputs.clone(), W_hh, state, b_hn if kind == "gru" else None)
        return (y, *after.values())

    assert torch.autograd.gradcheck(outputs, (inputs, W_hh, h, c, b_hn))


@pytest.mark.parametrize("kind", KINDS)
def test_it_computes_what_pytorch_computes(kind):
    rng, (T, B, E, H) = torch.Generator().manual_seed(1), (7, 5, 3, 6)
    layer = RecurrentLayer(kind, E, H).double()
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng, dtype=torch.float64))
    x = numbers(rng, T, B, E)
    state = {name: numbers(rng, B, H) for name in layer.initial_state(B)}
    wanted = [x, *layer.parameters(), *state.values()]
    results = []
    for h, after in (
        layer(x, state),
        recur_by_library(kind, x, dict(layer.named_parameters()), state),
    ):
        loss = (h * h).sum() + sum((value**3).sum() for value in after.values())
        results.append([h, *after.values(), *torch.autograd.grad(loss, wanted)])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours.detach().numpy(), theirs.detach().numpy(), atol=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_reading_ids_from_a_table_is_reading_its_rows(kind):
    rng = torch.Generator().manual_seed(2)
    layer = RecurrentLayer(kind, 3, 6)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng))
    table, ids = torch.randn(10, 3, generator=rng), torch.randint(10, (7, 5), generator=rng)
    rows, _ = layer(table[ids])
    looked_up, _ = layer(table, ids=ids)
    np.testing.assert_allclose(rows.detach(), looked_up.detach(), atol=1e-6)
