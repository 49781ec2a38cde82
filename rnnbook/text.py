"""Text as numbers: vocabularies, splits, and files read with care.

Taught in the chapter *Text as numbers*.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError, UnknownCharacterError

Ids = NDArray[np.int64]


def _code_points(text: str) -> NDArray[np.uint32]:
    """The text's code points; lone surrogates pass, as they do in a Python string."""
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")


class Vocab(Sequence[str]):
    """The sorted characters of a text, and the two maps between characters and ids.

    Sorting makes the order the same in every run; the published min-char-rnn took
    whatever order a ``set`` gave.

    >>> vocab = Vocab.from_text("hello")
    >>> list(vocab), vocab.encode("hole").tolist(), vocab.decode([1, 0, 2, 2, 3])
    (['e', 'h', 'l', 'o'], [1, 3, 2, 0], 'hello')
    """

    def __init__(self, chars: Iterable[str]):
        chars = tuple(chars)
        if not chars:
            raise TextError("a vocabulary needs at least one character")
        if any(not isinstance(char, str) or len(char) != 1 for char in chars):
            raise TextError("a vocabulary is made of single characters")
        if list(chars) != sorted(set(chars)):
            raise TextError("the characters of a vocabulary must be sorted and distinct")
        self.chars = chars
        self._points = _code_points("".join(chars))

    @classmethod
    def from_text(cls, text: str) -> Vocab:
        """The vocabulary of a text. Raises :class:`TextError` if it is empty."""
        return cls(chr(point) for point in np.unique(_code_points(text)))

    def __len__(self) -> int:
        return len(self.chars)

    def __getitem__(self, char_id):
        return self.chars[char_id]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocab) and self.chars == other.chars

    def __hash__(self) -> int:
        return hash(self.chars)

    def __repr__(self) -> str:
        return f"Vocab({len(self)} characters: {''.join(self.chars)!r})"

    def unknown(self, text: str) -> list[str]:
        """The distinct characters of ``text`` that are not in the vocabulary, sorted."""
        return sorted(set(text).difference(self.chars))

    def encode(self, text: str) -> Ids:
        """Ids (T,) of a text.

        Raises :class:`UnknownCharacterError`, which names the strangers, if a
        character is not in the vocabulary.
        """
        points = _code_points(text)
        ids = np.searchsorted(self._points, points)
        np.minimum(ids, len(self) - 1, out=ids)
        if (self._points[ids] != points).any():
            raise UnknownCharacterError(self._explain(self.unknown(text)))
        return ids.astype(np.int64)

    def decode(self, ids: Iterable[int]) -> str:
        """The text of ids (T,). Raises :class:`IndexError` on an id outside 0..V-1."""
        ids = np.asarray(list(ids) if not isinstance(ids, np.ndarray) else ids)
        if ids.size and (ids.min() < 0 or ids.max() >= len(self)):
            raise IndexError(f"ids must lie between 0 and {len(self) - 1}")
        points = self._points[ids.astype(np.int64)]
        return points.astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")

    def _explain(self, unknown: list[str]) -> str:
        shown = " ".join(repr(char) for char in unknown[:8])
        more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
        printable = "".join(char for char in self.chars if char.isprintable())
        return (
            f"these characters never occurred in the text the model was trained on: "
            f"{shown}{more}. It knows: {printable}"
        )


_Text = TypeVar("_Text", str, Ids)


def split(ids: _Text, validation_fraction: float = 0.1) -> tuple[_Text, _Text]:
    """Cut ids (T,), or a text, into a training part and the last ``validation_fraction``.

    The cut is made in one place, so that no validation character is ever a
    neighbour of a training one except there.
    """
    if not 0 < validation_fraction < 1:
        raise TextError("the validation fraction must lie between 0 and 1")
    cut = int(len(ids) * (1 - validation_fraction))
    return ids[:cut], ids[cut:]


def read_text(path: str | os.PathLike[str]) -> str:
    """Read a UTF-8 file; a byte-order mark is dropped and newlines become ``\\n``.

    Raises :class:`TextError` if there is no such file, if it is empty, or if it
    is not UTF-8; the message names the first bad byte.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise TextError(f"{path} is a folder; give the path of one text file") from error
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise TextError(
            f"{path} is not UTF-8 text: byte {error.start} is 0x{data[error.start]:02x}. "
            "If you know its encoding, convert it first, for example with "
            "`iconv -f latin1 -t utf-8 FILE > NEW`"
        ) from error
    if not text:
        raise TextError(f"{path} is empty; a model needs some text to learn from")
    return text.replace("\r\n", "\n").replace("\r", "\n")
