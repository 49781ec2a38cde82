"""The best static counter of each text of the book, as ``benchmarks/ladder.py`` measured it.

A training counts n-grams with one kind of smoothing, for it must begin soon. For the book's own
texts more was counted: both smoothings, orders to 16. The order and the smoothing were chosen on
the first half of the last tenth; the loss is that of the whole tenth, as a network's is.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parents[1] / "models" / "counters.json"


@dataclass(frozen=True)
class Baseline:
    """What a network is measured against: a counter that does not count on while it reads."""

    name: str  #: such as ``7-gram, Kneser-Ney``
    loss: float  #: nats per character


@cache
def measured() -> dict[str, dict[str, Any]]:
    """By the SHA-256 of a text: its name, its best static counter, and the losses in nats per
    character on the halves of the last tenth and on all of it."""
    found: dict[str, dict[str, Any]] = json.loads(FILE.read_text(encoding="utf-8"))
    return found


def baseline(info: Mapping[str, Any]) -> Baseline | None:
    """The counter beside a network's loss, from what its checkpoint tells: of a text of the book
    the best static one, else the n-gram of its training, and none if nobody counted."""
    corpus, ngram = info.get("corpus"), info.get("ngram")
    digest = corpus.get("sha256") if isinstance(corpus, Mapping) else None
    if isinstance(digest, str) and digest in measured():
        best = measured()[digest]
        return Baseline(best["counter"], best["whole"])
    loss = ngram.get("loss") if isinstance(ngram, Mapping) else None
    if isinstance(loss, bool) or not isinstance(loss, (int, float)) or not math.isfinite(loss):
        return None
    order = ngram.get("order") if isinstance(ngram, Mapping) else None
    known = isinstance(order, (int, float)) and math.isfinite(order)
    return Baseline(f"{order:.0f}-gram" if known else "n-gram", float(loss))
