"""PPMd, the counter that people use: the compressor inside 7-Zip.

Prediction by partial matching, variant H of Dmitry Shkarin's program, by the library pyppmd. It
reads bytes, not characters, and tells no probabilities, only how long its code is; so a loss is the
length of the code in bits, times ln 2, a character. It counts while it reads, and it
forgets everything when its memory is full, so it is given enough.

The library is an extra: ``pip install 'rnnbook[ladder]'``.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from tqdm import tqdm

from rnnbook import extras

ORDER = 8
MEMORY = 1 << 28  # bytes
PIECE = 4000  # characters that are coded at a time


def _code_length(*texts: str, order: int) -> int:
    """Bytes of the code of the texts, one after the other.

    Raises :class:`MissingLibraryError` without the library.
    """
    extras.require("PPMd", "pyppmd")
    from pyppmd import Ppmd7Encoder

    encoder, length = Ppmd7Encoder(order, MEMORY), 0
    for text in texts:
        length += len(encoder.encode(text.encode("utf-8", "surrogatepass")))
    return length + len(encoder.flush())


def adaptive_loss(train_text: str, text: str, *, order: int = ORDER) -> float:
    """Nats per character of a text that is coded after the training text, counting on."""
    more = _code_length(train_text, text, order=order) - _code_length(train_text, order=order)
    return 8 * math.log(2) * more / len(text)


def static_loss(
    train_text: str, text: str, *, order: int = ORDER, pieces: int | None = None,
    progress: bool = False,
) -> float:  # fmt: skip
    """Nats per character when every 4,000 characters are coded after the training text alone.

    ``pieces`` takes so many of them at even distances instead of all, for each
    takes as long as coding the training text.
    """
    starts = _starts(len(text), pieces)
    alone, more, characters = _code_length(train_text, order=order), 0, 0
    for start in _shown(starts, progress):
        piece = text[start : start + PIECE]
        more += _code_length(train_text, piece, order=order) - alone
        characters += len(piece)
    return 8 * math.log(2) * more / characters


def _starts(length: int, pieces: int | None) -> list[int]:
    starts = list(range(0, length, PIECE))
    if pieces is None or pieces >= len(starts):
        return starts
    return [starts[i * len(starts) // pieces] for i in range(pieces)]


def _shown(starts: list[int], progress: bool) -> Iterable[int]:
    return tqdm(starts, desc="PPMd", unit=" pieces", delay=1, leave=False,
                disable=None if progress else True)  # fmt: skip
