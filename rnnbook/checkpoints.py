"""Checkpoints that describe themselves: one safetensors file, one JSON header.

The metadata of the file holds two strings:

``rnnbook``
    a JSON object: ``format`` (1), ``config`` (see :class:`ModelConfig`), ``vocab``
    (the characters, sorted, as one list), and ``info``: the corpus with its
    SHA-256, the split, the command, the seed, the losses with how they were
    measured, the history with the samples drawn on the way, versions and times.
``sha256``
    the digest of that JSON string and of every tensor, so that a changed file is
    noticed.

The tensors have the names and shapes of :mod:`rnnbook.recurrent`, stored as
``F32``, ``F16``, or ``I8``. An ``I8`` matrix ``W`` of R rows comes with ``W.scale``
of shape (R,) in ``F32``: row r of the matrix is ``W[r] * W.scale[r]``. Engines
compute in float32.

Nothing is ever unpickled. Taught in the chapter *Long memory*.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnbook import packed
from rnnbook.errors import CheckpointError, TextError
from rnnbook.files import write_atomically
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, weight_shapes
from rnnbook.text import Vocab

FORMAT = 1
Storage = Literal["float32", "float16", "int8"]
Weights = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and its story. Two are equal if their files would be."""

    config: ModelConfig
    vocab: Vocab
    weights: dict[str, NDArray[np.float32]]
    info: dict[str, Any] = field(default_factory=dict)

    def model(self) -> NumpyModel:
        """The network, ready to sample from, in NumPy."""
        return NumpyModel(self.vocab, self.config, self.weights)

    def save(self, path: str | os.PathLike[str], storage: Storage = "float32") -> None:
        """Write the checkpoint; if anything fails, what was at ``path`` stays.

        Raises :class:`CheckpointError` if it cannot be written (a full disk, a
        folder that does not exist) or if a weight is not finite.
        """
        data = self.to_bytes(storage)
        try:
            write_atomically(path, lambda temporary: _write_all(temporary, data))
        except OSError as error:
            raise CheckpointError(
                f"cannot save {path}: {error.strerror}. What was there before is untouched; "
                "make room or choose another place, and save again"
            ) from error

    def to_bytes(self, storage: Storage = "float32") -> bytes:
        """The file's content."""
        for name, array in self.weights.items():
            if not np.isfinite(array).all():
                raise CheckpointError(f"weight {name} is not finite; train with a lower rate")
        tensors = _pack(self.weights, storage)
        header = json.dumps(
            {
                "format": FORMAT,
                "config": self.config.to_dict(),
                "vocab": list(self.vocab.chars),
                "info": self.info,
            },
            sort_keys=True,
        )
        metadata = {"rnnbook": header, "sha256": _digest(header, tensors)}
        return _in_order(save(tensors, metadata))


def load(name: str | os.PathLike[str]) -> Checkpoint:
    """A shipped checkpoint by name (see :func:`shipped`), or the file at a path.

    Raises :class:`CheckpointError` if there is none, or if the file is truncated,
    was changed, or is not a checkpoint of the book.
    """
    path = _find(name)
    try:
        header, digest, tensors = _read(path)
        content = json.loads(header)
        config = ModelConfig(**content["config"])
        vocab = Vocab(content["vocab"])
        info = content["info"]
        if content["format"] != FORMAT or digest != _digest(header, tensors):
            raise ValueError("it was written in another format, or changed since")
        weights = _unpack(tensors)
        _check(weights, config, vocab)
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no file {path}") from error
    except (SafetensorError, OSError, ValueError, KeyError, TypeError, TextError) as error:
        raise CheckpointError(
            f"{path.name} is not a whole, unchanged rnnbook checkpoint ({error}); "
            "copy it again or train a new one with `rnnbook train`"
        ) from error
    return Checkpoint(config, vocab, weights, info)


def shipped() -> list[str]:
    """The names of the checkpoints that travel in the package."""
    folder = _models_folder()
    return sorted(path.stem for path in folder.glob("*.safetensors"))


