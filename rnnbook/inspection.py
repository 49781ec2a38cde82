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
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.numpy_model import NumpyModel
from rnnbook.text import Ids, Vocab

Labels = NDArray[np.bool_]


def _inside(pattern: str, flags: int = 0) -> Callable[[str], Labels]:
    """A property that holds in the matches of a regular expression, or in their group."""
    compiled = re.compile(pattern, flags)

    def labels(text: str) -> Labels:
        found = np.zeros(len(text), dtype=bool)
        for match in compiled.finditer(text):
            first, last = match.span(min(1, compiled.groups))
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


#: Counts by name: a text gives a number (T,) after each character.
COUNTS: dict[str, Callable[[str], NDArray[np.int64]]] = {
    "depth of brackets": bracket_depth,
    "position in the line": line_position,
}


def matches(text: str, pattern: str) -> Labels:
    """Where a regular expression matches (T,).

    Raises :class:`TextError` for an expression that is none.
    """
    try:
        return _inside(f"({pattern})", re.MULTILINE)(text)
    except re.error as error:
        raise TextError(f"{pattern!r} is not a regular expression: {error}") from error


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


def rank_units(values: NDArray[np.floating], labels: NDArray[Any]) -> list[Found]:
    """All units of values (T, H), the best on the first half first, scored on the second.

    The score is the AUC where labels are true or false, and for counts the square of
    the correlation, below zero if it turned its sign between the halves.

    Raises :class:`TextError` if the labels stand still in one of the halves.
    """
    half = len(labels) // 2
    halves = (slice(half), slice(half, None))
    if any(len(labels[part]) == 0 or (labels[part] == labels[part][0]).all() for part in halves):
        raise TextError(
            "each half of the text must have characters with the property and without; "
            "take another text"
        )
    if labels.max() > 1:
        first, second = (_correlation(values[part], labels[part]) for part in halves)
        signs = np.where(first >= 0, 1, -1)
        scores = second**2 * np.where(second * signs < 0, -1, 1)
        strengths = np.abs(first)
    else:
        labels = labels.astype(bool)
        first, second = (auc(values[part], labels[part]) for part in halves)
        signs = np.where(first >= 0.5, 1, -1)
        scores = np.where(signs > 0, second, 1 - second)
        strengths = np.abs(first - 0.5)
    order = np.argsort(-strengths, kind="stable")
    return [Found(int(unit), int(signs[unit]), float(scores[unit])) for unit in order]


def _correlation(values: NDArray[np.floating], labels: NDArray[Any]) -> NDArray[np.float64]:
    """Correlation (H,) of values (T, H) with labels (T,); 0 where a unit stands still."""
    values = values - values.mean(axis=0, dtype=np.float64)
    centred = labels - labels.mean()
    scale = np.sqrt((values**2).sum(axis=0) * (centred @ centred))
    return np.divide(centred @ values, scale, out=np.zeros(values.shape[1]), where=scale > 0)


def influence(model: NumpyModel, ids: Ids) -> NDArray[np.float64]:
    """What each of ids (T,) matters to the guess after the last: (T,), in bits.

    The character is replaced by a space (a space by ``e``), everything else stays,
    and the two guesses are compared: the Kullback-Leibler divergence of the new one
    from the old. An ablation, then, and not a gradient: it counts what a change does,
    and not what an endless small one would do.
    """
    variants = np.tile(ids, (len(ids) + 1, 1))  # the text itself, then one a character
    for t, char_id in enumerate(ids):
        variants[t + 1, t] = _stranger(int(char_id), model.vocab)
    state = model.initial_state(len(variants))
    for column in variants.T:
        logits, state = model.step(column, state)
    shifted = logits - logits.max(axis=1, keepdims=True).astype(np.float64)
    logs = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return np.maximum(0, (np.exp(logs[0]) * (logs[0] - logs[1:])).sum(axis=1)) / np.log(2)


def _stranger(char_id: int, vocab: Vocab) -> int:
    for char in (" ", "e"):
        if char in vocab.chars and vocab.chars.index(char) != char_id:
            return vocab.chars.index(char)
    return 1 if char_id == 0 else 0


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
