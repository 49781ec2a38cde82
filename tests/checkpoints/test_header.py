"""A header is believed only as far as the file bears it out, in every command."""

from __future__ import annotations

import json
import tracemalloc

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint
from safetensors.numpy import save

from rnnbook import checkpoints
from rnnbook.checkpoints import Checkpoint, header
from rnnbook.cli import main
from rnnbook.dashboard import models
from rnnbook.errors import CheckpointError
from rnnbook.recurrent import ModelConfig, weight_shapes

REFUSED = "is not a whole, unchanged rnnbook checkpoint"


def crafted(text: str | None = None, tensors=None, **changes) -> bytes:
    """A file whose digest fits, whatever its header says."""
    checkpoint = random_checkpoint()
    content = {
        "format": 1, "config": checkpoint.config.to_dict(), "vocab": list(checkpoint.vocab),
        "info": checkpoint.info,
    }  # fmt: skip
    text = json.dumps({**content, **changes}) if text is None else text
    tensors = checkpoint.weights if tensors is None else tensors
    return save(tensors, {"rnnbook": text, "sha256": checkpoints._digest(text, tensors)})


def config(**changes) -> dict:
    return {"config": {**random_checkpoint().config.to_dict(), **changes}}


LINEAR = random_checkpoint("s6", state_size=2)


def linear(**changes) -> dict:
    return {"config": {**LINEAR.config.to_dict(), **changes}}


def deep(levels: int) -> str:
    return '{"format": 1, "info": ' + "[" * levels + "]" * levels + "}"


HOSTILE = {
    "a million layers": crafted(**config(num_layers=10**6)),
    "a milliard layers": crafted(**config(num_layers=10**9)),
    "two layers": crafted(**config(num_layers=2)),
    "units": crafted(**config(hidden_size=10**12)),
    "an embedding": crafted(**config(embedding_size=10**12)),
    "a milliard linear layers": crafted(**config(kind="s6", num_layers=10**9)),
    "a state": crafted(tensors=LINEAR.weights, **linear(state_size=10**12)),
    "a convolution": crafted(tensors=LINEAR.weights, **linear(conv_width=10**9)),
    "a stream": crafted(tensors=LINEAR.weights, **linear(width=10**12)),
    "another kind": crafted(tensors=LINEAR.weights, **linear(kind="rglru", state_size=8)),
    "a wide layer": crafted(tensors=LINEAR.weights, **linear(mlp_factor=10**9)),
    "no such norm": crafted(tensors=LINEAR.weights, **linear(norm=["rms"])),
    "a number for a gate": crafted(tensors=LINEAR.weights, **linear(output_gate=1)),
    "a rounded factor": crafted(tensors={
        **LINEAR.weights, "layers.0.A_log": np.zeros((12, 2), np.int8),
        "layers.0.A_log.scale": np.ones(12, np.float32),
    }, **linear()),
    "a list for a size": crafted(**config(hidden_size=[12] * 100_000)),
    "a long name": crafted(**config(**{"x" * 100_000: 1})),
    "deep": crafted(deep(100_000)),
    "rather deep": crafted(info={"a": json.loads("[" * 60 + "]" * 60)}),
    "an array": crafted("[1, 2]"),
    "a number": crafted("7"),
    "no configuration": crafted(config=None),
    "a word for a vocabulary": crafted(vocab="\n abcdefgh."),
    "an object for a vocabulary": crafted(vocab={"a": 1}),
    "numbers for a vocabulary": crafted(vocab=list(range(11))),
    "words for a vocabulary": crafted(vocab=["ab"] * 11),
    "no information": crafted(info=None),
    "a list for information": crafted(info=[1]),
    "other types": crafted(tensors={
        name: array.astype(np.float64) for name, array in random_checkpoint().weights.items()
    }),
    "a scale of nothing": crafted(tensors={
        **random_checkpoint().weights, "b_y.scale": np.ones(11, np.float32)
    }),
    "no scale": crafted(tensors={
        **random_checkpoint().weights, "W_hy": np.zeros((11, 12), np.int8)
    }),
}  # fmt: skip
ODD_INFO = {
    "corpus": [
        "<b>",
        ["name"],
        {"name": ["a"]},
        {"name": "a", "characters": "many"},
        True,
        {"parts": "two"},
        {"parts": [1]},
        {"preparation": {"min_count": "2"}},
    ],
    "ngram": [3, {"order": "three"}, {"loss": "low"}, {"loss": [1.0]}],
    "validation_loss": ["NaN<i>", None, [], True, float("nan")],
    "block_loss": ["low", {}],
    "measured": [1, ["so far"]],
    "command": [{"rnnbook": "train"}],
    "steps": [1.5, "many", False],
    "seconds": ["long"],
    "training": [[1], {"seed": "x"}],
    "history": ["x" * 1000, {}, [1], [{"step": "one"}], [{"sample": 3}], [{"validation_loss": []}]],
}
ODD = [(key, value) for key, values in ODD_INFO.items() for value in values]


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.safetensors"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_header_that_the_file_does_not_bear_out_is_refused(kind, path, tmp_path, capsys):
    path.write_bytes(HOSTILE[kind])
    for read in (checkpoints.load, checkpoints.read_header, models.load, models.label):
        with pytest.raises(CheckpointError, match=REFUSED) as caught:
            read(str(path))
        assert len(str(caught.value)) < 500
    for command in ("sample", "inspect", "evaluate"):
        assert main([command, str(path)]) == 1
        error = capsys.readouterr().err
        assert error.startswith("rnnbook: model.safetensors") and error.count("\n") == 1
    with pytest.raises(CheckpointError, match=f"the file {REFUSED}"):
        models.bring(HOSTILE[kind], tmp_path)
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    "kind", ["a million layers", "a milliard layers", "a milliard linear layers", "units", "deep"]
)
def test_nothing_is_built_from_it(kind, path, monkeypatch):
    def shapes(config, vocab_size):
        assert config.num_layers == 1, "the layers were not counted first"
        return weight_shapes(config, vocab_size)

    monkeypatch.setattr(header, "weight_shapes", shapes)
    path.write_bytes(HOSTILE[kind])
    tracemalloc.start()
    try:
        with pytest.raises(CheckpointError):
            checkpoints.load(path)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(HOSTILE[kind]) + 1_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(("key", "value"), ODD, ids=[f"{key}={str(v)[:20]}" for key, v in ODD])
