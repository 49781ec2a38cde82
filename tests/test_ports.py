"""Networks of other libraries guess as before when they have been brought here."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
import torch
from torch import nn

from rnnbook import checkpoints, ports
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import PortError, TextError
from rnnbook.text import Vocab

CHARS = "cab d"  # in the order of another program's ids
IDS = np.random.default_rng(0).integers(0, len(CHARS), 40)
KINDS = ("rnn", "gru", "lstm")
SHAPES = [(layers, embedding) for layers in (1, 2) for embedding in (0, 3)]
HIDDEN = 7

# the libraries warn about each other's releases as they are loaded
pytestmark = pytest.mark.filterwarnings("ignore")


def guesses(checkpoint: Checkpoint) -> np.ndarray:
    """Logits (T, V) after every character of the text, columns in the other program's order."""
    text = "".join(CHARS[i] for i in IDS)
    model = checkpoint.model()
    logits, _ = model.read(checkpoint.vocab.encode(text)[None], model.initial_state())
    found: np.ndarray = logits[0][:, checkpoint.vocab.encode(CHARS)]
    return found


def check(checkpoint: Checkpoint, expected: np.ndarray, kind: str, shape, tmp_path) -> None:
    config = checkpoint.config
    assert (config.kind, config.num_layers, config.embedding_size) == (kind, *shape)
    assert config.hidden_size == HIDDEN and checkpoint.vocab == Vocab.from_text(CHARS)
    assert np.ptp(expected, axis=0).min() > 0.01, "guesses that do not depend on the text"
    np.testing.assert_allclose(guesses(checkpoint), expected, atol=2e-5)
    checkpoint.save(tmp_path / "model.safetensors", "float32")
    loaded = checkpoints.load(tmp_path / "model.safetensors")
    np.testing.assert_array_equal(guesses(loaded), guesses(checkpoint))


class Torch(nn.Module):
    """The network that tutorials make."""

    def __init__(self, kind: str, num_layers: int, embedding: int, bias: bool = True, **more):
        super().__init__()
        size = len(CHARS)
        self.embedding = nn.Embedding(size, embedding) if embedding else None
        made = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
        self.recurrent = made(embedding or size, HIDDEN, num_layers, bias=bias, **more)
        self.linear = nn.Linear(HIDDEN, size, bias=bias)
        generator = torch.Generator().manual_seed(0)
        with torch.no_grad():
            for parameter in self.parameters():
                parameter.copy_(0.6 * torch.randn(parameter.shape, generator=generator))

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        one_hot = nn.functional.one_hot(ids, len(CHARS)).float()
        x = self.embedding(ids) if self.embedding else one_hot
        logits: torch.Tensor = self.linear(self.recurrent(x)[0])
        return logits


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_from_pytorch(kind, shape, bias, tmp_path):
    network = Torch(kind, *shape, bias=bias)
    with torch.no_grad():
        expected = network(torch.from_numpy(IDS)).numpy()
    check(ports.from_torch(network.state_dict(), CHARS), expected, kind, shape, tmp_path)
    arrays = {name: value.numpy() for name, value in network.state_dict().items()}
    assert ports.from_torch(arrays, CHARS).to_bytes() == (
        ports.from_torch(network.state_dict(), CHARS).to_bytes()
    )


@pytest.fixture(scope="module")
def keras():
    os.environ.setdefault("KERAS_BACKEND", "torch")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return pytest.importorskip("keras")


