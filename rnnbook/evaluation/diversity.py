"""How varied is a text: n-grams that repeat, pieces that resemble each other, loops.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import lzma
import math
from collections.abc import Iterator, Sequence
from itertools import chain

from rnnbook import extras

_TAIL = 16  # characters that a long period is looked for by


def distinct(text: str, n: int) -> float:
    """distinct-n: how many different n-grams of characters there are, over how many in all.

    Source: Li et al. (2016), arXiv 1510.03055.
    """
    grams = [text[start : start + n] for start in range(len(text) - n + 1)]
    return len(set(grams)) / len(grams) if grams else math.nan


def self_bleu(texts: Sequence[str]) -> float:
    """Self-BLEU, from 0 to 1: how much of each text the others hold, in one to four words.

    The mean of every text's sentence BLEU with all the others as its references. Low is
    varied. NaN for fewer than two texts. Source: Zhu et al. (2018), arXiv 1802.01886.

    Raises :class:`MissingLibraryError` without sacrebleu.
    """
    extras.require("Self-BLEU", "sacrebleu")
    from sacrebleu.metrics import BLEU

    lines = [" ".join(text.split()) for text in texts]
    if len(lines) < 2:
        return math.nan
    bleu = BLEU(effective_order=True)
    scores = [
        bleu.sentence_score(line, lines[:which] + lines[which + 1 :]).score
        for which, line in enumerate(lines)
    ]
    return sum(scores) / len(scores) / 100


def compression_ratio(text: str) -> float:
    """Bytes after LZMA over bytes before: low where a text repeats itself; NaN if empty.

    Texts are compared at one length: a longer one compresses better.
    """
    data = text.encode("utf-8", "surrogatepass")
    filters = [{"id": lzma.FILTER_LZMA2, "preset": 9}]
    packed = lzma.compress(data, format=lzma.FORMAT_RAW, filters=filters)  # no header
    return len(packed) / len(data) if data else math.nan


def cycle_length(text: str) -> int | None:
    """The shortest period with which the text's end repeats itself, or None.

    A period counts if the text ends in at least three repetitions of it.
    """
    longest = len(text) // 3
    short = range(1, min(_TAIL, longest) + 1)
    long = _distances(text, _TAIL + 1, longest) if longest > _TAIL else ()
    for period in chain(short, long):
        if text[-2 * period :] == text[-3 * period : -period]:
            return period
    return None


def _distances(text: str, least: int, most: int) -> Iterator[int]:
    """How far back the text's last characters stood before, nearest first."""
    tail, end = text[-_TAIL:], len(text)
    place = text.rfind(tail, 0, end - least)
    while place >= 0 and (distance := end - place - len(tail)) <= most:
        yield distance
        place = text.rfind(tail, 0, place + len(tail) - 1)
