"""Claims 9 and 10: what is learnt first, and what last."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from rnnbook.claims.claim import HOLDS, UNDECIDED, Measured, Overturned, Rule, Stored, claim
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    Level,
    above,
    beside,
    every,
    trained,
    verdict,
)
from rnnbook.experiments import difference, interval

WRITTEN = "2026-11-30"
KINDS = ("spaces", "short words", "long words", "closing quotes")
NOVEL, CHARACTERS = "war-and-peace", 2_800_000  # what the network reads
EARLY = 300  # the step at which the ranges are compared
_FELL = (
    Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "the network stands level with the best counter of its text: a longer training may change "
        "when it learns what",
    ),
)  # fmt: skip


def step_at(looks: Sequence[dict[str, Any]], value: Callable[[Any], float], share: float) -> float:
    """The step at which so large a share of the whole change was made, by log interpolation.

    ``value`` gives the number of a look; its change is from the first look to the last.
    """
    steps, values = [look["step"] for look in looks], [value(look) for look in looks]
    wanted = values[0] + share * (values[-1] - values[0])
    sign = math.copysign(1, values[-1] - values[0])
    for before, after in zip(range(len(steps)), range(1, len(steps)), strict=False):
        if sign * (values[after] - wanted) >= 0:
            span = values[after] - values[before]
            part = (wanted - values[before]) / span if span else 1.0
            return steps[before] * (steps[after] / steps[before]) ** min(1, max(0, part))
    return float(steps[-1])


def _step(looks: Sequence[dict[str, Any]], kind: str, share: float) -> float:
    return step_at(looks, lambda look: look["cost"][kind], share)


def _level(results: Stored) -> Level:
    last = [row["looks"][-1]["loss"] for row in results["learning_order"].rows]
    return beside(results, interval(last), CHARACTERS, NOVEL)


@claim(
    9,
    "Spaces and words come first, then short words, then longer ones.",
    tested="an LSTM read War and Peace and was examined at ten steps; the cost of guessing was "
    "split by what was to be guessed",
    verdict=UNDECIDED, chapter="watching", experiments=("learning_order", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="three quarters of the fall in cost are made on spaces first, then on short words, "
        "then on long ones, in every training",
        fails="one of the three surely comes in another place",
        undecided="the intervals of two overlap",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=_FELL,
)  # fmt: skip
def order(results: Stored) -> Measured:
    looks = [row["looks"] for row in results["learning_order"].rows]
    steps = {kind: [_step(look, kind, 0.75) for look in looks] for kind in KINDS}
    shown = ", ".join(f"{kind} by step {interval(at):.0f}" for kind, at in steps.items())
    gaps = [difference(steps[b], steps[a]) for a, b in itertools.pairwise(KINDS[:3])]
    said = verdict(every(above(gap, 0) for gap in gaps))
    number = f"spaces {interval(steps[KINDS[0]]):.0f}, long words {interval(steps[KINDS[2]]):.0f}"
    return trained(said, f"by step: {number}", f"three quarters of the gain are made on {shown}",
                   _level(results))  # fmt: skip


@claim(
    10,
    "Long-range dependencies are learnt last.",
    tested="the same network, given only the last 1, 3, 10, 30 or 100 characters of held-out text",
    verdict=UNDECIDED, chapter="watching", experiments=("learning_order", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="early on, less of the final gain has been made the further back the context lies "
        "that brings it",
        fails="a further range surely has more of its gain than a nearer one",
        undecided="the intervals of two ranges overlap",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=_FELL,
)  # fmt: skip
def long_range(results: Stored) -> Measured:
    rows = results["learning_order"].rows
    ranges = list(rows[0]["looks"][0]["gain"])
    shares = {name: [_share(row, name) for row in rows] for name in ranges}
    shown = ", ".join(f"from {name} characters {interval(x):.0%}" for name, x in shares.items())
    first, second, third, last = (shares[name] for name in ranges)
    gaps = [difference(a, b) for a, b in ((first, second), (second, third), (second, last))]
    number = f"at step {EARLY}: {ranges[2]} characters {interval(third):.0%}"
    numbers = f"of what more context gains at last, step {EARLY} has {shown}"
    return trained(verdict(every(above(gap, 0) for gap in gaps)), number, numbers, _level(results))


def _share(row: dict[str, Any], name: str) -> float:
    """What part of its final gain a range has at the early step."""
    gains = {look["step"]: look["gain"][name] for look in row["looks"]}
    return float(gains[EARLY] / gains[max(gains)])


CLAIMS = (order, long_range)