def keras_model(keras, kind: str, num_layers: int, embedding: int, **more):
    made = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}[kind]
    size = len(CHARS)
    layers = [keras.layers.Input((None,) if embedding else (None, size))]
    layers += [keras.layers.Embedding(size, embedding)] if embedding else []
    layers += [made(HIDDEN, return_sequences=True, **more) for _ in range(num_layers)]
    layers += [keras.layers.Dropout(0.5)]
    layers += [keras.layers.TimeDistributed(keras.layers.Dense(size))]
    model = keras.Sequential(layers)
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(scale=0.6, size=w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("kind", KINDS)
def test_a_network_from_keras(keras, kind, shape, tmp_path):
    model = keras_model(keras, kind, *shape)
    x = IDS if shape[1] else np.eye(len(CHARS), dtype=np.float32)[IDS]
    expected = keras.ops.convert_to_numpy(model(x[None]))[0]
    check(ports.from_keras(model, CHARS), expected, kind, shape, tmp_path)


def test_cells_of_keras_and_layers_without_biases(keras, tmp_path):
    cells = [keras.layers.LSTMCell(HIDDEN, use_bias=False) for _ in range(2)]
    model = keras.Sequential([
        keras.layers.Input((None,)), keras.layers.Embedding(len(CHARS), 3),
        keras.layers.RNN(cells, return_sequences=True),
        keras.layers.Dense(len(CHARS), use_bias=False),
    ])  # fmt: skip
    rng = np.random.default_rng(0)
    model.set_weights([rng.normal(scale=0.6, size=w.shape) for w in model.get_weights()])
    expected = keras.ops.convert_to_numpy(model(IDS[None]))[0]
    check(ports.from_keras(model, CHARS), expected, "lstm", (2, 3), tmp_path)


def test_what_has_no_counterpart_in_keras_is_named(keras):
    with pytest.raises(PortError, match="reset_after=False"):
        ports.from_keras(keras_model(keras, "gru", 1, 3, reset_after=False), CHARS)
    with pytest.raises(PortError, match="activation='relu'"):
        ports.from_keras(keras_model(keras, "rnn", 1, 3, activation="relu"), CHARS)
    with pytest.raises(PortError, match="go_backwards=True"):
        ports.from_keras(keras_model(keras, "lstm", 1, 3, go_backwards=True), CHARS)
    both = keras.Sequential([
        keras.layers.Input((None, 5)), keras.layers.Bidirectional(keras.layers.LSTM(3)),
        keras.layers.Dense(5),
    ])  # fmt: skip
    with pytest.raises(PortError):
        ports.from_keras(both, CHARS)


@pytest.fixture(scope="module")
def jax():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = pytest.importorskip("jax")
        pytest.importorskip("flax")
    return found


def randomly(jax, tree):
    """The same tree with normal numbers in it."""
    leaves, form = jax.tree_util.tree_flatten(tree)
    rng = np.random.default_rng(0)
    values = [jax.numpy.asarray(rng.normal(scale=0.6, size=leaf.shape)) for leaf in leaves]
    return jax.tree_util.tree_unflatten(form, values)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("cell", ["SimpleCell", "GRUCell", "LSTMCell", "OptimizedLSTMCell"])
def test_a_network_from_linen(jax, cell, shape, tmp_path):
    from flax import linen

    size, (num_layers, embedding) = len(CHARS), shape

    class Network(linen.Module):
        @linen.compact
        def __call__(self, ids):
            x = linen.Embed(size, embedding)(ids) if embedding else jax.nn.one_hot(ids, size)
            for _ in range(num_layers):
                x = linen.RNN(getattr(linen, cell)(HIDDEN))(x)
            return linen.Dense(size)(x)

    network = Network()
    params = randomly(jax, network.init(jax.random.key(0), IDS[None]))
    expected = np.asarray(network.apply(params, IDS[None])[0])
    kind = {"S": "rnn", "G": "gru", "L": "lstm", "O": "lstm"}[cell[0]]
    check(ports.from_flax(params, CHARS), expected, kind, shape, tmp_path)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("cell", ["SimpleCell", "GRUCell", "LSTMCell", "OptimizedLSTMCell"])
def test_a_network_from_nnx(jax, cell, shape, tmp_path):
    from flax import nnx

    size, (num_layers, embedding) = len(CHARS), shape

    class Network(nnx.Module):
        def __init__(self, rngs):
            self.embed = nnx.Embed(size, embedding, rngs=rngs) if embedding else None
            for number in range(num_layers):
                inputs = HIDDEN if number else embedding or size
                made = nnx.RNN(getattr(nnx, cell)(inputs, HIDDEN, rngs=rngs), rngs=rngs)
                setattr(self, f"recurrent_{number}", made)
            self.linear = nnx.Linear(HIDDEN, size, rngs=rngs)

        def __call__(self, ids):
            x = self.embed(ids) if embedding else jax.nn.one_hot(ids, size)
            for number in range(num_layers):
                x = getattr(self, f"recurrent_{number}")(x)
            return self.linear(x)

    network = Network(nnx.Rngs(0))
    nnx.update(network, randomly(jax, nnx.state(network, nnx.Param)))
    params = nnx.to_pure_dict(nnx.state(network, nnx.Param))
    expected = np.asarray(network(IDS[None])[0])
    kind = {"S": "rnn", "G": "gru", "L": "lstm", "O": "lstm"}[cell[0]]
    check(ports.from_flax(params, CHARS), expected, kind, shape, tmp_path)


def test_an_id_that_stands_for_no_character_is_left_out():
    network = Torch("lstm", 1, 3)
    whole = ports.from_torch(network.state_dict(), CHARS)
    part = ports.from_torch(network.state_dict(), [*CHARS[:4], None])
    assert part.vocab == Vocab.from_text(CHARS[:4])
    rows = whole.vocab.encode("".join(part.vocab))
    for name in ("embedding", "W_hy", "b_y"):
        np.testing.assert_array_equal(part.weights[name], whole.weights[name][rows])


def test_what_has_no_counterpart_in_pytorch_is_named():
    for more, message in (
        ({"bidirectional": True}, "reads backwards"),
        ({"proj_size": 3}, "projects its state"),
    ):
        made = nn.LSTM(5, HIDDEN, **more)
        weights = nn.ModuleDict({"recurrent": made, "linear": nn.Linear(HIDDEN, 5)}).state_dict()
        with pytest.raises(PortError, match=message):
            ports.from_torch(weights, CHARS)
    two = nn.ModuleDict({"a": nn.GRU(5, 5), "b": nn.GRU(5, 5), "out": nn.Linear(5, 5)})
    with pytest.raises(PortError, match="named by `layers`; here are: a, b"):
        ports.from_torch(two.state_dict(), CHARS)
    with pytest.raises(PortError, match="here are: none"):
        ports.from_torch(nn.Linear(5, 5).state_dict(), CHARS)


def test_characters_must_fit_the_network():
    weights = Torch("gru", 1, 3).state_dict()
    with pytest.raises(PortError, match="reads 5 symbols and guesses 5, and `chars` has 4"):
        ports.from_torch(weights, CHARS[:4])
    with pytest.raises(TextError, match="distinct"):
        ports.from_torch(weights, "aabcd")
    with pytest.raises(TextError, match="single characters"):
        ports.from_torch(weights, ["a", "b", "c", "d", "<pad>"])


def test_layers_of_flax_are_named_where_their_names_do_not_tell():
    rng = np.random.default_rng(0)

    def cell(inputs):
        return {"dense_i": {"kernel": rng.normal(size=(inputs, 4 * HIDDEN))},
                "dense_h": {"kernel": rng.normal(size=(HIDDEN, 4 * HIDDEN)),
                            "bias": rng.normal(size=4 * HIDDEN)}}  # fmt: skip

    params = {"encoder": cell(HIDDEN), "decoder": cell(5), "out": {
        "kernel": rng.normal(size=(HIDDEN, 5)), "bias": np.zeros(5)}}  # fmt: skip
    with pytest.raises(PortError, match="reads 7 symbols"):
        ports.from_flax({**params, "decoder": cell(HIDDEN), "encoder": cell(5)}, CHARS)
    brought = ports.from_flax(params, CHARS, layers=("decoder", "encoder"))
    kernel = params["encoder"]["dense_i"]["kernel"]
    np.testing.assert_allclose(brought.weights["layers.1.W_xh"], kernel.T.astype(np.float32))
    with pytest.raises(PortError, match="each of the cells once: encoder, decoder"):
        ports.from_flax(params, CHARS, layers=("decoder",))