def shipped_path(name: str) -> Path:
    """Where a shipped checkpoint lies. Raises :class:`CheckpointError` if it does not."""
    path = _models_folder() / f"{name}.safetensors"
    if name not in shipped():
        raise CheckpointError(
            f"there is no file {name!r} and no shipped model of that name; "
            f"the shipped models are: {', '.join(shipped()) or 'none'}"
        )
    return path


def _models_folder() -> Path:
    return Path(str(resources.files("rnnbook"))) / "models"


def _find(name: str | os.PathLike[str]) -> Path:
    is_plain_name = isinstance(name, str) and name == Path(name).name and "." not in name
    if is_plain_name and not Path(name).exists():
        return shipped_path(str(name))
    return Path(name)


def _write_all(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def _read(path: Path) -> tuple[str, str, dict[str, NDArray[Any]]]:
    if not path.exists():
        raise FileNotFoundError(path)
    with _held(path) as held, safe_open(held, framework="np") as file:
        metadata = file.metadata() or {}
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    return metadata["rnnbook"], metadata["sha256"], tensors


@contextmanager
def _held(path: Path) -> Iterator[Path]:
    """The file itself, or, of a page, the one network that it holds."""
    with path.open("rb") as file:
        start = file.read(1024)
    if not packed.is_page(start):
        yield path
        return
    found = packed.find(path.read_text(encoding="utf-8"))
    if len(found) != 1:
        count = f"{len(found)} networks" if found else "no network"
        raise ValueError(f"the page holds {count}, not one")
    with tempfile.TemporaryDirectory() as folder:
        inner = Path(folder, "held.safetensors")
        inner.write_bytes(*found.values())
        yield inner


def _in_order(data: bytes) -> bytes:
    """The same safetensors file with its header sorted, so that equal content is equal bytes."""
    start = 8 + int.from_bytes(data[:8], "little")
    header = json.dumps(json.loads(data[8:start]), sort_keys=True, separators=(",", ":")).encode()
    header += b" " * (-len(header) % 8)
    return len(header).to_bytes(8, "little") + header + data[start:]


def _digest(header: str, tensors: Weights) -> str:
    digest = hashlib.sha256(header.encode())
    for name in sorted(tensors):
        array = tensors[name]
        digest.update(f"{name} {array.dtype.name} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()


def _pack(weights: Weights, storage: Storage) -> dict[str, NDArray[Any]]:
    if storage in ("float32", "float16"):
        return {name: np.ascontiguousarray(array, dtype=storage) for name, array in weights.items()}
    if storage != "int8":
        raise ValueError(f"storage is float32, float16 or int8, not {storage!r}")
    tensors: dict[str, NDArray[Any]] = {}
    for name, array in weights.items():
        if array.ndim == 2:
            tensors[name], tensors[f"{name}.scale"] = quantise(array)
        else:
            tensors[name] = np.ascontiguousarray(array, dtype=np.float32)
    return tensors


def quantise(matrix: NDArray[np.floating]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix (R, C) as int8 and a scale a row (R,): ``matrix ~ int8 * scale[:, None]``.

    The largest entry of a row becomes 127, so no entry is off by more than half a
    scale.
    """
    scale = (np.abs(matrix).max(axis=1) / 127).astype(np.float32)
    safe = np.where(scale > 0, scale, 1)
    return np.round(matrix / safe[:, None]).astype(np.int8), scale


def _unpack(tensors: Weights) -> dict[str, NDArray[np.float32]]:
    weights = {}
    for name, array in tensors.items():
        if name.endswith(".scale"):
            continue
        weights[name] = array.astype(np.float32)
        if array.dtype == np.int8:
            weights[name] *= tensors[f"{name}.scale"][:, None]
    return weights


def _check(weights: Weights, config: ModelConfig, vocab: Vocab) -> None:
    shapes = weight_shapes(config, len(vocab))
    if set(weights) != set(shapes):
        raise ValueError(f"its tensors are not those of a {config.kind} network")
    for name, shape in shapes.items():
        if weights[name].shape != shape:
            raise ValueError(f"{name} has the shape {weights[name].shape}, not {shape}")
        if not np.isfinite(weights[name]).all():
            raise ValueError(f"{name} holds numbers that are not finite")
