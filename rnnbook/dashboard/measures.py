"""How good is what was just written: varied, new, made of words; beside the corpus's own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from rnnbook.checkpoints import Checkpoint
from rnnbook.dashboard import index, models
from rnnbook.dashboard.index import Known
from rnnbook.evaluation import distinct, words

#: A shorter text is not measured: its shares would jump with every character.
LEAST = 50


@dataclass(frozen=True)
class Measures:
    """Shares from 0 to 1; NaN for what could not be measured."""

    distinct: float  # of its strings of three characters, how many are different
    words: float  # of its words, how many the corpus knows
    novelty: float  # of its strings of twelve characters, how many the corpus lacks


NOTHING = Measures(math.nan, math.nan, math.nan)


def measure(text: str, model: str) -> Measures:
    """A text against the corpus of a model, whose files may lie beside the model's own."""
    if len(text) < LEAST:
        return NOTHING
    sha256 = str((models.load(model)[0].info.get("corpus") or {}).get("sha256", ""))
    known = _known(sha256, Path(model).parent) if Path(model).exists() else None
    known = known or _known(sha256, None)
    if known is None:
        return Measures(distinct(text, 3), math.nan, math.nan)
    known_words, known_strings = known
    found = index.hash_words(words(text))
    return Measures(
        distinct(text, 3),
        float(known_words.holds(found).mean()) if len(found) else math.nan,
        float(1 - known_strings.holds(index.hash_strings(text)).mean()),
    )


def measure_corpus(checkpoint: Checkpoint, length: int) -> Measures:
    """What the unread part of the corpus measures, at a text's length."""
    sha256 = str((checkpoint.info.get("corpus") or {}).get("sha256", ""))
    own: dict[str, Any] | None = index.own_measures().get(sha256)
    if own is None or length < LEAST:
        return NOTHING
    lengths = [int(key) for key in own["distinct"]]
    at_length = np.interp(length, lengths, list(own["distinct"].values()))
    return Measures(float(at_length), own["words"], own["novelty"])


@lru_cache(maxsize=4)
def _known(sha256: str, where: Path | None) -> tuple[Known, Known] | None:
    """A corpus's words and strings; None if they were not made."""
    found = index.paths(sha256, where)
    if not sha256 or not all(path.exists() for path in found):
        _known.cache_clear()  # they may be made yet
        return None
    return Known(found[0]), Known(found[1])
