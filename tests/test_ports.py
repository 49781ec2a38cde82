"""Networks of other libraries guess as before when they have been brought here."""

from __future__ import annotations

import os
import warnings

import numpy as np
import pytest
import torch
from conftest import random_checkpoint
from safetensors.torch import load_file, save_file
from torch import nn

from rnnbook import checkpoints, cli, extras, ports
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import MissingLibraryError, PortError, TextError
from rnnbook.recurrent import LINEAR
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


TEXT = "bad cab, a dab: abba " * 2


NETWORKS = [
    pytest.param(
        random_checkpoint(kind, 8, layers, embedding, chars="\n ,:abcd"),
        id=f"{kind}-{layers}-{embedding}",
    )
    for kind in KINDS
    for layers, embedding in SHAPES
]


def expected_of(checkpoint: Checkpoint, text: str = TEXT) -> np.ndarray:
    model = checkpoint.model()
    logits: np.ndarray = model.read(checkpoint.vocab.encode(text)[None], model.initial_state())[0]
    assert np.ptp(logits, axis=1).min() > 0.01, "guesses that do not depend on the text"
    return logits


@pytest.fixture(scope="module")
def runtime():
    pytest.importorskip("onnx")
    return pytest.importorskip("onnxruntime")


@pytest.mark.parametrize("checkpoint", NETWORKS)
@pytest.mark.parametrize("to", ports.FORMATS)
def test_the_printed_lines_load_what_was_exported(
    checkpoint, to, tmp_path, monkeypatch, capsys, request
):
    """Run as printed, they guess as the checkpoint does."""
    if to != "torch":
        request.getfixturevalue({"onnx": "runtime", "keras": "keras"}[to])
    monkeypatch.chdir(tmp_path)
    checkpoint.save("mine.safetensors")
    assert cli.main(["export", "mine.safetensors", "--to", to]) == 0
    assert {path.name for path in tmp_path.iterdir()} == {
        "mine.safetensors", f"mine{ports.FORMATS[to]}"
    }  # fmt: skip
    found = {"text": TEXT}
    exec(capsys.readouterr().out, found)
    assert found["chars"] == list(checkpoint.vocab)
    logits = found["logits"]
    logits = logits.detach().numpy() if hasattr(logits, "detach") else np.asarray(logits)
    np.testing.assert_allclose(logits, expected_of(checkpoint), atol=2e-5)


@pytest.mark.parametrize("checkpoint", NETWORKS)
def test_what_was_exported_comes_back(checkpoint, keras, tmp_path):
    chars = list(checkpoint.vocab)
    for brought in (
        ports.from_torch(ports.to_torch(checkpoint), chars),
        ports.from_torch(dict(sorted(ports.to_torch(checkpoint).items())), chars),
        ports.from_keras(_filled(keras, checkpoint), chars),
    ):
        assert brought.config == checkpoint.config
        assert brought.weights.keys() == checkpoint.weights.keys()
        for name, weight in checkpoint.weights.items():
            np.testing.assert_array_equal(brought.weights[name], weight)


def _filled(keras, checkpoint):
    config, size = checkpoint.config, len(checkpoint.vocab)
    made = {"rnn": keras.layers.SimpleRNN, "gru": keras.layers.GRU, "lstm": keras.layers.LSTM}
    embedding = config.embedding_size
    model = keras.Sequential([
        keras.layers.Input((None,) if embedding else (None, size)),
        *([keras.layers.Embedding(size, embedding)] if embedding else []),
        *(made[config.kind](config.hidden_size, return_sequences=True)
          for _ in range(config.num_layers)),
        keras.layers.Dense(size),
    ])  # fmt: skip
    model.set_weights(ports.to_keras(checkpoint))
    return model


@pytest.mark.parametrize("checkpoint", NETWORKS)
def test_a_graph_runs_at_any_length_and_batch_size_and_goes_on(checkpoint, runtime):
    session = runtime.InferenceSession(ports.to_onnx(checkpoint))
    model, rng = checkpoint.model(), np.random.default_rng(0)
    for batch, length in ((1, 1), (1, 40), (3, 7)):
        ids = rng.integers(0, len(checkpoint.vocab), (batch, length))
        state = model.initial_state(batch)
        for _ in range(2):  # the second time from where the first ended
            found, *states = session.run(None, {"ids": ids, **state})
            logits, state = model.read(ids, state)
            np.testing.assert_allclose(found, logits, atol=2e-5)
            for name, given in zip(state, states, strict=True):
                np.testing.assert_allclose(given, state[name], atol=2e-5)


def test_a_shipped_network_reads_a_sentence_in_onnx(runtime):
    checkpoint = checkpoints.load("shakespeare-gru")
    text = "ROMEO:\nWhat light is this that falls upon the sea?"
    ids = checkpoint.vocab.encode(text)[None].astype(np.int64)
    session = runtime.InferenceSession(ports.to_onnx(checkpoint))
    found, *_ = session.run(None, {"ids": ids, **checkpoint.model().initial_state()})
    np.testing.assert_allclose(found, expected_of(checkpoint, text), atol=1e-3)


@pytest.mark.parametrize("to", ports.FORMATS)
@pytest.mark.parametrize("kind", LINEAR)
def test_a_linear_recurrence_has_no_counterpart_elsewhere(kind, to):
    with pytest.raises(PortError, match=r"only RNN, GRU, LSTM can be exported.*rnnbook page"):
        ports.exported(random_checkpoint(kind), to)


def test_a_library_that_is_missing_is_named_with_its_extra(monkeypatch):
    monkeypatch.setattr(extras, "find_spec", lambda name: None)
    for to, library in (("onnx", "onnx"), ("keras", "h5py")):
        with pytest.raises(MissingLibraryError, match=rf"needs {library}.*pip install"):
            ports.exported(random_checkpoint(), to)
    assert ports.exported(random_checkpoint(), "torch")
    with pytest.raises(PortError, match="exported to torch, onnx, keras, not to 'flax'"):
        ports.exported(random_checkpoint(), "flax")


def test_export_says_where_it_cannot_write(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)

    def refused(*options: str) -> str:
        assert cli.main(["export", "names", "--to", *options]) == 1
        return capsys.readouterr().err

    assert "call the file ….onnx" in refused("onnx", "-o", "a.txt")
    assert "Keras loads only files called ….weights.h5" in refused("keras", "-o", "a.h5")
    assert "is a folder" in refused("torch", "-o", ".")
    assert "cannot write" in refused("torch", "-o", "nowhere/a.safetensors")
    (tmp_path / "names.torch.safetensors").write_bytes(b"mine")
    assert "there already" in refused("torch")
    assert (tmp_path / "names.torch.safetensors").read_bytes() == b"mine"
    assert cli.main(["export", "names", "--to", "torch", "--overwrite"]) == 0
    assert len(load_file("names.torch.safetensors")) == 7


def test_an_own_module_comes_through_a_file_whose_names_are_sorted(tmp_path):
    """In the order of the alphabet a linear layer may stand before the recurrent one."""
    network = Torch("lstm", 1, HIDDEN)  # an embedding of the shape of the linear layer
    weights = {
        name.replace("linear", "a_guess").replace("embedding", "z_look_up"): value
        for name, value in network.state_dict().items()
    }
    save_file(weights, tmp_path / "own.safetensors")
    brought = ports.from_torch(load_file(tmp_path / "own.safetensors"), CHARS)
    with torch.no_grad():
        expected = network(torch.from_numpy(IDS)).numpy()
    np.testing.assert_allclose(guesses(brought), expected, atol=2e-5)