def test_information_of_another_type_is_refused(key, value, path, capsys):
    path.write_bytes(crafted(info={**random_checkpoint().info, key: value}))
    for command in ("sample", "inspect", "evaluate"):
        assert main([command, str(path)]) == 1
        assert f"(info.{key}" in capsys.readouterr().err


WHOLE = {
    "corpus": {"name": "some", "characters": 1000, "source": "a file"}, "command": "rnnbook train",
    "ngram": {"order": 3, "loss": 2.0}, "validation_loss": 1.9, "measured": "somehow",
    "history": [{"step": 1, "validation_loss": 1.9, "sample": "ab"}], "other": [{"deep": [1]}],
}  # fmt: skip


@pytest.mark.parametrize("left_out", [*WHOLE, "corpus.name", "history.sample", "ngram.loss"])
@pytest.mark.parametrize("told", ["missing", "nothing"])
def test_what_is_not_told_is_left_out(left_out, told, path, capsys):
    info = json.loads(json.dumps(WHOLE))
    key, _, inner = left_out.partition(".")
    place = info if not inner else info[key][0] if key == "history" else info[key]
    if told == "missing":
        del place[inner or key]
    elif left_out in ("corpus", "ngram", "history.sample"):
        place[inner or key] = None
    path.write_bytes(crafted(info=info))
    assert main(["inspect", str(path)]) == 0
    assert "lstm, 1 x 12 units" in capsys.readouterr().out
    assert models.card(models.bring(path.read_bytes(), path.parent))["Units"] == "12"
    if left_out in ("corpus", "corpus.name") and told == "missing":
        assert main(["evaluate", str(path)]) == 1
        assert "name the text" in capsys.readouterr().err


def test_all_shipped_checkpoints_are_believed():
    for name in checkpoints.shipped():
        found, checkpoint = checkpoints.read_header(name), checkpoints.load(name)
        assert (found.config, found.vocab) == (checkpoint.config, checkpoint.vocab)
        assert found.info == checkpoint.info


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_layers", [1, 3])
@pytest.mark.parametrize("embedding_size", [0, 5])
def test_tensors_are_counted_before_they_are_named(kind, num_layers, embedding_size):
    config = ModelConfig(kind, 4, num_layers, embedding_size)
    tensors = {name: ("F32", shape) for name, shape in weight_shapes(config, 7).items()}
    header.check_tensors(config, 7, tensors)
    for name in tensors:
        with pytest.raises(ValueError, match="not those of"):
            header.check_tensors(
                config, 7, {other: of for other, of in tensors.items() if other != name}
            )


@pytest.mark.parametrize(
    "info", [{"history": "x"}, {"corpus": {"name": 1}}, {"a": json.loads("[" * 50 + "]" * 50)}]
)
def test_what_could_not_be_loaded_is_not_written(info, path, checkpoint):
    odd = Checkpoint(checkpoint.config, checkpoint.vocab, checkpoint.weights, info)
    with pytest.raises(CheckpointError, match="cannot be kept"):
        odd.save(path)
    without = {name: array for name, array in checkpoint.weights.items() if name != "b_y"}
    with pytest.raises(CheckpointError, match="cannot be kept"):
        Checkpoint(checkpoint.config, checkpoint.vocab, without).save(path)
    assert not path.exists()


def test_what_is_no_file_is_refused(tmp_path):
    with pytest.raises(CheckpointError, match="a folder or a device"):
        checkpoints.load(tmp_path)
    for name in ("a" * 5000, "b" * 5000 + ".safetensors"):
        with pytest.raises(CheckpointError, match="there is no file"):
            checkpoints.load(name)


def test_a_dashboard_runs_no_state_that_is_too_large(path, tmp_path):
    for more in ({"state_size": 200}, {"width": 1025}, {"conv_width": 2000}):
        random_checkpoint("s6", hidden_size=100, **more).save(path)
        with pytest.raises(CheckpointError, match="here a network has at most 1024 units"):
            models.bring(path.read_bytes(), tmp_path)
    random_checkpoint("s6").save(path)
    assert models.label(models.bring(path.read_bytes(), tmp_path)) == "Yours (S6)"
