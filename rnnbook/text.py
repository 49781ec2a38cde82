"""Text as numbers: vocabularies, splits, and files read with care.

Taught in the chapters *Text as numbers* and *min-char-rnn, whole*.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rnnbook.encodings import decode
from rnnbook.errors import TextError, UnknownCharacterError

Ids = NDArray[np.int64]

#: What stands for symbols that are too rare to be learnt: Unicode's replacement character.
REPLACEMENT = "\ufffd"
#: So many characters of a vocabulary are shown in a message, and no more.
_SHOWN = 60


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
        return f"Vocab({len(self)} characters: {self.summary()})"

    def summary(self) -> str:
        """The characters that can be printed, some sixty at most; ``a…z`` is a to z."""
        runs: list[list[str]] = []
        for char in filter(str.isprintable, self.chars):
            if runs and ord(char) == ord(runs[-1][-1]) + 1:
                runs[-1].append(char)
            else:
                runs.append([char])
        parts = [f"{run[0]}…{run[-1]}" if len(run) > 3 else "".join(run) for run in runs]
        shown = "".join(parts)
        return shown if len(shown) <= _SHOWN else f"{shown[: _SHOWN - 1]} and so on"

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
        more = f" and {len(unknown) - 8:,} more" if len(unknown) > 8 else ""
        return (
            f"these characters never occurred in the text the model was trained on: "
            f"{shown}{more}. It knows {len(self):,} characters: {self.summary()}"
        )


def fit(vocab: Vocab, text: str) -> tuple[str, str]:
    """The text in the characters of a vocabulary, and a sentence on what was changed for it.

    What looks alike can be written in two ways: é is one character (NFC), or an e and an
    accent (NFD). If the other way makes more of the text known, it is taken. What is then
    still unknown becomes :data:`REPLACEMENT`, if the vocabulary has that. The sentence is
    empty if nothing was changed; whatever cannot be mended is left as it is.
    """
    notes, strangers = [], vocab.unknown(text)
    if strangers:
        forms = {form: unicodedata.normalize(form, text) for form in ("NFC", "NFD")}
        form = min(forms, key=lambda form: len(vocab.unknown(forms[form])))
        left = vocab.unknown(forms[form])
        if len(left) < len(strangers):
            mended = next(char for char in strangers if char not in left)
            text, strangers = forms[form], left
            how = "as one character" if form == "NFC" else "as a letter and a mark"
            notes.append(
                f"such as {mended!r} were rewritten in Unicode's form {form}, {how}, as they stand "
                "in the text that the model learnt from"
            )
    if strangers and REPLACEMENT in vocab:
        text = text.translate({ord(char): REPLACEMENT for char in strangers})
        some = " ".join(map(repr, strangers[:8])) + (" …" if len(strangers) > 8 else "")
        notes.append(
            f"that the model does not know ({some}) were read as {REPLACEMENT!r}, which stands "
            "for all rare ones"
        )
    return text, "; ".join(f"characters {note}" for note in notes)


_Text = TypeVar("_Text", str, Ids)


def split(ids: _Text, validation_fraction: float = 0.1) -> tuple[_Text, _Text]:
    """Cut ids (T,), or a text, into a training part and the last ``validation_fraction``.

    The cut is made in one place, so that no validation character is ever a
    neighbour of a training one except there.
    """
    cut = cut_at(len(ids), validation_fraction)
    return ids[:cut], ids[cut:]


def cut_at(length: int, validation_fraction: float = 0.1) -> int:
    """How many of so many characters are left to train on.

    Raises :class:`TextError` unless the share lies between 0 and 1.
    """
    if not 0 < validation_fraction < 1:
        raise TextError("the validation fraction must lie between 0 and 1")
    return int(length * (1 - validation_fraction))


def start_of_test(predictions: int) -> int:
    """Of so many predictions of held-out text, the first that belongs to the test.

    Those before it choose: the order of a counter, the best weights of a training.
    """
    return (predictions + 1) // 2


def read_text(path: str | os.PathLike[str], encoding: str | None = None) -> str:
    """Read a text file; a byte-order mark is dropped and newlines become ``\\n``.

    It is UTF-8, unless its byte-order mark or ``encoding`` says otherwise. Raises
    :class:`TextError` if there is no such file, if it is empty, or if it is not text in
    that encoding; the message says in which it would be.
    """
    path = Path(path)
    try:
        data = path.read_bytes()
    except IsADirectoryError as error:
        raise TextError(f"{path} is a folder; give the path of one text file") from error
    except OSError as error:
        raise TextError(f"cannot read {path}: {error.strerror}") from error
    return text_of(data, str(path), encoding)


def text_of(data: bytes, name: str, encoding: str | None = None) -> str:
    """Bytes as a text, as :func:`read_text` reads them. ``name`` is for messages."""
    text = decode(data, name, encoding)
    if not text:
        raise TextError(f"{name} is empty; a model needs some text to learn from")
    return text.replace("\r\n", "\n").replace("\r", "\n")
