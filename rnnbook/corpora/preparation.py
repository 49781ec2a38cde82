"""What may be done to a text before a network reads it: fewer symbols, lines in another order.

Taught in the chapter *Text as numbers*.
"""

from __future__ import annotations

import itertools
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnnbook.errors import CorpusError, TextError
from rnnbook.text import REPLACEMENT, Vocab

#: A list of fewer lines is not called one.
_LEAST_LINES = 100
#: Neighbouring lines that stand in alphabetical order, and lines that begin with a letter.
_IN_ORDER, _LETTERS = 0.95, 0.9
_PIECES, _PIECE = 20, 10_000  # what is looked at of a long text, in characters


@dataclass(frozen=True)
class Preparation:
    """What is done to a text before it is read. Raises :class:`CorpusError` on odd values."""

    min_count: int = 1  # symbols that occur less often become REPLACEMENT
    shuffle_seed: int | None = None  # the order of the lines; None: as they stand

    def __post_init__(self) -> None:
        if not _is_whole(self.min_count) or self.min_count < 1:
            raise CorpusError(f"the least count is a whole number from 1 on, not {self.min_count}")
        if self.shuffle_seed is not None and (
            not _is_whole(self.shuffle_seed) or self.shuffle_seed < 0
        ):
            raise CorpusError(f"a seed is a whole number from 0 on, not {self.shuffle_seed}")

    def to_dict(self) -> dict[str, Any]:
        """What differs from doing nothing, for a checkpoint."""
        found = {"min_count": self.min_count} if self.min_count > 1 else {}
        return found | ({} if self.shuffle_seed is None else {"shuffle_seed": self.shuffle_seed})

    @classmethod
    def of(cls, described: object) -> Preparation:
        """That of a corpus as a checkpoint describes it (``info["corpus"]``)."""
        found = described.get("preparation") if isinstance(described, dict) else None
        if not isinstance(found, dict):
            return cls()
        return cls(found.get("min_count", 1), found.get("shuffle_seed"))


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def replace_rare(text: str, min_count: int) -> tuple[str, int, int]:
    """Every symbol that occurs less than ``min_count`` times becomes :data:`REPLACEMENT`.

    Also returns how many symbols that were, and how many characters of the text. Raises
    :class:`TextError` if fewer than two symbols are left.
    """
    vocab = Vocab.from_text(text)
    ids = vocab.encode(text)
    rare = np.bincount(ids, minlength=len(vocab)) < min_count  # (V,)
    if len(vocab) - rare.sum() < 2:
        raise TextError(
            f"no two symbols of the text occur {min_count:,} times; take a lower --min-count"
        )
    points = np.array([ord(char) for char in vocab], dtype="<u4")
    points[rare] = ord(REPLACEMENT)
    replaced = points[ids].tobytes().decode("utf-32-le", "surrogatepass")
    return replaced, int(rare.sum()), int(rare[ids].sum())


def advise_min_count(text: str, share: float = 0.99) -> tuple[int, int, float] | None:
    """The highest of a few counts that keeps this share of the characters.

    Also returns how many symbols it keeps, and which share of the characters. None if there
    is no such count.
    """
    vocab = Vocab.from_text(text)
    counts = np.bincount(vocab.encode(text), minlength=len(vocab))
    for min_count in (100, 50, 20, 10, 5, 3, 2):
        often = counts >= min_count
        kept = counts[often].sum() / len(text)
        if kept >= share:
            return min_count, int(often.sum()), float(kept)
    return None


def shuffle_lines(text: str, seed: int) -> str:
    """The lines that are not empty in an order that depends on the seed alone.

    Raises :class:`TextError` if there are fewer than two.
    """
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) < 2:
        raise TextError("there are no lines to shuffle: the text has fewer than two")
    order = np.argsort(np.random.default_rng(seed).random(len(lines)), kind="stable")
    return "".join(lines[index] + "\n" for index in order)


def is_alphabetical(text: str) -> bool:
    """Whether the text is a list in alphabetical order.

    It is if it has 100 lines or more that are not empty, nine in ten of these begin with a
    letter, and of any two neighbours that differ 95 in 100 stand in alphabetical order (or
    all but 5 in 100 in the opposite one). Lines are compared by their letters and digits,
    without accents and without regard to case. A text of more than 200,000 characters is
    judged by twenty pieces of it.
    """
    pieces = [text]
    if len(text) > _PIECES * _PIECE:
        starts = np.linspace(0, len(text) - _PIECE, _PIECES).astype(int)
        pieces = [text[start : start + _PIECE] for start in starts]
    lines = after = pairs = letters = 0
    for number, piece in enumerate(pieces):
        whole = piece.split("\n")[1 if number else 0 : -1 if number + 1 < len(pieces) else None]
        kept = [line.strip() for line in whole if line.strip()]
        keys = [_key(line) for line in kept]
        neighbours = [(a, b) for a, b in itertools.pairwise(keys) if a != b]
        lines, letters = lines + len(kept), letters + sum(line[0].isalpha() for line in kept)
        pairs, after = pairs + len(neighbours), after + sum(a < b for a, b in neighbours)
    enough = lines >= _LEAST_LINES and pairs >= _LEAST_LINES // 2
    return (
        enough
        and letters >= _LETTERS * lines
        and not (1 - _IN_ORDER) * pairs < after < _IN_ORDER * pairs
    )


def _key(line: str) -> str:
    """What a line is put in order by: its letters and digits, bare of accents and case."""
    return "".join(filter(str.isalnum, unicodedata.normalize("NFKD", line.casefold())))
