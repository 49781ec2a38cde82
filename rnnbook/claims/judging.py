"""From intervals to verdicts: yes, no, or that the numbers do not tell.

An interval is above a bound if all of it is, and below if all of it is. Else the answer is
``None``, and that is an answer: the runs that there are cannot tell.

A training is held against the best static counter of its text. If not even the best network of
an experiment ends clearly below it, the networks have not yet learnt what they could, and a
comparison of them says what is quick, not what is good. Then the verdict is *undecided*, at this
budget, whatever the intervals say.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rnnbook.claims.claim import (
    FAILS,
    HOLDS,
    MARGIN,
    PARTLY,
    UNDECIDED,
    Measured,
    Stored,
    Verdict,
)
from rnnbook.errors import ExperimentError
from rnnbook.experiments import Interval, interval

Answer = bool | None
TEXT = "shakespeare"  # of the small trainings
AT_THIS_BUDGET = (
    "at this budget: no network of the experiment ends clearly below the best counter of its text"
)


def above(found: Interval, bound: float) -> Answer:
    """Whether a mean is above a bound."""
    return True if found.low > bound else False if found.high < bound else None


def below(found: Interval, bound: float) -> Answer:
    """Whether a mean is below a bound."""
    return no(above(found, bound))


def inside(found: Interval, low: float, high: float) -> Answer:
    """Whether a mean lies between two bounds."""
    return every([above(found, low), below(found, high)])


def apart(first: Interval, second: Interval) -> Answer:
    """Whether the first is above the second, where they are not paired."""
    return True if first.low > second.high else False if first.high < second.low else None


def grade(value: float, good: float, bad: float) -> Answer:
    """Of a number without chance: yes up to ``good``, no from ``bad`` on, open between."""
    return True if value <= good else False if value >= bad else None


def no(answer: Answer) -> Answer:
    """The opposite; what is open stays open."""
    return None if answer is None else not answer


def every(answers: Iterable[Answer]) -> Answer:
    """No if one is no; yes if all are yes. Raises :class:`ExperimentError` for no answers: where
    nothing was measured, nothing holds."""
    found = _asked(answers)
    return False if False in found else None if None in found else True


def _asked(answers: Iterable[Answer]) -> list[Answer]:
    found = list(answers)
    if not found:
        raise ExperimentError("the result has no row to judge by")
    return found


def some(answers: Iterable[Answer]) -> Answer:
    """Yes if one is yes; no if all are no."""
    return no(every(map(no, answers)))


def verdict(claim: Answer, whole: Answer = True) -> Verdict:
    """A claim that is so holds; if it is not so to its ``whole`` extent, with a condition."""
    if claim is None or (claim and whole is None):
        return UNDECIDED
    return FAILS if not claim else HOLDS if whole else PARTLY


def by_count(answers: Sequence[Answer]) -> Verdict:
    """Of many cases: all yes; half of them yes and none no; half of them no; or open."""
    _asked(answers)
    yes, against = answers.count(True), answers.count(False)
    if yes == len(answers):
        return HOLDS
    if 2 * against >= len(answers):
        return FAILS
    return PARTLY if 2 * yes >= len(answers) and not against else UNDECIDED


def of_kinds(answers: Sequence[Answer]) -> Verdict:
    """Of a few kinds, each of which is to be told: all yes, some yes, all no; or one is open."""
    _asked(answers)
    if None in answers:
        return UNDECIDED
    return HOLDS if all(answers) else PARTLY if any(answers) else FAILS


@dataclass(frozen=True)
class Level:
    """Where the best network of an experiment ends beside the best counter of its text."""

    best: Interval
    counter: str
    loss: float
    seconds: float | None = None  # the longest training

    @property
    def is_low(self) -> bool:
        """Whether the network ends clearly below."""
        return self.best.mean <= self.loss - MARGIN

    def __str__(self) -> str:
        after = f" after {self.seconds:.0f} seconds at most" if self.seconds else ""
        return (
            f"the best network ends at {self.best}{after}, and the best counter of its text "
            f"({self.counter}) at {self.loss:.3f}"
        )


def level(
    results: Stored,
    name: str,
    by: Sequence[str],
    characters: int,
    **settings: Any,
) -> Level:
    """The best cell of an experiment, of those told apart by some settings, and the counter that
    read as many characters of Shakespeare, the text of the small trainings."""
    result = results[name]
    cells: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in result.where(**settings):
        cells.setdefault(tuple(row[key] for key in by), []).append(row)
    trained = [rows for rows in cells.values() if all(row["loss"] is not None for row in rows)]
    if not trained:
        raise ExperimentError(f"no training of {name!r} came to its end")
    best = min((interval([row["loss"] for row in rows]) for rows in trained), key=_mean)
    seconds = max((row.get("seconds") or 0 for row in result.where(**settings)), default=0)
    return beside(results, best, characters, TEXT, seconds or None)


def beside(
    results: Stored, best: Interval, characters: int, text: str, seconds: float | None = None
) -> Level:
    """A loss beside that of the best static counter of so many characters of a text."""
    (row,) = results["yardsticks"].where(text=text, characters=characters)
    return Level(best, row["counter"], row["loss"], seconds)


def _mean(found: Interval) -> float:
    return found.mean


def trained(said: Verdict, number: str, numbers: str, *levels: Level) -> Measured:
    """A verdict over trainings, which is open where they end level with counting."""
    short = [found for found in levels if not found.is_low]
    if not short:
        return Measured(said, number, numbers)
    why = "at this budget: " + "; ".join(map(str, short))
    return Measured(UNDECIDED, number, numbers, why, None if said == UNDECIDED else said)
