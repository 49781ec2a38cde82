"""Units ranked on one half of a text and scored on the other, beside what chance finds.

Labels that are true or false are scored by the AUC: how well a unit's value tells where
they hold, 0.5 by chance. Counts are scored by R², the square of the correlation.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import TextError
from rnnbook.inspection.labels import Labels

Floats = NDArray[np.float64]
Values = NDArray[np.floating]


@dataclass(frozen=True)
class Found:
    """The unit that tracks a property best on the first half of a text."""

    unit: int
    sign: int  # 1: large inside; -1: small inside
    score: float  # on the second half: AUC, 0.5 by chance; for counts R², 0 by chance


def is_count(labels: NDArray[Any]) -> bool:
    """Whether labels (T,) are numbers, and not true or false."""
    return bool(labels.max() > 1)


def stretches(labels: NDArray[Any]) -> int:
    """How many separate stretches of a text labels (T,) hold in; a count holds above zero.

    A score is over characters, but those of one stretch are hardly more than one observation.
    """
    holds = np.concatenate([[False], labels > 0])
    return int((~holds[:-1] & holds[1:]).sum())


def auc(values: Values, labels: Labels) -> Floats:
    """How well each unit (T, H) tells where a property holds: (H,), 0.5 by chance.

    The share of pairs of characters, one inside and one outside, of which the
    inside one has the larger value (the area under the ROC curve, with ties half).

    Raises :class:`TextError` if the property holds everywhere or nowhere.
    """
    if labels.all() or not labels.any():
        raise TextError("the property holds everywhere or nowhere in this text; take another text")
    return _aucs(_ranks(values), labels[None])[0]


def find_unit(values: Values, labels: Labels) -> Found:
    """Choose the best unit of values (T, H) on the first half, and score it on the second."""
    half = len(labels) // 2
    first = auc(values[:half], labels[:half])
    unit = int(np.abs(first - 0.5).argmax())
    sign = 1 if first[unit] >= 0.5 else -1
    score = float(auc(values[half:, unit : unit + 1], labels[half:])[0])
    return Found(unit, sign, score if sign > 0 else 1 - score)


class Search:
    """Values of units (T, H), ready to be searched for any number of properties.

    What costs most, to put the values of each half in order, is done once.
    """

    def __init__(self, values: Values):
        half = len(values) // 2
        self.values = values
        self._halves = (slice(half), slice(half, None))

    @cached_property
    def _orders(self) -> tuple[Floats, Floats]:
        first, second = (_ranks(self.values[part]) for part in self._halves)
        return first, second

    def rank(self, labels: NDArray[Any]) -> list[Found]:
        """As :func:`rank_units`."""
        parts = [labels[part] for part in self._halves]
        if any(len(part) == 0 or (part == part[0]).all() for part in parts):
            raise TextError(
                "each half of the text must have characters with the property and without; "
                "take another text"
            )
        strengths, signs, scores = (found[0] for found in self._search(labels[None]))
        order = np.argsort(-strengths, kind="stable")
        return [Found(int(unit), int(signs[unit]), float(scores[unit])) for unit in order]

    def shifted(self, labels: NDArray[Any], rng: np.random.Generator, count: int = 20) -> Floats:
        """As :func:`shifted_scores`."""
        shifts = rng.integers(len(labels) // 10, 9 * len(labels) // 10, size=count)
        return self._best(np.stack([np.roll(labels, int(shift)) for shift in shifts]))

    def permuted(self, labels: NDArray[Any], rng: np.random.Generator, count: int = 20) -> Floats:
        """As :func:`permuted_scores`."""
        return self._best(np.stack([rng.permutation(labels) for _ in range(count)]))

    def reached(self, rows: Labels, threshold: float) -> Labels:
        """Which units reach an AUC on both halves, with one sign, for rows (K, T): (K, H).

        A row that stands still in one of the halves is reached by none.
        """
        first, second = (found - 0.5 for found in self._aucs(rows))
        least = np.minimum(np.abs(first), np.abs(second))
        found: Labels = (first * second > 0) & (least >= threshold - 0.5)
        return found

    def _best(self, rows: NDArray[Any]) -> Floats:
        """The score (K,) of the unit that the search chooses for every row (K, T) of labels.

        A row that stands still in one of the halves has found nothing, and scores as chance.
        """
        strengths, _, scores = self._search(rows)
        best = np.nan_to_num(strengths).argmax(axis=1)
        parts = [rows[:, part] for part in self._halves]
        idle = np.any([(part == part[:, :1]).all(axis=1) for part in parts], axis=0)
        chance = 0.0 if is_count(rows) else 0.5
        return np.where(idle, chance, scores[np.arange(len(rows)), best])

    def _search(self, rows: NDArray[Any]) -> tuple[Floats, Floats, Floats]:
        """Strength on the first half, sign, and score on the second of every unit, each (K, H)."""
        if is_count(rows):
            first, second = (
                _correlations(self.values[part], rows[:, part]) for part in self._halves
            )
            signs = np.where(first >= 0, 1, -1)
            return np.abs(first), signs, second * np.abs(second) * signs
        first, second = self._aucs(rows.astype(bool))
        signs = np.where(first >= 0.5, 1, -1)
        return np.abs(first - 0.5), signs, np.where(signs > 0, second, 1 - second)

    def _aucs(self, rows: Labels) -> tuple[Floats, Floats]:
        first, second = (
            _aucs(ranks, rows[:, part])
            for ranks, part in zip(self._orders, self._halves, strict=True)
        )
        return first, second


def rank_units(values: Values, labels: NDArray[Any]) -> list[Found]:
    """All units of values (T, H), the best on the first half first, scored on the second.

    The score is the AUC where labels are true or false, and for counts the square of
    the correlation, below zero if it turned its sign between the halves.

    Raises :class:`TextError` if the labels stand still in one of the halves.
    """
    return Search(values).rank(labels)


def shifted_scores(
    values: Values, labels: NDArray[Any], rng: np.random.Generator, count: int = 20
) -> Floats:
    """What the same search finds by chance: scores (count,) for the labels moved along the text.

    A shift keeps what a shuffle would destroy: that neighbours are alike.
    """
    return Search(values).shifted(labels, rng, count)


def permuted_scores(
    values: Values, labels: NDArray[Any], rng: np.random.Generator, count: int = 20
) -> Floats:
    """What the same search finds by chance: scores (count,) for the labels shuffled.

    The weaker null of the two: shuffled labels change from character to character, and
    most units do not.
    """
    return Search(values).permuted(labels, rng, count)


def score(predicted: Values, labels: NDArray[Any]) -> float:
    """How well one number a character (T,) tells the labels: AUC, or R² for counts.

    R² is the square of the correlation here too, below zero where that is negative.
    """
    if not is_count(labels):
        return float(auc(predicted[:, None], labels.astype(bool))[0])
    found = float(_correlations(predicted[:, None], labels[None])[0, 0])
    return found * abs(found)


def _aucs(ranks: Floats, rows: Labels) -> Floats:
    """AUC (K, H) of units with ranks (T, H), for rows (K, T) of labels; NaN for idle rows."""
    inside = rows.sum(axis=1)[:, None]
    above = rows.astype(np.float64) @ ranks - inside * (inside + 1) / 2
    with np.errstate(invalid="ignore"):
        return above / (inside * (rows.shape[1] - inside))


def _ranks(values: Values) -> Floats:
    """The rank of each value (T, H) in its column, from 1; equal values share their mean.

    Found once, it serves any number of labels: each costs a product more.
    """
    ranks = np.empty(values.shape, order="F")
    for unit, column in enumerate(np.ascontiguousarray(values.T)):
        order = column.argsort()
        in_order = column[order]
        first = np.flatnonzero(np.concatenate([[True], in_order[1:] != in_order[:-1]]))
        last = np.append(first[1:], len(column))
        ranks[order, unit] = np.repeat((first + 1 + last) / 2, last - first)
    return ranks


def _correlations(values: Values, rows: NDArray[Any]) -> Floats:
    """Correlation (K, H) of values (T, H) with rows (K, T); 0 where either stands still."""
    values = values - values.mean(axis=0, dtype=np.float64)
    centred = rows - rows.mean(axis=1, keepdims=True)
    scale = np.sqrt((centred**2).sum(axis=1)[:, None] * (values**2).sum(axis=0))
    found: Floats = np.divide(centred @ values, scale, out=np.zeros(scale.shape), where=scale > 0)
    return found
