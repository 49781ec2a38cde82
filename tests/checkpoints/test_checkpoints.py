"""Checkpoints: whole, described, and refused when anything about them is wrong."""

from __future__ import annotations

import errno
import json
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from conftest import KINDS, random_checkpoint
from safetensors.numpy import save

from rnnbook import checkpoints
from rnnbook.checkpoints import Checkpoint
from rnnbook.checkpoints.tensors import quantise
from rnnbook.errors import CheckpointError
from rnnbook.files import write_atomically
from rnnbook.sampling import sample

REFUSED = "is not a whole, unchanged rnnbook checkpoint"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("num_layers", [1, 2])
@pytest.mark.parametrize("embedding_size", [0, 5])
def test_what_is_saved_is_what_is_loaded(tmp_path, kind, num_layers, embedding_size):
    saved = random_checkpoint(kind, num_layers=num_layers, embedding_size=embedding_size)
    saved.save(tmp_path / "model.safetensors")
    loaded = checkpoints.load(tmp_path / "model.safetensors")
    assert loaded.config == saved.config
    assert loaded.vocab == saved.vocab
    assert loaded.info == saved.info
    for name, array in saved.weights.items():
        np.testing.assert_array_equal(loaded.weights[name], array)


def test_sampling_needs_nothing_but_the_file(tmp_path, checkpoint):
    checkpoint.save(tmp_path / "model.safetensors")
    model = checkpoints.load(tmp_path / "model.safetensors").model()
    texts = [
        sample(each, "a", 50, rng=np.random.default_rng(0)) for each in (model, checkpoint.model())
    ]
    assert texts[0] == texts[1]


def test_float16_and_int8_stay_close(tmp_path, checkpoint):
    for storage, share in (("float16", 2**-11), ("int8", 0.5 / 127)):
        checkpoint.save(tmp_path / "model.safetensors", storage)
        loaded = checkpoints.load(tmp_path / "model.safetensors")
        for name, array in checkpoint.weights.items():
            largest = np.abs(array).max(axis=-1, keepdims=True)
            assert (np.abs(loaded.weights[name] - array) <= 1.01 * share * largest).all()


def test_a_row_of_zeros_can_be_quantised():
    matrix, scale = quantise(np.array([[0.0, 0.0], [0.5, -2.0]]))
    assert matrix.tolist() == [[0, 0], [32, -127]]
    assert scale.tolist() == pytest.approx([0, 2 / 127], rel=2**-15)


def test_a_byte_times_its_scale_is_exact_in_float32():
    matrix, scale = quantise(np.random.default_rng(0).normal(size=(50, 40)))
    products = matrix.astype(np.float32) * scale[:, None]
    assert (products == matrix * scale[:, None].astype(np.float64)).all()


def test_no_entry_leaves_the_range_of_a_byte():
    tiny = np.array([[1.9e-43, -1.9e-43], [1e-40, 1e-41]], np.float32)  # and so are the scales
    matrix, _ = quantise(tiny)
    assert (np.sign(matrix) == np.sign(tiny)).all() and np.abs(matrix).max() == 127


@pytest.mark.parametrize("storage", ["float32", "float16", "int8"])
@pytest.mark.parametrize("order", ["transposed", "Fortran", "sliced", "double"])
def test_the_order_of_an_array_in_memory_does_not_matter(tmp_path, checkpoint, storage, order):
    """A port from a library that keeps its matrices the other way round gives such arrays."""
    arranged = {
        "transposed": lambda array: np.ascontiguousarray(array.T).T,
        "Fortran": np.asfortranarray,
        "sliced": lambda array: np.repeat(array, 2, axis=-1)[..., ::2],
        "double": lambda array: np.asfortranarray(array.astype(np.float64)),
    }[order]
    weights = {name: arranged(array) for name, array in checkpoint.weights.items()}
    assert order == "double" or not weights["W_hy"].flags.c_contiguous
    other = Checkpoint(checkpoint.config, checkpoint.vocab, weights, checkpoint.info)
    assert other.to_bytes(storage) == checkpoint.to_bytes(storage)
    other.save(tmp_path / "model.safetensors", storage)
    checkpoint.save(tmp_path / "plain.safetensors", storage)
    found, wanted = (
        checkpoints.load(tmp_path / f"{name}.safetensors").weights for name in ("model", "plain")
    )
    for name, array in wanted.items():
        np.testing.assert_array_equal(found[name], array)


def test_a_weight_that_a_half_cannot_hold_is_named(tmp_path, checkpoint):
    checkpoint.weights["b_y"][0] = 1e6
    with pytest.raises(CheckpointError, match="weight b_y is too large for float16"):
        checkpoint.save(tmp_path / "model.safetensors", "float16")
    checkpoint.save(tmp_path / "model.safetensors")
    assert checkpoints.load(tmp_path / "model.safetensors").weights["b_y"][0] == 1e6


def test_equal_checkpoints_are_equal_files(checkpoint):
    assert checkpoint.to_bytes() == random_checkpoint().to_bytes()


