"""Linear recurrences in PyTorch: against NumPy's, and their gradients against differences."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from rnnbook import numpy_networks
from rnnbook.errors import TrainingError
from rnnbook.numpy_networks import scans
from rnnbook.recurrent import LINEAR, ModelConfig, is_exact, untrained_weights, weight_shapes
from rnnbook.text import Vocab
from rnnbook.torch_networks import passes
from rnnbook.torch_networks import scan as torch_scan
from rnnbook.torch_networks.linear import LinearTorchModel, from_weights, new_model
from rnnbook.torch_networks.passes import Blend
from rnnbook.torch_networks.rnn import TorchModel
from rnnbook.torch_networks.scan import scan
from rnnbook.torch_networks.selective import selective, selective_by_scan
from rnnbook.training import TrainingConfig
from rnnbook.training.muon import Muon
from rnnbook.training.optimizers import optimizers

pytestmark = pytest.mark.numerical

VOCAB = Vocab.from_text("\n abcdefgh.")
SHAPES = {
    "plain": {"norm": "none", "conv_width": 0, "output_gate": False},
    "whole": {"mlp_factor": 2, "norm": "layer", "width": 9},
    "usual": {"embedding_size": 0},
}
NETWORKS = [(kind, shape) for kind in LINEAR for shape in SHAPES]


def config(kind: str, shape: str = "usual", hidden_size: int = 6) -> ModelConfig:
    states = {"state_size": 3} if kind == "s6" else {}
    settings = {"embedding_size": 5, **SHAPES[shape], **states}
    return ModelConfig(kind, hidden_size, 2, settings.pop("embedding_size"), **settings)


def weights(made: ModelConfig):
    """Weights in float64 that differ from those that a network begins with."""
    rng = np.random.default_rng(1)
    return {
        name: value + rng.normal(scale=0.3, size=value.shape)
        for name, value in untrained_weights(made, len(VOCAB), rng).items()
    }


def double(made: ModelConfig) -> LinearTorchModel:
    model = from_weights(VOCAB, made, weights(made)).double()
    model.load_state_dict({n: torch.from_numpy(w) for n, w in weights(made).items()})
    return model


def assert_close(found, wanted, atol=1e-12):
    found = found.detach().numpy() if isinstance(found, torch.Tensor) else found
    np.testing.assert_allclose(found, wanted, rtol=0, atol=atol * max(1, np.abs(wanted).max()))


@pytest.fixture(params=["step by step", "in chunks", "by doubling"])
def way(request, monkeypatch):
    """Every way that a scan may take, whatever the lengths."""
    few, long = {"step by step": (0, 10**9), "in chunks": (10**9, 0)}.get(request.param, (0, 0))
    monkeypatch.setattr(passes, "FEW", few)
    monkeypatch.setattr(passes, "LONG", long)
    if request.param == "by doubling":

        def states(a, b, h):
            h[1:] = torch_scan._by_doubling(a, b, h[0])

        monkeypatch.setattr(torch_scan, "_states", states)
        monkeypatch.setattr(passes, "FEW", 10**9)
    return request.param


@pytest.mark.parametrize("length", [1, 2, 7, 33])
@pytest.mark.parametrize("dtype", [torch.float64, torch.complex128])
def test_scans_are_those_of_numpy_and_so_are_their_gradients(way, length, dtype):
    generator = torch.Generator().manual_seed(length)
    a, b, h_0 = (
        torch.randn(shape, generator=generator, dtype=dtype, requires_grad=True)
        for shape in ((length, 2, 2), (length, 2, 2), (2, 2))
    )
    shrunk = 0.5 * a
    h = scan(shrunk, b, h_0)
    assert_close(h, scans.sequential(*(x.detach().numpy() for x in (shrunk, b, h_0))), 1e-13)
    if length < 10:
        assert torch.autograd.gradcheck(lambda a, b, h_0: scan(0.5 * a, b, h_0), (a, b, h_0))
    if not dtype.is_complex:
        weight = torch.randn(h.shape, generator=generator, dtype=dtype)
        ours = torch.autograd.grad((h * weight).sum(), (shrunk, b, h_0))
        args = [x.detach().numpy() for x in (shrunk, h, weight, h_0)]
        for one, other in zip(ours, scans.gradients(*args), strict=True):
            assert_close(one, other, 1e-12)


def test_one_factor_for_all_steps_gets_the_sum_of_its_gradients(way):
    a = torch.tensor([0.5, -0.9], dtype=torch.complex128, requires_grad=True)
    b = torch.randn((9, 3, 2), dtype=torch.complex128, generator=torch.Generator().manual_seed(0))
    assert torch.autograd.gradcheck(
        lambda a: scan(a.expand(b.shape), b, torch.ones((3, 2), dtype=b.dtype)), (a,)
    )


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
def test_numpy_and_pytorch_agree_over_windows(kind, shape):
    made = config(kind, shape)
    ours, theirs = numpy_networks.network(VOCAB, made, weights(made)), double(made)
    ids = np.random.default_rng(2).integers(len(VOCAB), size=(3, 17))
    wanted, state = ours.read(ids, ours.initial_state(3))
    windows, found = theirs.initial_state(3), []
    assert {n: v.shape for n, v in windows.items()} == {n: v.shape for n, v in state.items()}
    for part in np.split(ids, [1, 3, 9], axis=1):
        logits, windows = theirs(torch.from_numpy(part), windows)
        found.append(logits)
    assert_close(torch.cat(found, dim=1), wanted)
    for name, value in state.items():
        assert_close(windows[name], value)
    read, _ = theirs.read(ids, {n: np.asarray(v) for n, v in ours.initial_state(3).items()})
    np.testing.assert_allclose(read, wanted, atol=1e-4)


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
def test_gradients_of_all_weights_and_states_are_those_of_differences(kind, shape):
    """Along random directions in all weights and the state at once, by central differences."""
    model = double(config(kind, shape))
    ids = torch.from_numpy(np.random.default_rng(3).integers(len(VOCAB), size=(2, 6)))
    generator = torch.Generator().manual_seed(4)

    def numbers(like):
        return torch.randn(like.shape, generator=generator, dtype=torch.float64)

    parts = dict(model.named_parameters())
    start = {n: (0.3 * numbers(v)).requires_grad_() for n, v in model.initial_state(2).items()}
    outputs = [numbers(torch.empty(2, 6, len(VOCAB))), *map(numbers, start.values())]

    def loss(parts, start):
        logits, state = torch.func.functional_call(model, parts, (ids, start))
        return sum((x * y).sum() for x, y in zip([logits, *state.values()], outputs, strict=True))

    wanted = [*parts.values(), *start.values()]
    gradients = torch.autograd.grad(loss(parts, start), wanted)
    assert all(bool(gradient.abs().max() > 0) for gradient in gradients)
    for _ in range(3):
        ways = [numbers(value) for value in wanted]
        slope = float(sum((g * way).sum() for g, way in zip(gradients, ways, strict=True)))
        at = []
        for delta in (1e-5, -1e-5):
            moved = [v.detach() + delta * way for v, way in zip(wanted, ways, strict=True)]
            at.append(float(loss(
                dict(zip(parts, moved, strict=False)),
                dict(zip(start, moved[len(parts):], strict=True)),
            )))  # fmt: skip
        assert slope == pytest.approx((at[0] - at[1]) / 2e-5, rel=1e-6, abs=1e-6)


@pytest.mark.parametrize("length", [1, 2, 7, 20])
def test_a_blend_is_the_scan_of_its_factors(way, length, monkeypatch):
    """Step by step and in chunks, with what is left behind the last one, and as others do it."""
    generator = torch.Generator().manual_seed(length)
    given, n, h_0, weight = (
        torch.randn(shape, generator=generator, dtype=torch.float64, requires_grad=True)
        for shape in ((length, 2, 3), (length, 2, 3), (2, 3), (length, 2, 3))
    )
    monkeypatch.setattr(passes, "_IN_CACHE", 20)  # three steps at a time
    results = []
    z = torch.sigmoid(given)
    for h in (Blend.apply(given, n, h_0), scan(1 - z, z * n, h_0)):
        results.append([h, *torch.autograd.grad((h * weight).sum(), (given, n, h_0))])
    for one, other in zip(*results, strict=True):
        assert_close(one, other.detach().numpy())


def test_a_selective_window_is_a_scan_in_every_way():
    generator, (T, B, H, N) = torch.Generator().manual_seed(7), (6, 2, 3, 4)

    def numbers(*shape):
        return torch.randn(shape, generator=generator, dtype=torch.float64).requires_grad_()

    given = [numbers(*shape) for shape in
             ((T, B, H), (T, B, H), (T, B, N), (T, B, N), (H, N), (B, H, N))]  # fmt: skip
    weights = [numbers(T, B, H), numbers(B, H, N)]
    results = []
    for way in (selective, selective_by_scan):
        found = way(given[0].exp(), *given[1:4], -given[4].exp(), given[5])
        loss = sum((x * y).sum() for x, y in zip(found, weights, strict=True))
        results.append([*found, *torch.autograd.grad(loss, given)])
    for one, other in zip(*results, strict=True):
        assert_close(one, other.detach().numpy())


def test_the_root_of_nothing_has_no_infinite_slope():
    """Where its gate is shut, an RG-LRU's factor is 1 and its input's weight the root of 0."""
    made = config("rglru", "plain")
    shut = {**weights(made), "layers.0.b_h": np.full(18, -200.0)}
    model = from_weights(VOCAB, made, shut)
    logits, _ = model(torch.zeros((1, 5), dtype=torch.long), model.initial_state())
    gradients = torch.autograd.grad(logits.square().sum(), list(model.parameters()))
    assert all(bool(torch.isfinite(gradient).all()) for gradient in gradients)


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_stepper_computes_what_numpy_does(kind, batch_size):
    made = config(kind, "whole")
    ours = numpy_networks.network(VOCAB, made, weights(made))
    model, rng = double(made), np.random.default_rng(5)
    state = {n: rng.normal(size=v.shape) for n, v in ours.initial_state(batch_size).items()}
    stepper, own = model.stepper(state), ours.stepper(state)
    for now in rng.integers(len(VOCAB), size=(4, batch_size)):
        now = now if batch_size > 1 else now[0]
        assert_close(stepper.read(now), own.read(now))
    for name, value in own.state().items():
        assert_close(stepper.state()[name], value)


@pytest.mark.parametrize("kind", LINEAR)
def test_bfloat16_is_float32_but_for_the_rounding_of_factors(kind):
    made = config(kind, "usual", hidden_size=48)
    ids = torch.randint(len(VOCAB), (8, 12), generator=torch.Generator().manual_seed(0))
    losses = []
    for precision in ("float32", "bfloat16"):
        model = new_model(VOCAB, made, np.random.default_rng(0), precision=precision)
        logits, state = model(ids, model.initial_state(8))
        assert all(value.dtype == torch.float32 for value in state.values())
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
        losses.append(float(loss.detach()))
        torch.autograd.grad(loss, list(model.parameters()))
    assert 0 < abs(losses[0] - losses[1]) < 5e-3


def test_dropout_acts_only_with_a_generator_and_repeats_with_its_seed():
    made = config("mingru", "whole")
    model = new_model(VOCAB, made, np.random.default_rng(0), dropout=0.5, embedding_dropout=0.2)
    ids = torch.zeros((1, 5), dtype=torch.long)

    def logits(masks):
        return model(ids, model.initial_state(), masks)[0].detach().numpy()

    first = logits(torch.Generator().manual_seed(1))
    np.testing.assert_array_equal(first, logits(torch.Generator().manual_seed(1)))
    assert np.abs(first - logits(None)).max() > 1e-3
    np.testing.assert_array_equal(logits(None), logits(None))


def test_what_does_not_exist_cannot_be_dropped():
    with pytest.raises(TrainingError, match=r"minGRU has no recurrent weights.*--weight-dropout"):
        new_model(VOCAB, config("mingru"), np.random.default_rng(0), weight_dropout=0.1)


def test_a_network_is_of_its_kind():
    lstm = new_model(VOCAB, ModelConfig("lstm", 6), np.random.default_rng(0))
    assert type(lstm) is TorchModel
    assert type(from_weights(VOCAB, lstm.config, lstm.to_weights())) is TorchModel
    made = config("lru")
    model = new_model(VOCAB, made, np.random.default_rng(0))
    again = from_weights(VOCAB, made, model.to_weights())
    assert {n: w.shape for n, w in again.to_weights().items()} == weight_shapes(made, len(VOCAB))


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
def test_muon_is_for_matrices_and_adam_for_what_forgets(kind, shape):
    made = config(kind, shape)
    model = new_model(VOCAB, made, np.random.default_rng(0))
    muon, adam = optimizers(model, TrainingConfig(optimizer="muon"))
    assert isinstance(muon, Muon)
    names = {id(value): name for name, value in model.named_parameters()}
    of = [
        {names[id(p)] for group in each.param_groups for p in group["params"]}
        for each in (muon, adam)
    ]
    assert of[0] | of[1] == set(names.values()) and not of[0] & of[1]
    assert not any(is_exact(name) or name.endswith("conv") for name in of[0])
    start = "embedding" if made.embedding_size else "W_in"
    assert start in of[1] and {"W_hy", "layers.1.W_xh", "layers.0.W_out"} <= of[0]
    blocks = {names[id(g["params"][0])]: g["blocks"] for g in muon.param_groups}
    per_kind = {"mingru": 2, "lru": 2, "s6": 1, "minlstm": 3, "rglru": 3}
    assert blocks["layers.0.W_xh"] == per_kind[kind] and blocks["layers.0.W_out"] == 1
