"""Where the texts lie, and what every cleaning needs."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np


def package_folder(name: str) -> Path:
    """Where a package lies, without importing it. Raises :class:`ModuleNotFoundError`."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(name)
    return Path(next(iter(spec.submodule_search_locations)))


def fold_rare(text: str, keep: int) -> str:
    """Replace every character but the ``keep`` most frequent by U+FFFD."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    distinct, counts = np.unique(points, return_counts=True)
    rare = distinct[np.argsort(-counts, kind="stable")[keep:]]
    folded = np.where(np.isin(points, rare), 0xFFFD, points).astype("<u4")
    return folded.tobytes().decode("utf-32-le")


def shuffled(items: list[str]) -> list[str]:
    """The items in an order that is random, and the same on every machine."""
    return [items[index] for index in np.random.default_rng(0).permutation(len(items))]
