"""The ledger: all claims, each with what was measured here and the verdict.

``python -m rnnbook claims`` prints it, and ``claims run NUMBER`` repeats one. The book's
page *The ledger* is made from the same.
"""

from __future__ import annotations

from pathlib import Path

from rnnbook.claims import (
    applications,
    cells,
    craft,
    learning,
    mechanics,
    sampling,
    structure,
)
from rnnbook.claims.claim import VERDICTS, Claim, Finding, Measured, Results, check
from rnnbook.errors import ExperimentError
from rnnbook.experiments import RESULTS

__all__ = [
    "CLAIMS", "RESULTS", "SECTIONS", "VERDICTS", "Claim", "Finding", "Measured", "Results", "check",
    "check_all", "find",
]  # fmt: skip

#: The claims by section, in the order of their numbers.
#:
#: :meta hide-value:
SECTIONS: dict[str, tuple[Claim, ...]] = {
    "Mechanics": mechanics.CLAIMS,
    "Learning": learning.CLAIMS,
    "Craft": craft.CLAIMS,
    "Sampling": sampling.CLAIMS,
    "Structure": structure.CLAIMS,
    "Cells": cells.CLAIMS,
    "Applications": applications.CLAIMS,
}
CLAIMS: tuple[Claim, ...] = tuple(claim for claims in SECTIONS.values() for claim in claims)


def find(number: int) -> Claim:
    """The claim of that number. Raises :class:`ExperimentError` if there is none."""
    for claim in CLAIMS:
        if claim.number == number:
            return claim
    raise ExperimentError(f"there is no claim {number}; they run from 1 to {len(CLAIMS)}")


def check_all(folder: Path = RESULTS) -> list[Finding]:
    """All claims, held against the results in a folder."""
    results = Results(folder)
    return [check(claim, results) for claim in CLAIMS]
