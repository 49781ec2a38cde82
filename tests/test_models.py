"""NumPy against PyTorch, whole texts against single steps, and the shapes of weights."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import KINDS, own_ids, random_checkpoint

from rnnbook import checkpoints
from rnnbook.language_model import LanguageModel, log_softmax, softmax
from rnnbook.numpy_networks.model import NumpyModel, sigmoid
from rnnbook.recurrent import ModelConfig, count_parameters, weight_shapes
from rnnbook.torch_networks.rnn import TorchModel

pytestmark = pytest.mark.numerical

NETWORKS = [
    (kind, layers, embedding) for kind in KINDS for layers in (1, 2) for embedding in (0, 5)
]


def engines(kind: str, num_layers: int, embedding_size: int):
    checkpoint = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size)
    ours = checkpoint.model()
    return ours, TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


@pytest.mark.parametrize(("kind", "num_layers", "embedding_size"), NETWORKS)
@pytest.mark.parametrize("num_steps", [1, 17])
def test_numpy_and_pytorch_compute_the_same(kind, num_layers, embedding_size, num_steps):
    ours, theirs = engines(kind, num_layers, embedding_size)
    ids = np.random.default_rng(1).integers(0, len(ours.vocab), (3, num_steps))
    our_logits, our_state = ours.read(ids, ours.initial_state(3))
    their_logits, their_state = theirs.read(ids, theirs.initial_state(3))
    np.testing.assert_allclose(our_logits, their_logits, atol=1e-5)
    assert set(our_state) == set(their_state)
    for name, value in our_state.items():
        np.testing.assert_allclose(value, their_state[name].numpy(), atol=1e-5)


@pytest.mark.parametrize(("kind", "num_layers", "embedding_size"), NETWORKS)
def test_stepping_is_reading_one_character_at_a_time(kind, num_layers, embedding_size):
    for model in engines(kind, num_layers, embedding_size):
        ids = np.random.default_rng(2).integers(0, len(model.vocab), (2, 9))
        read, _ = model.read(ids, model.initial_state(2))
        state = model.initial_state(2)
        for t in range(9):
            before = {name: np.asarray(value).copy() for name, value in state.items()}
            logits, new = model.step(ids[:, t], state)
            np.testing.assert_allclose(logits, read[:, t], atol=1e-5)
            for name, value in before.items():  # the state passed in is not changed
                np.testing.assert_array_equal(value, np.asarray(state[name]))
            state = new


@pytest.mark.parametrize("name", checkpoints.shipped())
def test_numpy_and_pytorch_agree_on_the_shipped_models(name):
    checkpoint = checkpoints.load(name)
    ours = checkpoint.model()
    theirs = TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    ids = np.array([own_ids(ours, 200, seed) for seed in range(2)])
    our_logits, _ = ours.read(ids, ours.initial_state(2))
    their_logits, _ = theirs.read(ids, theirs.initial_state(2))
    np.testing.assert_allclose(our_logits, their_logits, atol=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_survive_the_way_through_pytorch(kind):
    checkpoint = random_checkpoint(kind, num_layers=2)
    model = TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    returned = model.to_weights()
    assert set(returned) == set(checkpoint.weights)
    for name, array in checkpoint.weights.items():
        np.testing.assert_allclose(returned[name], array, atol=1e-7)


@pytest.mark.parametrize("kind", KINDS)
def test_a_trace_records_what_stepping_computes(kind):
    model = random_checkpoint(kind, num_layers=2).model()
    text = "a bad cab\nfed. a"
    trace = model.trace(text)
    ids, state = model.vocab.encode(text), model.initial_state()
    assert trace.hidden.shape == (2, len(text), 12)
    assert set(trace.gates) == {"rnn": {"h"}, "gru": set("rzn"), "lstm": set("ifgo")}[kind]
    for t in range(len(text)):
        logits, state = model.step(ids[t : t + 1], state)
        np.testing.assert_array_equal(trace.hidden[:, t], state["h"][:, 0])
        np.testing.assert_allclose(trace.logits[t], logits[0], atol=1e-6)
        if kind == "lstm":
            np.testing.assert_array_equal(trace.cell[:, t], state["c"][:, 0])
    np.testing.assert_allclose(trace.probs.sum(axis=1), 1)


def test_the_lstms_trace_obeys_its_equations():
    trace = random_checkpoint("lstm").model().trace("a bad cab")
    gates = trace.gates
    before = np.concatenate([np.zeros_like(trace.cell[:, :1]), trace.cell[:, :-1]], axis=1)
    cell = gates["f"] * before + gates["i"] * gates["g"]
    np.testing.assert_allclose(trace.cell, cell, atol=1e-6)
    np.testing.assert_allclose(trace.hidden, gates["o"] * np.tanh(cell), atol=1e-6)


def test_every_model_is_a_language_model():
    for model in engines("lstm", 1, 5):
        assert isinstance(model, LanguageModel)


def test_parameter_counts_are_those_of_char_rnn():
    # char-rnn keeps two biases a block; its default has 240,321 parameters at V = 65
    config = ModelConfig("lstm", hidden_size=128, num_layers=2, embedding_size=0)
    assert count_parameters(config, 65) + 2 * 4 * 128 == 240_321
    big = ModelConfig("lstm", hidden_size=512, num_layers=2, embedding_size=0)
    assert count_parameters(big, 65) / 1e6 == pytest.approx(3.32, abs=0.005)


@pytest.mark.parametrize(
    "settings",
    [{"kind": "cnn"}, {"hidden_size": 0}, {"num_layers": 0}, {"embedding_size": -1},
     {"hidden_size": 1.5}, {"num_layers": True}],
)  # fmt: skip
def test_a_network_that_cannot_be_is_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        ModelConfig(**settings)


def test_weights_of_another_shape_are_refused(checkpoint):
    weights = {**checkpoint.weights, "W_hy": np.zeros((3, 3), np.float32)}
    with pytest.raises(ValueError, match=r"W_hy must have the shape \(11, 12\), found \(3, 3\)"):
        NumpyModel(checkpoint.vocab, checkpoint.config, weights)
    del weights["b_y"], weights["W_hy"]
    with pytest.raises(ValueError, match="found nothing"):
        NumpyModel(checkpoint.vocab, checkpoint.config, weights)


def test_the_forget_gate_starts_open():
    config = ModelConfig("lstm", 6, 2, 3)
    vocab = random_checkpoint().vocab
    weights = TorchModel(vocab, config, np.random.default_rng(0)).to_weights()
    for layer in range(2):
        np.testing.assert_array_equal(weights[f"layers.{layer}.b_h"][6:12], 1)
    assert {name: array.shape for name, array in weights.items()} == weight_shapes(config, 11)


def test_dropout_acts_only_with_a_generator_and_repeats_with_its_seed():
    torch = pytest.importorskip("torch")
    config, vocab = ModelConfig("lstm", 6, 1, 3), random_checkpoint().vocab
    model = TorchModel(vocab, config, np.random.default_rng(0), dropout=0.5)
    ids, state = torch.zeros((1, 5), dtype=torch.int64), model.initial_state()

    def logits(masks):
        return model(ids, state, masks)[0].detach().numpy()

    first = logits(torch.Generator().manual_seed(1))
    np.testing.assert_array_equal(first, logits(torch.Generator().manual_seed(1)))
    assert np.abs(first - logits(None)).max() > 1e-3
    np.testing.assert_array_equal(logits(None), logits(None))


def test_functions_do_not_overflow():
    extreme = np.array([-1e4, 0, 1e4], dtype=np.float32)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        np.testing.assert_allclose(sigmoid(extreme), [0, 0.5, 1])
        np.testing.assert_allclose(softmax(extreme)[2], 1)
        np.testing.assert_allclose(log_softmax(extreme)[0], -2e4)
