"""Do the readers of a notation accept a text: formulas, tunes, numbers in words.

Formulas are read by two programs of different severity, tunes by music21, and numbers are
compared with those of num2words. All are imported where they are used.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import contextlib
import io
import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from rnnbook import extras

_FORMULA = re.compile(r"\$\$([^$]+)\$\$|\$([^$]+)\$")
_EQUATION = re.compile(r"\\begin\{equation\}\n(.*)\n\\end\{equation\}")
_SIZED = re.compile(r"\\(?:left|right)(?![A-Za-z])\.?")  # delimiters that grow, and none
_NUMBER = re.compile(r"(\d{1,12}): (.+)")


def formulas(text: str) -> list[str]:
    """What stands between dollar signs, single or double, in one paragraph."""
    parts = re.split(r"\n[ \t]*\n", text)
    return [one or two for part in parts for one, two in _FORMULA.findall(part)]


def equations(text: str) -> list[str | None]:
    r"""Every block of a text as an equation, or None where it is no whole environment.

    A block is what stands between empty lines; it is whole if it is one line of formula
    between ``\begin{equation}`` and ``\end{equation}``.
    """
    blocks = [block.strip("\n") for block in re.split(r"\n\n+", text)]
    matches = [_EQUATION.fullmatch(block) for block in blocks if block]
    return [match and match[1] for match in matches]


@cache
def _mathtext() -> Any:
    from matplotlib.mathtext import MathTextParser

    return MathTextParser("path")


def mathtext_reads(formula: str) -> bool:
    """Whether matplotlib's parser of formulas accepts one; it asks for form, not for sense."""
    try:
        _mathtext().parse(f"${' '.join(formula.split())}$")
    except (ValueError, RecursionError):
        return False
    return True


def sympy_reads(formula: str) -> bool:
    r"""Whether a formula is well formed, and SymPy makes one expression of it.

    SymPy's grammar for Lark says too much by itself: it passes over ``\left`` and ``\right``
    wherever they stand, takes ``\left`` for ``\le`` and two letters, too, and gives a tree of all
    readings where there are several. So :func:`mathtext_reads` judges the form, what stands
    between the two is read without them, and a tree is no expression. The grammar lacks some
    Greek letters, among others, so that it refuses formulas that are right.

    Raises :class:`MissingLibraryError` without SymPy.
    """
    extras.require("reading formulas", "sympy")
    from lark.exceptions import LarkError
    from sympy import Basic
    from sympy.parsing.latex import parse_latex

    if not mathtext_reads(formula):
        return False
    plain = _SIZED.sub(" ", formula)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SymPy on its own products of tuples
            return isinstance(parse_latex(plain, backend="lark"), Basic)
    except (LarkError, ArithmeticError, AttributeError, TypeError, ValueError, RecursionError):
        return False


def tunes(text: str) -> list[str]:
    """The tunes of an ABC text: from ``X:`` to the next empty line, if there is one."""
    found = re.findall(r"^X:.*?(?=\n[ \t]*\n)", text, re.MULTILINE | re.DOTALL)
    return [f"{tune}\n" for tune in found]


@dataclass(frozen=True)
class Tune:
    """What music21 found in a tune."""

    notes: int
    bars: int  # those between the first and the last, which may be short
    full_bars: int  # those of them that are as long as the metre says


def tune_score(tune: str) -> Any:
    """A tune in ABC as a score of music21, with the pitches that ABC 2.1 gives it.

    In ABC an accidental counts up to the end of its bar. music21 forgets it after one note,
    unless the text begins by saying which standard it follows. A note that is tied over a bar
    line, and so keeps its accidental, is still read without it.

    Raises whatever music21 does for what is no tune.
    """
    from music21.abcFormat import ABCFile, translate

    return translate.abcToStreamScore(ABCFile().readstr(f"%abc-2.1\n{tune}"))


def read_tune(tune: str) -> Tune | None:
    """Read a tune in ABC; None if music21 cannot, or finds no note in it."""
    from music21.stream import Measure

    try:
        with contextlib.redirect_stderr(io.StringIO()):  # where music21 complains
            score = tune_score(tune)
            notes = len(list(score.recurse().notes))
            bars = list(score.recurse().getElementsByClass(Measure))[1:-1]
            full = [bar.duration.quarterLength == bar.barDuration.quarterLength for bar in bars]
    except Exception:  # a parser that was given nonsense may fail in any way
        return None
    return Tune(notes, len(bars), sum(full)) if notes else None


def spelled_right(line: str, language: str) -> bool | None:
    """Whether a line such as ``41: forty-one`` is right; None if it has not that form.

    ``language`` is by num2words's name. Raises :class:`MissingLibraryError` without that library.
    """
    extras.require("checking numbers in words", "num2words")
    from num2words import num2words

    match = _NUMBER.fullmatch(line)
    if not match or (match[1] != "0" and match[1].startswith("0")):
        return None
    return num2words(int(match[1]), lang=language) == match[2]
