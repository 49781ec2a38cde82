"""The ledger: all claims, each with what was measured here and the verdict.

``python -m rnnbook claims`` prints it, ``claims run NUMBER`` repeats one, and ``claims --history``
tells which verdicts fell. The book's page *The ledger* is made from the same.
"""

from __future__ import annotations

from pathlib import Path

from rnnbook.claims import (
    applications,
    architectures,
    certainty,
    closing,
    counted,
    gradients,
    invented,
    mechanics,
    optimisation,
    order,
    overfitting,
    quality,
    recurrences,
    rivals,
    serial,
    temperature,
    units,
)
from rnnbook.claims.claim import (
    VERDICTS,
    Claim,
    Finding,
    Measured,
    Overturned,
    Results,
    Rule,
    check,
    claim,
)
from rnnbook.errors import ExperimentError
from rnnbook.experiments import RESULTS

__all__ = [
    "CLAIMS", "RESULTS", "SECTIONS", "VERDICTS", "Claim", "Finding", "Measured", "Overturned",
    "Results", "Rule", "check", "check_all", "claim", "find", "history",
]  # fmt: skip


def _in_order(*groups: tuple[Claim, ...]) -> tuple[Claim, ...]:
    return tuple(sorted((one for group in groups for one in group), key=lambda one: one.number))


#: The claims by section, in the order of their numbers.
#:
#: :meta hide-value:
SECTIONS: dict[str, tuple[Claim, ...]] = {
    "Mechanics": _in_order(mechanics.CLAIMS, counted.CLAIMS),
    "Learning": _in_order(order.CLAIMS, architectures.CLAIMS, serial.CLAIMS, rivals.CLAIMS),
    "Craft": _in_order(gradients.CLAIMS, overfitting.CLAIMS, optimisation.CLAIMS),
    "Sampling": _in_order(temperature.CLAIMS, quality.CLAIMS),
    "Structure": _in_order(closing.CLAIMS, invented.CLAIMS),
    "Cells": _in_order(units.CLAIMS, certainty.CLAIMS),
    "Applications and the return": _in_order(applications.CLAIMS, recurrences.CLAIMS),
}
CLAIMS: tuple[Claim, ...] = tuple(one for claims in SECTIONS.values() for one in claims)


def find(number: int) -> Claim:
    """The claim of that number. Raises :class:`ExperimentError` if there is none."""
    for one in CLAIMS:
        if one.number == number:
            return one
    raise ExperimentError(f"there is no claim {number}; they run from 1 to {len(CLAIMS)}")


def check_all(folder: Path = RESULTS) -> list[Finding]:
    """All claims, held against the results in a folder."""
    results = Results(folder)
    return [check(one, results) for one in CLAIMS]


def history() -> list[tuple[Claim, Overturned]]:
    """The verdicts that fell: the claim and what took the place, the latest first."""
    fallen = [(of, one) for of in CLAIMS for one in of.history]
    return sorted(fallen, key=lambda pair: pair[1].date, reverse=True)
