"""The linear recurrences in NumPy: by their equations, by steps and by scans, in any windows."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from conftest import random_checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from rnnbook import numpy_networks
from rnnbook.checkpoints import Checkpoint
from rnnbook.language_model import LanguageModel
from rnnbook.numpy_networks.linear import LinearModel
from rnnbook.numpy_networks.scans import SCANS
from rnnbook.recurrent import (
    LINEAR,
    ModelConfig,
    count_parameters,
    count_tensors,
    is_exact,
    untrained_weights,
    weight_shapes,
)
from rnnbook.sampling import sample, sample_many
from rnnbook.text import Vocab

pytestmark = pytest.mark.numerical

VOCAB = Vocab.from_text("\n abcdefgh.")
SHAPES = {
    "plain": {"norm": "none", "conv_width": 0, "output_gate": False},
    "whole": {"mlp_factor": 2, "norm": "layer", "width": 20},
    "usual": {"embedding_size": 0, "width": 10},
}
NETWORKS = [(kind, shape) for kind in LINEAR for shape in SHAPES]


def config(kind: str, shape: str = "usual", **more) -> ModelConfig:
    states = {"state_size": 3} if kind == "s6" else {}
    settings = {"embedding_size": 5, **SHAPES[shape], **states, **more}
    return ModelConfig(kind, 12, settings.pop("num_layers", 2), **settings)


def model(kind: str, shape: str = "usual", dtype=np.float64, **more) -> LinearModel:
    """A network whose every weight differs from where it would begin."""
    rng, made = np.random.default_rng(1), config(kind, shape, **more)
    weights = {
        name: (value + rng.normal(scale=0.3, size=value.shape)).astype(dtype)
        for name, value in untrained_weights(made, len(VOCAB), rng).items()
    }
    return numpy_networks.network(VOCAB, made, weights)


def assert_close(found, wanted):
    np.testing.assert_allclose(found, wanted, rtol=0, atol=1e-12 * max(1, np.abs(wanted).max()))


def assert_equal_states(found, wanted):
    assert set(found) == set(wanted)
    for name, value in wanted.items():
        assert found[name].shape == value.shape
        assert_close(found[name], value)


# ------------------------------------------------------------------ the equations, by hand


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def softplus(x):
    return np.log(1 + np.exp(x))


def silu(x):
    return x * sigmoid(x)


def recurrence(kind, w, p, h, H, N):
    """One step of one stream: the new state, of its own shape, and y."""
    if kind == "mingru":
        z, n = p[:H], p[H:]
        h = (1 - sigmoid(z)) * h + sigmoid(z) * n
        return h, h
    if kind == "minlstm":
        f, i = sigmoid(p[:H]), sigmoid(p[H : 2 * H])
        h = f / (f + i) * h + i / (f + i) * p[2 * H :]
        return h, h
    if kind == "rglru":
        r, i, x = sigmoid(p[:H]), sigmoid(p[H : 2 * H]), p[2 * H :]
        a = sigmoid(w["Lambda"]) ** (8 * r)
        h = a * h + np.sqrt(1 - a**2) * (i * x)
        return h, h
    if kind == "lru":
        a = np.exp(-np.exp(w["nu"])) * (
            np.cos(np.exp(w["theta"])) + 1j * np.sin(np.exp(w["theta"]))
        )
        h = a * h + np.exp(w["gamma"]) * (p[:H] + 1j * p[H:])
        return h, np.concatenate([h.real, h.imag])
    R = w["W_dt"].shape[1]
    v, low, B, C = p[:H], p[H : H + R], p[H + R : H + R + N], p[H + R + N :]
    dt = softplus(w["W_dt"] @ low + w["b_dt"])
    for channel in range(H):
        for n in range(N):
            A = -np.exp(w["A_log"][channel, n])
            h[channel, n] = (
                np.exp(dt[channel] * A) * h[channel, n] + dt[channel] * B[n] * v[channel]
            )
    return h, h @ C + w["D"] * v


def norm(made, u, gain):
    if gain is None:
        return u
    u = u - u.mean() if made.norm == "layer" else u
    return u / np.sqrt((u**2).mean() + 1e-6) * gain


def by_hand(network, ids):
    """Logits (T, V) of one text, with nothing shared with the package but the weights."""
    made, weights = network.config, network.weights
    H, N, K, layers = made.hidden_size, made.state_size, made.conv_width, range(made.num_layers)
    sizes = {"lru": ((H,), complex), "s6": ((H, N), float)}
    shape, dtype = sizes.get(made.kind, ((H,), float))
    states = [np.zeros(shape, dtype) for _ in layers]
    seen = [[np.zeros(made.stream)] * (K - 1) for _ in layers]
    logits = []
    for char_id in ids:
        u = weights["W_in"][:, char_id] if not made.embedding_size else (
            weights["W_in"] @ weights["embedding"][char_id]
        )  # fmt: skip
        for layer in layers:
            prefix = f"layers.{layer}."
            w = {n[len(prefix) :]: v for n, v in weights.items() if n.startswith(prefix)}
            v = x = norm(made, u, w.get("norm"))
            if K:
                seen[layer] = [*seen[layer], x]
                x = silu(sum(w["conv"][:, k] * seen[layer][k] for k in range(K)) + w["b_conv"])
                seen[layer] = seen[layer][1:]
            p = w["W_xh"] @ x + w["b_h"]
            states[layer], y = recurrence(made.kind, w, p, states[layer], H, N)
            if made.output_gate:
                gate = silu(w["W_gate"] @ v + w["b_gate"])
                y = y * (np.concatenate([gate, gate]) if made.kind == "lru" else gate)
            u = u + w["W_out"] @ y
            if made.mlp_factor:
                wide = silu(w["W_up"] @ norm(made, u, w.get("norm_mlp")) + w["b_up"])
                u = u + w["W_down"] @ wide
        logits.append(weights["W_hy"] @ norm(made, u, weights.get("norm_y")) + weights["b_y"])
    return np.array(logits)


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
def test_a_text_is_read_as_the_equations_say(kind, shape):
    network, ids = model(kind, shape), np.random.default_rng(2).integers(len(VOCAB), size=(2, 11))
    logits, _ = network.read(ids, network.initial_state(2))
    for row, text in zip(logits, ids, strict=True):
        assert_close(row, by_hand(network, text))


# ------------------------------------------------------------------ steps, scans, windows


@settings(max_examples=25)
@given(
    st.sampled_from(NETWORKS),
    st.integers(1, 20),
    st.lists(st.integers(1, 19), max_size=3),
    st.lists(st.sampled_from([*SCANS]), min_size=4, max_size=4),
    st.integers(0, 2**32 - 1),
)
def test_windows_read_by_any_scan_are_steps(kind_and_shape, length, cuts, names, seed):
    network, rng = model(*kind_and_shape), np.random.default_rng(seed)
    ids = rng.integers(len(VOCAB), size=(2, length))
    start = {n: rng.normal(size=v.shape) for n, v in network.initial_state(2).items()}
    wanted, state = [], start
    for t in range(length):
        kept = {name: value.copy() for name, value in state.items()}
        logits, after = network.step(ids[:, t], state)
        assert_equal_states(state, kept)  # the state passed in is not changed
        wanted.append(logits)
        state = after
    edges = [0, *sorted({cut for cut in cuts if cut < length}), length]
    found, windows = [], start
    for name, first, last in zip(names, edges, edges[1:], strict=False):
        logits, windows = network.read(ids[:, first:last], windows, SCANS[name])
        found.append(logits)
    assert_close(np.concatenate(found, axis=1), np.stack(wanted, axis=1))
    assert_equal_states(windows, state)


@pytest.mark.parametrize("kind", LINEAR)
def test_a_long_text_is_read_in_pieces(kind, monkeypatch):
    network, ids = model(kind), np.random.default_rng(3).integers(len(VOCAB), size=(2, 30))
    whole, state = network.read(ids, network.initial_state(2))
    trace = network.trace(VOCAB.decode(ids[0]))
    monkeypatch.setattr("rnnbook.numpy_networks.linear._MOST_STATES", 500)
    assert network._longest(2) < 30
    pieces, after = network.read(ids, network.initial_state(2))
    assert_close(pieces, whole)
    assert_equal_states(after, state)
    again = network.trace(trace.text)
    assert_close(again.hidden, trace.hidden)
    assert_close(again.logits, whole[0])


@pytest.mark.parametrize("kind", LINEAR)
@pytest.mark.parametrize("batch_size", [1, 3])
def test_a_stepper_computes_what_steps_do_in_double(kind, batch_size):
    network = model(kind, dtype=np.float32)
    double, rng = network.in_double(), np.random.default_rng(4)
    state = {n: rng.normal(size=v.shape) for n, v in double.initial_state(batch_size).items()}
    stepper = network.stepper(state)
    for now in rng.integers(len(VOCAB), size=(5, batch_size)):
        logits, state = double.step(now, state)
        found = stepper.read(now if batch_size > 1 else now[0])
        assert found.dtype == np.float64
        assert_close(found, logits if batch_size > 1 else logits[0])
        assert_equal_states(stepper.state(), state)
    stepper.state()["h"][:] = 0
    assert_equal_states(stepper.state(), state)


@pytest.mark.parametrize("kind", LINEAR)
def test_the_weights_dtype_is_computed_with(kind):
    network = model(kind, dtype=np.float32)
    logits, state = network.read(np.zeros((1, 4), int), network.initial_state())
    exact, _ = network.in_double().read(np.zeros((1, 4), int), network.initial_state())
    assert {logits.dtype, *(v.dtype for v in state.values())} == {np.dtype(np.float32)}
    np.testing.assert_allclose(logits, exact, atol=1e-4)


@pytest.mark.parametrize("kind", LINEAR)
def test_factors_stay_factors_where_gates_are_wide_open_or_shut(kind):
    """In single precision a sigmoid is 0 from -20 on, and 0 / 0 is no number."""
    network = model(kind, dtype=np.float32)
    weights = {n: 100 * v if n.endswith("W_xh") else v for n, v in network.weights.items()}
    extreme = numpy_networks.network(VOCAB, network.config, weights)
    with np.errstate(all="raise", under="ignore"):
        trace = extreme.trace("a bad cab\n" * 3)
    assert np.isfinite(trace.logits).all()
    assert ((trace.gates["a"] >= 0) & (trace.gates["a"] <= 1)).all()


# ------------------------------------------------------------------ traces, texts, files


@pytest.mark.parametrize("kind", LINEAR)
def test_a_trace_holds_factors_and_hidden_states(kind):
    network = model(kind, "usual")
    trace = network.trace("a bad cab\nfed. a")
    assert trace.hidden.shape == (2, 16, 12) and set(trace.gates) == set(LINEAR[kind])
    assert trace.cell is None and all(g.shape == (2, 16, 12) for g in trace.gates.values())
    assert all(((g >= 0) & (g <= 1)).all() for g in trace.gates.values())
    _, state = network.read(np.array([VOCAB.encode(trace.text)]), network.initial_state())
    if kind != "s6":
        assert_close(trace.hidden[:, -1], state["h"][:, 0, :12])
    if kind in ("mingru", "minlstm"):  # h = a h' + (1 - a) n, so that a is what stays of a push
        pushed = {**network.initial_state(), "h": np.ones_like(network.initial_state()["h"])}
        moved = network.trace("a", pushed).hidden - network.trace("a").hidden
        assert_close(moved[0], network.trace("a").gates["a"][0])


@pytest.mark.parametrize("kind", LINEAR)
def test_texts_are_drawn_alone_and_side_by_side(kind):
    network = model(kind, dtype=np.float32)
    assert isinstance(network, LanguageModel)
    prompts, seeds = ["a", "bad", "a"], (0, 1, 2)
    alone = [
        sample(network, prompt, 12, rng=np.random.default_rng(seed))
        for prompt, seed in zip(prompts, seeds, strict=True)
    ]
    assert alone == sample_many(network, prompts, 12, rngs=[*map(np.random.default_rng, seeds)])


def checkpoint(kind: str, shape: str = "whole") -> Checkpoint:
    network = model(kind, shape, np.float32)
    return Checkpoint(network.config, VOCAB, network.weights, {"note": "random"})


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
@pytest.mark.parametrize("storage", ["float32", "float16", "int8"])
def test_checkpoints_keep_factors_whole(tmp_path, kind, shape, storage):
    from rnnbook import checkpoints

    saved = checkpoint(kind, shape)
    saved.save(tmp_path / "model.safetensors", storage)
    loaded = checkpoints.load(tmp_path / "model.safetensors")
    assert loaded.config == saved.config and isinstance(loaded.model(), LinearModel)
    for name, array in saved.weights.items():
        share = {"float32": 0, "float16": 2**-11, "int8": 0.51 / 127}[storage]
        if is_exact(name) or storage == "float32":
            np.testing.assert_array_equal(loaded.weights[name], array)
        else:
            largest = np.abs(array).max(axis=-1, keepdims=True)
            assert (np.abs(loaded.weights[name] - array) <= share * largest + 1e-7).all()


@pytest.mark.parametrize(("kind", "shape"), NETWORKS)
def test_weights_are_counted_as_they_are_listed(kind, shape):
    for layers in (1, 3):
        made = config(kind, shape, num_layers=layers)
        shapes = weight_shapes(made, 7)
        assert count_tensors(made) == len(shapes)
        assert count_parameters(made, 7) == sum(int(np.prod(shape)) for shape in shapes.values())
    assert ModelConfig(**made.to_dict()) == made
    assert {
        n: w.shape for n, w in untrained_weights(made, 7, np.random.default_rng(0)).items()
    } == (shapes)


def test_the_older_kinds_say_nothing_of_what_they_do_not_have():
    lstm = random_checkpoint().config
    assert set(lstm.to_dict()) == {"kind", "hidden_size", "num_layers", "embedding_size"}
    names = {item.name for item in dataclasses.fields(ModelConfig)} - set(lstm.to_dict())
    others = {"width": 8, "state_size": 4, "conv_width": 0, "output_gate": False,
              "mlp_factor": 2, "norm": "none"}  # fmt: skip
    assert set(others) == names
    for name, value in others.items():
        with pytest.raises(ValueError, match=f"{name}: only for"):
            ModelConfig("gru", 12, **{name: value})
    with pytest.raises(ValueError, match="state_size: only for"):
        ModelConfig("mingru", 12, state_size=4)


@pytest.mark.parametrize(
    "wrong",
    [{"width": -1}, {"state_size": 0}, {"conv_width": 1}, {"conv_width": 2.0}, {"mlp_factor": -1},
     {"norm": "batch"}, {"norm": ["rms"] * 1000}, {"output_gate": 1}, {"conv_width": True}],
)  # fmt: skip
def test_a_network_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ModelConfig("s6", 12, **wrong)


@pytest.mark.parametrize("kind", LINEAR)
def test_untrained_factors_are_spread(kind):
    """Some units forget sooner than others, before any training."""
    made = ModelConfig(kind, 64, 1, 0)
    weights = untrained_weights(made, len(VOCAB), np.random.default_rng(0))
    a = numpy_networks.network(VOCAB, made, weights).trace("a bad cab").gates["a"][0].mean(axis=0)
    assert a.max() > 0.75
    assert a.max() - a.min() > (0.02 if kind == "s6" else 0.2)
    if kind == "lru":  # states keep their size: the input is weighed by sqrt(1 - |a|²)
        np.testing.assert_allclose(np.exp(weights["layers.0.gamma"]), np.sqrt(1 - a**2), rtol=1e-4)
