"""What ``partings.py`` runs in a process of its own: an engine that reads texts of another.

    python benchmarks/_partings.py FOLDER '{"engine": "numpy", ...}'

``FOLDER`` holds ``ids-PRECISION.npy`` (N, T) and ``task.json``; the answer is one file
``NAME.npz``: ``first`` (N,), the first draw of each text that is another one (T: none), and
``logits`` (K, T, V) of the first texts.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook import checkpoints, sampling
from rnnbook.numpy_networks.model import NumpyModel

#: Texts whose logits are kept.
KEPT = 20


class Single(NumpyModel):
    """The network whose stepper computes in float32, as samplers usually do."""

    @cached_property
    def _folded(self) -> Any:
        return self._fold()


class Steps:
    """A stepper for several streams from a model's plain steps, in its own precision."""

    def __init__(self, model: Any, batch_size: int):
        self._model, self._state = model, model.initial_state(batch_size)

    def read(self, ids: Any) -> np.ndarray:
        logits, self._state = self._model.step(np.atleast_1d(ids), self._state)
        return logits[0] if np.ndim(ids) == 0 else logits


def maker(task: dict[str, Any]) -> tuple[Callable[[int], Any], int]:
    """A function from a batch size to a reader at the start of a text, and the prompt's id."""
    checkpoint = checkpoints.load(task["network"])
    prompt = checkpoint.vocab.encode(task["prompt"])[0]
    if task["engine"] == "torch":
        return _torch_maker(task, checkpoint), prompt
    kind = NumpyModel if task["precision"] == "float64" else Single
    model = kind(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    return lambda size: model.stepper(model.initial_state(size)), prompt


def _torch_maker(task: dict[str, Any], checkpoint) -> Callable[[int], Any]:
    import torch

    from rnnbook.torch_networks.rnn import TorchModel

    torch.backends.mkldnn.enabled = task["onednn"]
    model = TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    if task["precision"] == "float64":
        return lambda size: model.stepper(model.initial_state(size))
    return lambda size: Steps(model, size)


def uniforms(first: int, count: int, length: int) -> np.ndarray:
    """The random numbers (T, B) of the texts with these seeds."""
    rows = [np.random.default_rng(seed).random(length) for seed in range(first, first + count)]
    return np.stack(rows, axis=1)


def write(task: dict[str, Any], folder: Path) -> None:
    """Write the texts (N, T), each for itself and drawn by the package's sampler."""
    checkpoint = checkpoints.load(task["network"])
    kind = NumpyModel if task["precision"] == "float64" else Single
    model = kind(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    texts = np.empty((task["texts"], task["length"]), dtype=np.uint8)
    for seed, row in enumerate(texts):
        rng = np.random.default_rng(seed)
        row[:] = checkpoint.vocab.encode(
            sampling.sample(model, task["prompt"], len(row), rng=rng, **task["settings"])
        )
    np.save(folder / f"ids-{task['precision']}.npy", texts)


def follow(task: dict[str, Any], folder: Path) -> None:
    """Read the texts, draw with the same random numbers, and note where a draw differs."""
    make, prompt = maker(task)
    ids = np.load(folder / f"ids-{task['precision']}.npy")[: task["texts"]].astype(np.int64)
    first, kept, batch = np.full(len(ids), ids.shape[1]), [], task["batch"]
    for start in range(0, len(ids), batch):
        block = ids[start : start + batch]
        keep = max(0, min(KEPT - start, len(block)))
        logits = _follow_block(task, make, prompt, block, start, keep, first)
        kept += logits
    np.savez(folder / f"{task['name']}.npz", first=first, logits=np.array(kept))


def _follow_block(task, make, prompt, block, start, keep, first) -> list[np.ndarray]:
    alone, length = task["batch"] == 1, block.shape[1]
    settings = tuple(task["settings"].get(name) for name in ("temperature", "top_k", "top_p"))
    reader, numbers = make(len(block)), uniforms(start, len(block), length)
    logits = reader.read(prompt if alone else np.full(len(block), prompt))
    draw, kept = sampling._drawer(logits.shape[-1], settings), []
    for t in range(length):
        if alone:
            drawn = np.array([draw(logits, numbers[t, 0])])
        else:
            drawn = sampling._invert_rows(logits, settings, numbers[t])
        if keep:
            kept.append(np.array(np.atleast_2d(logits)[:keep], np.float64))
        for b in np.flatnonzero(drawn != block[:, t]):
            first[start + b] = min(first[start + b], t)
        logits = reader.read(block[0, t] if alone else block[:, t])
    return list(np.stack(kept, axis=1)) if keep else []


def main() -> None:
    folder, task = Path(sys.argv[1]), json.loads(sys.argv[2])
    with np.errstate(over="ignore"):
        (write if task["engine"] == "write" else follow)(task, folder)


if __name__ == "__main__":
    main()
