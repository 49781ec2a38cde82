"""The recurrences in PyTorch: against finite differences, and against PyTorch's own."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook.recurrent import GATES, ModelConfig
from rnnbook.text import Vocab
from rnnbook.torch_networks import products, rnn
from rnnbook.torch_networks.recurrence import is_for_library, recur, recur_by_library
from rnnbook.torch_networks.rnn import RecurrentLayer, TorchModel
from rnnbook.torch_networks.window import Room

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


@pytest.fixture(params=["the package's loops", "PyTorch's layers"])
def either(request, monkeypatch):
    """Both ways to read a window in float32, wherever the one or the other is the faster."""
    is_library = request.param == "PyTorch's layers"
    monkeypatch.setattr(rnn, "is_for_library", lambda *_: is_library)


@pytest.mark.parametrize("kind", KINDS)
def test_pytorchs_layers_compute_in_float32_what_the_loops_do(kind, monkeypatch):
    rng, (T, B, E, H) = torch.Generator().manual_seed(3), (9, 5, 8, 24)
    layer = RecurrentLayer(kind, E, H)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=rng) / 4)
    x, state = torch.randn(T, B, E, generator=rng), layer.initial_state(B)
    results = []
    for is_library in (False, True):
        monkeypatch.setattr(rnn, "is_for_library", lambda *_, chosen=is_library: chosen)
        h, after = layer(x, state)
        loss = (h * h).sum() + sum((value**3).sum() for value in after.values())
        found = [h, *after.values(), *torch.autograd.grad(loss, list(layer.parameters()))]
        results.append([value.detach().numpy() for value in found])
    for ours, theirs in zip(*results, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-4)


def test_pytorchs_layers_are_taken_in_float32_and_where_they_are_faster(monkeypatch):
    def taken(kind, size, inputs=64, dtype=torch.float32, factors=None):
        return is_for_library(kind, inputs, torch.empty(4, size, dtype=dtype), factors)

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: True)
    monkeypatch.setattr(torch.backends.mkldnn, "enabled", True)
    assert taken("lstm", 16) and taken("lstm", 1024) and taken("rnn", 512) and taken("gru", 256)
    assert not taken("rnn", 768) and not taken("gru", 384)
    assert not taken("lstm", 128, factors=torch.bfloat16)
    assert not taken("lstm", 128, dtype=torch.float64)
    assert not taken("lstm", 128, inputs=4000) and taken("lstm", 16, inputs=65)  # one-hot
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    assert not taken("lstm", 128) and taken("gru", 128)
    assert is_for_library("gru", 64, torch.empty(4, 2048, device="meta"), None)


@pytest.mark.usefixtures("either")
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


@pytest.mark.usefixtures("either")
def test_a_room_that_is_kept_changes_nothing():
    rng, room = torch.Generator().manual_seed(3), Room()
    for kind in KINDS:
        layer = RecurrentLayer(kind, 3, 6)
        with torch.no_grad():
            for parameter in layer.parameters():
                parameter.copy_(torch.randn(parameter.shape, generator=rng))
        for length in (7, 4, 4):
            x = torch.randn(length, 5, 3, generator=rng)
            results = []
            for given in (None, room):
                h, after = layer(x, room=given)
                loss = (h * h).sum() + sum(value.sum() for value in after.values())
                results.append([h, *torch.autograd.grad(loss, list(layer.parameters()))])
                results[-1] = [value.detach().clone() for value in results[-1]]
            for fresh, kept in zip(*results, strict=True):
                np.testing.assert_array_equal(fresh, kept)


@pytest.fixture(params=["as this machine does", "without instructions for it"])
def bfloat16(request, monkeypatch):
    """Products in bfloat16, and in the way of a machine that cannot multiply them."""
    if request.param.startswith("without"):
        monkeypatch.setattr(products, "multiplies_bfloat16", lambda: False)
    return torch.bfloat16


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("kind", KINDS)
def test_bfloat16_is_float32_but_for_the_rounding_of_factors(kind, layers, bfloat16):
    vocab, config = Vocab([chr(97 + i) for i in range(9)]), ModelConfig(kind, 48, layers, 8)
    ids = torch.randint(9, (16, 12), generator=torch.Generator().manual_seed(0))
    results = []
    for precision in ("float32", "bfloat16"):
        model = TorchModel(vocab, config, np.random.default_rng(0), precision=precision)
        logits, _ = model(ids, model.initial_state(16))
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
        results.append((loss.detach(), torch.autograd.grad(loss, list(model.parameters()))))
    (exact, gradients), (rounded, theirs) = results
    assert abs(float(exact - rounded)) < 2e-3
    for gradient, other in zip(gradients, theirs, strict=True):
        assert other.dtype == torch.float32
        distance = float((gradient - other).norm() / gradient.norm())
        assert 0 < distance < 0.03, "a number of 8 bits is off by less than 1 in 256"


def test_a_cell_that_counts_goes_on_counting_in_bfloat16(bfloat16):
    """One kept in bfloat16 stops at 256, for 257 has nine bits."""
    steps = 1000
    inputs = torch.tensor([20.0, 20.0, 20.0, 20.0]).expand(steps, 1, 4).clone()  # i, f, g, o
    state = {"h": torch.zeros(1, 1), "c": torch.zeros(1, 1)}
    _, after = recur("lstm", inputs, torch.zeros(4, 1), state, factors=bfloat16)
    assert float(after["c"]) == pytest.approx(steps, abs=0.01)


def test_the_state_of_a_gru_is_not_rounded_in_bfloat16(bfloat16):
    """A state that hardly moves would stand still if it were rounded after every step."""
    steps = 200
    inputs = torch.tensor([0.0, 6.9, 20.0]).expand(steps, 1, 3).clone()  # r, z = 0.999, n = 1
    state = {"h": torch.full((1, 1), 0.5)}
    _, after = recur("gru", inputs, torch.zeros(3, 1), state, torch.zeros(1), factors=bfloat16)
    z = torch.sigmoid(torch.tensor(6.9)).item()
    assert float(after["h"]) == pytest.approx(1 - 0.5 * z**steps, abs=1e-4)
