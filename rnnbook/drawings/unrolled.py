"""A recurrent network with its loop, unrolled over time, and reading a word.

Used in the chapters *A network with memory* and *Learning through time*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from rnnbook import theme
from rnnbook.drawings.canvas import Drawing

_CELL, _HEIGHT = 50.0, 23.0  # a number's place in a vector
_FIRST, _STEP = 116.0, 108.0  # the first column, and from one to the next
_SCORES, _STATES, _INPUT = 34.0, 178.0, 299.0  # where the three vectors begin


def loop_and_steps(num_steps: int = 4) -> Drawing:
    """One step with its loop, and beside it the same step once for each character."""
    alt = (
        "Left: x t below, an arrow W x h to the state h t, an arrow W h h from the state to "
        f"itself, an arrow W h y up to the scores. Right: the same column {num_steps} times, side "
        "by side; instead of the loop an arrow leads from each state to the next, beginning at h 0."
    )
    drawing = Drawing(132 + 96 * num_steps, 232, "A loop, and the same unrolled over time", alt)
    _column(drawing, 64, "_t")
    drawing.line((38, 124), (12, 124), (12, 74), (50, 74), (50, 97), kind="h")
    drawing.label(16, 62, "W_{hh}", letters=15)
    drawing.label(120, 122, "h_0", letters=18)
    for step in range(1, num_steps + 1):
        x = 96 + 96 * step
        _column(drawing, x, f"_{step}")
        drawing.line((x - (58 if step == 1 else 70), 116), (x - 27, 116), kind="h")
        if step > 1:
            drawing.label(x - 48, 107, "W_{hh}", letters=14)
    return drawing


def _column(drawing: Drawing, x: float, subscript: str) -> None:
    """A step: the character, the state and the scores, from below."""
    for y, kind, symbol in (
        (206, "x", f"x{subscript}"),
        (116, "h", f"h{subscript}"),
        (26, "y", ""),
    ):
        drawing.box(x, y, symbol, size=(52, 36), kind=kind)
    drawing.words(x, 31, "scores", letters=13.5)
    drawing.line((x, 188), (x, 135), kind="x")
    drawing.line((x, 98), (x, 45), kind="h")
    drawing.label(x + 7, 168, "W_{xh}", anchor="start", letters=14)
    drawing.label(x + 7, 77, "W_{hy}", anchor="start", letters=14)


def there_and_back(text: str) -> Drawing:
    """The network over a word: numbers up and to the right, and beside every arrow the way back.

    The last letter is only asked for.
    """
    pairs = list(pairwise(text))
    alt = (
        f"{len(pairs)} columns side by side, each with the letter read, the state, the scores and "
        "the loss from below. Arrows lead up in each column and from each state to the next; "
        "beside each of them an orange arrow leads the opposite way."
    )
    drawing = Drawing(128 * len(pairs) - 8, 318, "The way there and the way back", alt)
    for t, (read, right) in enumerate(pairs, start=1):
        x = 128 * t - 68
        for y, kind, symbol in (
            (292, "x", f"reads  {read}"), (202, "h", ""), (112, "y", "scores"),
            (24, "", f"loss of  {right}"),
        ):  # fmt: skip
            drawing.box(x, y, size=(84, 36), kind=kind)
            drawing.words(x, y + 5, symbol, letters=15)
        drawing.label(x, 208, f"h_{t}", letters=19)
        for low, high, kind in ((274, 221, "x"), (184, 131, "h"), (94, 43, "y")):
            drawing.line((x - 10, low), (x - 10, high), kind=kind)
            drawing.line((x + 10, high - 1), (x + 10, low - 1), kind="d")
        if t > 1:
            drawing.line((x - 85, 194), (x - 43, 194), kind="h")
            drawing.line((x - 44, 210), (x - 85, 210), kind="d")
    return drawing


class Word:
    """A network that reads a word, with all its numbers.

    ``hidden`` is (T, H), ``logits`` and ``probs`` are (T, V), for the T letters that are read;
    the last letter of ``text`` is only asked for.
    """

    def __init__(
        self,
        text: str,
        chars: Sequence[str],
        hidden: ArrayLike,
        logits: ArrayLike,
        probs: ArrayLike,
    ):
        self.text, self.chars = text, chars
        self.pairs = list(pairwise(text))  # what is read, what comes
        self.hidden, self.logits, self.probs = (
            np.asarray(array, dtype=float) for array in (hidden, logits, probs)
        )

    def drawing(self, *, live: bool = False) -> Drawing:
        """A column a letter: the one-hot vector, the state, the scores. A script fills a live one.

        Its numbers are ``input-T-K``, ``state-T-K`` and ``score-T-K``; its way back is the parts
        ``back-T``.
        """
        width = _FIRST + _STEP * (len(self.pairs) - 1) + 66
        drawing = Drawing(width, 428, f"A network reads {self.text[:-1]}", self.said())
        for y, name in (
            (20, "should say"), (_SCORES + 16, "scores"), (_STATES + 16, "state"),
            (_INPUT + 16, "input"), (420, "reads"),
        ):  # fmt: skip
            drawing.words(1, y, name, anchor="start", letters=15)
        for t in range(len(self.pairs)):
            with drawing.part(f"step-{t}"):
                self._column(drawing, t)
        for t in range(len(self.pairs) if live else 0):
            with drawing.part(f"back-{t}"):
                self._back(drawing, t)
        return drawing

    def _heights(self) -> tuple[float, float]:
        """Where the scores and the states end."""
        return _SCORES + _HEIGHT * len(self.chars), _STATES + _HEIGHT * self.hidden.shape[1]

    def _column(self, drawing: Drawing, t: int) -> None:
        x, (read, right) = _FIRST + _STEP * t, self.pairs[t]
        drawing.words(x, 21, right, letters=20, strong=True)
        drawing.words(x, 421, read, letters=20, strong=True)
        best = self.chars[int(self.logits[t].argmax())]
        for k, char in enumerate(self.chars):
            verdict = "right" if char == right else "wrong" if char == best else ""
            for kind, top, name, value, share in (
                ("y", _SCORES, "score", f"{self.logits[t, k]:.1f}", float(self.probs[t, k])),
                ("x", _INPUT, "input", str(int(char == read)), float(char == read)),
            ):
                drawing.words(x - 36, top + _HEIGHT * k + 16, char, letters=15)
                with _cell(drawing, x, top + _HEIGHT * k, kind, f"{name}-{t}-{k}", share):
                    self._number(drawing, x, top + _HEIGHT * k, value)
                if kind == "y":
                    _frame(drawing, x, top + _HEIGHT * k, f"frame-{t}-{k}", verdict)
        for k, value in enumerate(self.hidden[t]):
            with _cell(drawing, x, _STATES + _HEIGHT * k, "h", f"state-{t}-{k}", tone=value):
                self._number(drawing, x, _STATES + _HEIGHT * k, f"{value:.1f}")
        self._ways(drawing, x, t)

    def _number(self, drawing: Drawing, x: float, y: float, text: str) -> None:
        drawing.words(x, y + 16.5, text.replace("-", "−"), letters=16)

    def _ways(self, drawing: Drawing, x: float, t: int) -> None:
        scores, states = self._heights()
        middle = (_STATES + states) / 2
        drawing.line((x, _INPUT - 2), (x, states + 3), kind="x")
        drawing.line((x, _STATES - 2), (x, scores + 3), kind="h")
        if t:
            start = x - _STEP + _CELL / 2 + 2
            drawing.line((start, middle), (x - _CELL / 2 - 3, middle), kind="h")
            return
        drawing.label(x - 9, (_INPUT + states) / 2 + 6, "W_{xh}", anchor="end", letters=16)
        drawing.label(x - 9, (_STATES + scores) / 2 + 6, "W_{hy}", anchor="end", letters=16)
        drawing.label(x + _STEP / 2, middle - 9, "W_{hh}", letters=16)

    def _back(self, drawing: Drawing, t: int) -> None:
        """The ways of a step that the gradient goes, and its numbers beside the scores."""
        x, (scores, states) = _FIRST + _STEP * t + 9, self._heights()
        middle = (_STATES + states) / 2 + 9
        drawing.line((x, scores + 2), (x, _STATES - 3), kind="d")
        drawing.line((x, states + 2), (x, _INPUT - 3), kind="d")
        if t:
            start = x - 9 - _CELL / 2 - 2
            drawing.line((start, middle), (start - _STEP + _CELL + 5, middle), kind="d")
        for k in range(len(self.chars)):
            drawing.words(
                x + 19, _SCORES + _HEIGHT * k + 16, "", anchor="start", letters=13, kind="d",
                strong=True, name=f"grad-{t}-{k}",
            )  # fmt: skip

    def said(self) -> str:
        """All numbers of the drawing, letter by letter."""
        told = " ".join(
            f"After {read} the state is {_listed(self.hidden[t])}; the scores of "
            f"{', '.join(self.chars)} are {_listed(self.logits[t])}, and {right} should come."
            for t, (read, right) in enumerate(self.pairs)
        )
        return (
            "A column for each letter: its one-hot vector below, the state in the middle, the "
            f"scores on top, with arrows up and from each state to the next. {told}"
        )


def _listed(values: Iterable[float]) -> str:
    return ", ".join(f"{value:.1f}".replace("-", "−") for value in values)


def _cell(
    drawing: Drawing, x: float, y: float, kind: str, name: str, share: float = 0.0,
    tone: float | None = None,
) -> AbstractContextManager[None]:  # fmt: skip
    """A number's place: a bar for its share in the signal's colour, or a tone for its value."""
    colour, left = theme.SIGNALS[kind], x - _CELL / 2
    ground, faint = colour, 0.1
    if tone is not None:
        ground, faint = theme.DIVERGING[1 if tone < 0 else 3], 0.75 * min(1.0, abs(tone))
    return drawing.group(
        name,
        f'<rect x="{left:g}" y="{y:g}" width="{_CELL:g}" height="{_HEIGHT:g}" fill="{ground}" '
        f'fill-opacity="{faint:.2f}" stroke="{colour}" stroke-width="1.6"/>'
        f'<rect x="{left:g}" y="{y:g}" width="{_CELL * share:.1f}" height="{_HEIGHT:g}" '
        f'fill="{colour}" fill-opacity="0.5"/>',
    )


def _frame(drawing: Drawing, x: float, y: float, name: str, verdict: str) -> None:
    """Around a score: green if its letter should come, orange if it is wrongly preferred."""
    colour = theme.SIGNALS["d" if verdict == "wrong" else "h"]
    hidden = "" if verdict else ' visibility="hidden"'
    drawing.mark(
        f'<rect data-name="{name}" x="{x - _CELL / 2 + 0.5:g}" y="{y + 0.5:g}" '
        f'width="{_CELL - 1:g}" height="{_HEIGHT - 1:g}" rx="3" fill="none" stroke="{colour}" '
        f'stroke-width="3"{hidden}/>'
    )