@pytest.mark.parametrize("kept", [0, 1, 7, 8, 100, 900, -1])
def test_a_truncated_file_is_refused(tmp_path, checkpoint, kept):
    path = tmp_path / "model.safetensors"
    path.write_bytes(checkpoint.to_bytes()[:kept])
    with pytest.raises(CheckpointError, match=REFUSED):
        checkpoints.load(path)


def test_any_changed_byte_is_noticed(tmp_path, checkpoint):
    path, data = tmp_path / "model.safetensors", checkpoint.to_bytes()
    rng = np.random.default_rng(0)
    for position in [*rng.integers(0, len(data), 150), len(data) - 1]:
        changed = bytearray(data)
        changed[position] ^= 1 << int(rng.integers(8))
        path.write_bytes(bytes(changed))
        with pytest.raises(CheckpointError, match=REFUSED):
            checkpoints.load(path)


@pytest.mark.parametrize(
    "content",
    [
        b"not a checkpoint at all",
        pickle.dumps({"W_hy": [1.0]}),
        struct.pack("<Q", 2**60) + b"{}",
        save({"W": np.zeros(3, np.float32)}),
        save({"W": np.zeros(3, np.float32)}, {"rnnbook": "[]", "sha256": ""}),
        save({"W": np.zeros(3, np.float32)}, {"rnnbook": "{", "sha256": ""}),
    ],
    ids=["text", "pickle", "huge header", "foreign", "no object", "no JSON"],
)
def test_a_foreign_file_is_refused(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match=REFUSED):
        checkpoints.load(path)


def tampered(checkpoint, **changes) -> bytes:
    """A file with another header and other tensors, and a digest that fits them."""
    header = json.dumps(
        {
            "format": changes.get("format", 1),
            "config": {**checkpoint.config.to_dict(), **changes.get("config", {})},
            "vocab": changes.get("vocab", list(checkpoint.vocab)),
            "info": {},
        }
    )
    tensors = {**checkpoint.weights, **changes.get("tensors", {})}
    tensors = {name: array for name, array in tensors.items() if name != changes.get("without")}
    digest = checkpoints._digest(header, tensors)
    return save(tensors, {"rnnbook": header, "sha256": digest})


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"format": 2}, "another format"),
        ({"config": {"hidden_size": 13}}, "W_xh has the shape"),
        ({"config": {"hidden_size": "x"}}, "hidden_size"),
        ({"config": {"surprise": 1}}, "surprise"),
        ({"config": {"kind": "gru"}}, "not those of a gru"),
        ({"vocab": ["b", "a"]}, "sorted"),
        ({"vocab": ["a", "b"]}, "embedding has the shape"),
        ({"without": "b_y"}, "not those of a lstm"),
        ({"tensors": {"extra": np.zeros(2, np.float32)}}, "not those of a lstm"),
        ({"tensors": {"b_y": np.full(11, np.nan, np.float32)}}, "not finite"),
    ],
)
def test_a_header_that_does_not_fit_is_refused(tmp_path, checkpoint, changes, why):
    path = tmp_path / "model.safetensors"
    path.write_bytes(tampered(checkpoint))
    assert checkpoints.load(path).config == checkpoint.config
    path.write_bytes(tampered(checkpoint, **changes))
    with pytest.raises(CheckpointError, match=f"{REFUSED}.*{why}"):
        checkpoints.load(path)


def test_a_name_that_is_not_shipped_lists_those_that_are(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(CheckpointError, match=r"no shipped model of that name.*shakespeare"):
        checkpoints.load("shakspere")
    with pytest.raises(CheckpointError, match="there is no file"):
        checkpoints.load(tmp_path / "none.safetensors")


def test_weights_that_are_not_finite_are_not_saved(tmp_path, checkpoint):
    checkpoint.weights["b_y"][0] = np.inf
    with pytest.raises(CheckpointError, match="weight b_y is not finite"):
        checkpoint.save(tmp_path / "model.safetensors")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_leaves_the_old_file(tmp_path, checkpoint, monkeypatch):
    path = tmp_path / "model.safetensors"
    checkpoint.save(path)
    before = path.read_bytes()
    real = Path.write_bytes

    def half(self, data):
        real(self, data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", half)
    with pytest.raises(CheckpointError, match=r"No space left.*untouched"):
        random_checkpoint(seed=1).save(path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on file sizes")
def test_the_operating_systems_own_refusal_leaves_the_old_file(tmp_path, checkpoint):
    path = tmp_path / "model.safetensors"
    checkpoint.save(path)
    before = path.read_bytes()
    code = (
        "import resource, signal, sys; from rnnbook import checkpoints, errors\n"
        "loaded = checkpoints.load(sys.argv[1])\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try: loaded.save(sys.argv[1])\n"
        "except errors.CheckpointError as error: print(error)\n"
    )
    output = subprocess.run(
        [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
    ).stdout
    assert "What was there before is untouched" in output
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["model.safetensors"]


def test_an_interrupt_while_writing_leaves_the_old_file(tmp_path):
    path = tmp_path / "file"
    path.write_text("old")

    def interrupted(temporary):
        temporary.write_text("ne")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_atomically(path, interrupted)
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]
