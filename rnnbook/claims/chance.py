"""The best unit for a property, beside what chance finds.

A score over characters says little where the characters come in few stretches: a thousand
characters of one quotation are one observation. So stretches are counted, and shown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rnnbook.claims.claim import FAILS, HOLDS, PARTLY, UNDECIDED, Verdict
from rnnbook.claims.judging import Answer, above, every, no
from rnnbook.experiments import Interval, Result, difference, interval

STRETCHES = 10  # that the scored half of each passage must hold
TRAININGS = 3  # that must have made a unit before one can speak of training


@dataclass(frozen=True)
class Unit:
    """The best unit for a property in one network, beside chance."""

    score: Interval
    chance: Interval
    above_chance: Interval
    stretches: int  # the fewest that end in the scored half of a passage
    measure: str

    @property
    def is_found(self) -> Answer:
        """Whether it is above chance, on passages that hold enough stretches to say so."""
        enough = True if self.stretches >= STRETCHES else None
        return every([above(self.above_chance, 0), enough])

    def __str__(self) -> str:
        return (
            f"{self.measure} {self.score:.3f}, by chance {self.chance:.3f}, {self.stretches} "
            "stretches or more in a scored half"
        )


def best_unit(result: Result, model: str, property: str, **settings: Any) -> Unit:
    """The best unit's held-out score, the largest null beside it, and how far it is above.

    Chance is the largest of three: the labels moved along the text, the labels shuffled, and
    the best unit of an untrained twin.
    """
    of = {"model": model, "property": property, **settings}
    scores = result.values("score", **of)
    nulls = [result.values(name, **of) for name in ("shifted", "permuted", "untrained")]
    largest = [max(values) for values in zip(*nulls, strict=True)]
    return Unit(
        interval(scores),
        interval(largest),
        difference(scores, largest),
        min(result.values("endings", **of)),
        result.values("measure", **of)[0],
    )


def networks(result: Result) -> list[dict[str, Any]]:
    """The trainings that were looked into: settings that tell them apart."""
    return [{"training": one} for one in result.options("training")] or [{}]


def over_trainings(found: Sequence[Answer]) -> Verdict:
    """Of each training, whether it made a unit."""
    if found.count(True) == len(found) >= TRAININGS:
        return HOLDS
    if True in found:
        return PARTLY
    return FAILS if every(map(no, found)) else UNDECIDED
