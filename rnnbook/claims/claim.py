"""What a claim is, and how it is held against what was measured.

A claim names the experiments that test it and declares a verdict. Its ``measure`` turns
their results into a sentence with the numbers, and says whether they support that
verdict. So a verdict is a predicate in code: a result that no longer supports it, or is
missing, is a problem with a name, and the build of the book fails.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from rnnbook import experiments
from rnnbook.errors import ExperimentError
from rnnbook.experiments import RESULTS, Result

Verdict = Literal["holds", "holds with a condition", "does not hold here", "opinion"]
VERDICTS: tuple[Verdict, ...] = (
    "holds", "holds with a condition", "does not hold here", "opinion",
)  # fmt: skip


class Results:
    """Stored results by name, each read once."""

    def __init__(self, folder: Path = RESULTS):
        self.folder = folder
        self._loaded: dict[str, Result] = {}

    def __getitem__(self, name: str) -> Result:
        """A result. Raises :class:`ExperimentError` if it is missing, damaged or unfinished."""
        if name not in self._loaded:
            self._loaded[name] = experiments.load(name, self.folder)
        return self._loaded[name]


@dataclass(frozen=True)
class Measured:
    """The numbers behind a verdict, in a sentence, and whether they support it."""

    numbers: str
    supports: bool


@dataclass(frozen=True)
class Claim:
    """A claim of the post or of the paper, and its test here."""

    number: int
    said: str
    tested: str
    verdict: Verdict
    chapter: str  # the file of the chapter that shows it, without its ending
    experiments: tuple[str, ...] = ()
    measure: Callable[[Results], Measured] | None = None
    condition: str = ""  # of a verdict with a condition, or why it is an opinion

    def __post_init__(self) -> None:
        if self.measure is None and self.verdict != "opinion":
            raise ValueError(f"claim {self.number} has a verdict and no measure")
        if bool(self.condition) is (self.verdict in ("holds", "does not hold here")):
            raise ValueError(f"claim {self.number}: a condition belongs to a conditional verdict")

    @cached_property
    def command(self) -> str:
        """What repeats it."""
        return f"python -m rnnbook claims run {self.number}"


@dataclass(frozen=True)
class Finding:
    """A claim after its check; ``problem`` says what is wrong, and is empty if nothing is."""

    claim: Claim
    numbers: str
    problem: str = ""


def check(claim: Claim, results: Results) -> Finding:
    """Hold a claim against the results."""
    if claim.measure is None:
        return Finding(claim, "")
    try:
        found = claim.measure(results)
    except ExperimentError as error:
        return Finding(claim, "", str(error))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        names = ", ".join(claim.experiments)
        return Finding(claim, "", f"the results ({names}) do not hold what is asked: {error!r}")
    if not found.supports:
        problem = f"the numbers no longer support the verdict {claim.verdict!r}"
        return Finding(claim, found.numbers, problem)
    return Finding(claim, found.numbers)
