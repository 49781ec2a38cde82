"""Looking inside: which unit tracks what, and how much of it is chance.

A property is computed from the text, without any network: for every character,
whether it holds there. A unit is chosen on one half of the text and scored on the
other. Beside the score stand two nulls: what the same search finds for the same
property moved along the text, and in a network that was never trained.

Source: Karpathy, Johnson and Fei-Fei (2015), arXiv 1506.02078, who looked by eye.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError

Labels = NDArray[np.bool_]


def _inside(pattern: str, flags: int = 0) -> Callable[[str], Labels]:
    """A property that holds in the matches of a regular expression, or in their group."""
    compiled = re.compile(pattern, flags)

    def labels(text: str) -> Labels:
        found = np.zeros(len(text), dtype=bool)
        for match in compiled.finditer(text):
            first, last = match.span(compiled.groups)
            found[first:last] = True
        return found

    return labels


def line_position(text: str) -> NDArray[np.int64]:
    """How many characters each one stands from the beginning of its line (T,)."""
    starts = np.array([char == "\n" for char in text], dtype=bool)
    last = np.maximum.accumulate(np.where(starts, np.arange(len(text)), -1))
    last = np.concatenate([[-1], last[:-1]])  # a newline belongs to the line that it ends
    return np.arange(len(text)) - last - 1


def bracket_depth(text: str, opening: str = "([{", closing: str = ")]}") -> NDArray[np.int64]:
    """How many brackets are open after each character (T,); never below zero."""
    depth, found = 0, np.zeros(len(text), dtype=np.int64)
    for t, char in enumerate(text):
        depth = depth + 1 if char in opening else max(0, depth - (char in closing))
        found[t] = depth
    return found


#: Properties by name: a text gives labels (T,), whether it holds after each character.
PROPERTIES: dict[str, Callable[[str], Labels]] = {
    "inside quotes": _inside(r'("[^"]{0,600})"'),
    "inside brackets": lambda text: bracket_depth(text) > 0,
    "late in the line": lambda text: line_position(text) >= 30,
    "at the start of a line": lambda text: line_position(text) < 3,
    "in a speaker's name": _inside(r"^[A-Z][A-Z ]+(?=:)", re.MULTILINE),
    "in a capital letter": _inside(r"[A-Z]"),
    "in a comment": _inside(r"#[^\n]*|//[^\n]*"),
    "in a link": _inside(r"\[\[[^\]\n]*|https?://\S*"),
    "in a number": _inside(r"\d"),
}


def auc(values: NDArray[np.floating], labels: Labels) -> NDArray[np.float64]:
    """How well each unit (T, H) tells where a property holds: (H,), 0.5 by chance.

    The share of pairs of characters, one inside and one outside, of which the
    inside one has the larger value (the area under the ROC curve, with ties half).

    Raises :class:`TextError` if the property holds everywhere or nowhere.
    """
    inside = int(labels.sum())
    outside = len(labels) - inside
    if not inside or not outside:
        raise TextError("the property holds everywhere or nowhere in this text; take another text")
    ranks = np.empty(values.shape, dtype=np.float64)
    for unit in range(values.shape[1]):
        _, place, counts = np.unique(values[:, unit], return_inverse=True, return_counts=True)
        ranks[:, unit] = (np.cumsum(counts) - (counts - 1) / 2)[place]
    above = ranks[labels].sum(axis=0) - inside * (inside + 1) / 2
    return above / (inside * outside)


@dataclass(frozen=True)
class Found:
    """The unit that tracks a property best on the first half of a text."""

    unit: int
    sign: int  # 1: large inside; -1: small inside
    score: float  # AUC on the second half, 0.5 by chance


def find_unit(values: NDArray[np.floating], labels: Labels) -> Found:
    """Choose the best unit of values (T, H) on the first half, and score it on the second."""
    half = len(labels) // 2
    first = auc(values[:half], labels[:half])
    unit = int(np.abs(first - 0.5).argmax())
    sign = 1 if first[unit] >= 0.5 else -1
    score = float(auc(values[half:, unit : unit + 1], labels[half:])[0])
    return Found(unit, sign, score if sign > 0 else 1 - score)


def shifted_scores(
    values: NDArray[np.floating], labels: Labels, rng: np.random.Generator, count: int = 20
) -> NDArray[np.float64]:
    """What the same search finds by chance: scores (count,) for the labels moved along the text.

    A shift keeps what a shuffle would destroy: that neighbours are alike.
    """
    shifts = rng.integers(len(labels) // 10, 9 * len(labels) // 10, size=count)
    scores = []
    for shift in shifts:
        try:
            scores.append(find_unit(values, np.roll(labels, int(shift))).score)
        except TextError:  # the shift left one half without the property
            scores.append(0.5)
    return np.array(scores)
