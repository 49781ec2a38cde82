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
of shape (R,) in ``F32``: row r of the matrix is ``W[r] * W.scale[r]``. Weights that say how
fast a linear recurrence forgets are ``F32`` always. Engines compute in float32.

Nothing is ever unpickled. Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from rnnbook import numpy_networks, packed
from rnnbook.checkpoints import header as headers
from rnnbook.checkpoints.header import FORMAT, Header
from rnnbook.checkpoints.tensors import Weights, described, pack, unpack
from rnnbook.errors import CheckpointError
from rnnbook.files import write_atomically
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab

Storage = Literal["float32", "float16", "int8"]


@dataclass(frozen=True)
class Checkpoint:
    """A trained network and its story. Two are equal if their files would be."""

    config: ModelConfig
    vocab: Vocab
    weights: dict[str, NDArray[np.float32]]
    info: dict[str, Any] = field(default_factory=dict)

    def model(self) -> NumpyModel:
        """The network, ready to sample from, in NumPy."""
        return numpy_networks.network(self.vocab, self.config, self.weights)

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
        """The file's content, which :func:`load` reads.

        Raises :class:`CheckpointError` for weights that are not finite, that are too large for
        ``storage``, or that are not those of the configuration.
        """
        tensors = pack(self.weights, storage)
        header = json.dumps(
            {
                "format": FORMAT,
                "config": self.config.to_dict(),
                "vocab": list(self.vocab.chars),
                "info": self.info,
            },
            sort_keys=True,
        )
        try:
            headers.read(header, described(tensors))
        except _REASONS as error:
            reason = headers.reason(error)
            raise CheckpointError(f"this cannot be kept as a checkpoint: {reason}") from error
        metadata = {"rnnbook": header, "sha256": _digest(header, tensors)}
        return _in_order(save(tensors, metadata))


def load(name: str | os.PathLike[str]) -> Checkpoint:
    """A shipped checkpoint by name (see :func:`shipped`), or the file at a path.

    Raises :class:`CheckpointError` if there is none, or if the file is truncated,
    was changed, or is not a checkpoint of the book.
    """
    path = _find(name)
    with _whole(path), _opened(path) as file:
        metadata = file.metadata() or {}
        text, digest = metadata["rnnbook"], metadata["sha256"]
        header = headers.read(text, _listed(file))
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        if digest != _digest(text, tensors):
            raise ValueError("it was changed since it was written")
        weights = unpack(tensors)
        for name, array in weights.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{name} holds numbers that are not finite")
    return Checkpoint(header.config, header.vocab, weights, header.info)


def read_header(name: str | os.PathLike[str]) -> Header:
    """What a checkpoint says of itself, held against its list of tensors; none of them is read.

    Raises :class:`CheckpointError` as :func:`load` does, but for a file whose weights were changed.
    """
    path = _find(name)
    with _whole(path), _opened(path) as file:
        return headers.read((file.metadata() or {})["rnnbook"], _listed(file))


#: What reading a file that is none of ours may raise.
_REASONS = (SafetensorError, ValueError, KeyError, TypeError, RecursionError)


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    """Turn whatever is wrong with a file into the one error that says so."""
    try:
        yield
    except FileNotFoundError as error:
        raise CheckpointError(f"there is no file {path}") from error
    except PermissionError as error:
        raise CheckpointError(f"{path} may not be read; ask for the permission") from error
    except (*_REASONS, OSError) as error:
        raise CheckpointError(
            f"{path.name} is not a whole, unchanged rnnbook checkpoint "
            f"({headers.reason(error)}); "
            "copy it again or train a new one with `rnnbook train`"
        ) from error


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    """The file, by safetensors; it checks the list of tensors against the file's length."""
    if not os.path.exists(path):
        raise FileNotFoundError(path)
    if not path.is_file():
        raise ValueError("it is a folder or a device")
    with _held(path) as held, safe_open(held, framework="np") as file:
        yield file


def _listed(file: Any) -> dict[str, tuple[str, tuple[int, ...]]]:
    """The type and the shape of every tensor, without reading one."""
    slices = {name: file.get_slice(name) for name in file.keys()}  # noqa: SIM118
    return {name: (one.get_dtype(), tuple(one.get_shape())) for name, one in slices.items()}


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
    if is_plain_name and not os.path.exists(name):  # of a name too long for a file, too
        return shipped_path(str(name))
    return Path(name)


def _write_all(path: Path, data: bytes) -> None:
    path.write_bytes(data)


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
