"""What a claim is, and how it is held against what was measured.

A claim names the experiments that test it, the rule by which it is judged, and the verdict that
stands in the ledger. Its ``measure`` turns the results into numbers and a verdict. Where that is
another one than the ledger's, or where a result is missing, there is a problem with a name, and
the build of the book fails: a person has to look, and to say in the claim's history what fell.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Literal, Protocol

from rnnbook import experiments
from rnnbook.errors import ExperimentError
from rnnbook.experiments import RESULTS, Result

Verdict = Literal["holds", "holds with a condition", "does not hold here", "undecided"]
HOLDS: Verdict = "holds"
PARTLY: Verdict = "holds with a condition"
FAILS: Verdict = "does not hold here"
UNDECIDED: Verdict = "undecided"
MARGIN = 0.05  # nats by which a network must end below the best static counter of its text
LEVEL = (
    f"; or if the best network of the experiment ends less than {MARGIN} nats below the best "
    "static counter of its text"
)
VERDICTS: tuple[Verdict, ...] = (HOLDS, PARTLY, FAILS, UNDECIDED)


class Stored(Protocol):
    """Results by name."""

    def __getitem__(self, name: str) -> Result: ...


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
class Rule:
    """What counts for a claim, what against it, and what leaves it open.

    ``written`` is the day on which this was written down; the ledger says of which days the results
    are. ``level`` asks that the trainings end below the best static counter of their text.
    """

    written: str  # as 2026-11-30
    holds: str
    fails: str
    undecided: str
    partly: str = ""  # empty where no condition is foreseen
    level: bool = False

    def __post_init__(self) -> None:
        date.fromisoformat(self.written)

    @property
    def verdicts(self) -> dict[Verdict, str]:
        """The verdicts that can be given, each with what gives it."""
        undecided = self.undecided + LEVEL * self.level
        said = {HOLDS: self.holds, PARTLY: self.partly, FAILS: self.fails,
                UNDECIDED: undecided}  # fmt: skip
        return {verdict: text for verdict, text in said.items() if text}


@dataclass(frozen=True)
class Overturned:
    """A verdict that stood in the ledger, what took its place, and why."""

    date: str
    before: str
    after: Verdict
    why: str


@dataclass(frozen=True)
class Measured:
    """The verdict of the numbers, the number that matters, and all of them in a sentence."""

    verdict: Verdict
    number: str
    numbers: str
    why: str = ""  # what stands between these numbers and a verdict
    leaning: Verdict | None = None  # what they would say but for that


@dataclass(frozen=True)
class Claim:
    """A claim of the post or of the paper, and its test here."""

    number: int
    said: str
    tested: str
    verdict: Verdict
    chapter: str  # the file of the chapter that shows it, without its ending
    experiments: tuple[str, ...]
    rule: Rule
    measure: Callable[[Stored], Measured]
    condition: str = ""  # of a verdict with a condition, or what leaves it undecided
    history: tuple[Overturned, ...] = ()  # the oldest first

    def __post_init__(self) -> None:
        if self.verdict not in self.rule.verdicts:
            raise ValueError(f"claim {self.number}: its rule does not know {self.verdict!r}")
        if bool(self.condition) is (self.verdict in (HOLDS, FAILS)):
            raise ValueError(
                f"claim {self.number}: a condition belongs to a verdict that has one, or is open"
            )
        stood = [one.after for one in self.history]
        followed = [*(one.before for one in self.history[1:]), self.verdict] if stood else []
        if stood != followed:
            raise ValueError(f"claim {self.number}: its history does not lead to its verdict")

    @cached_property
    def command(self) -> str:
        """What repeats it."""
        return f"python -m rnnbook claims run {self.number}"


def claim(
    number: int,
    said: str,
    *,
    tested: str,
    verdict: Verdict,
    chapter: str,
    experiments: tuple[str, ...],
    rule: Rule,
    condition: str = "",
    history: tuple[Overturned, ...] = (),
) -> Callable[[Callable[[Stored], Measured]], Claim]:
    """Turns the function below it, which measures, into a claim."""

    def made(measure: Callable[[Stored], Measured]) -> Claim:
        return Claim(number, said, tested, verdict, chapter, experiments, rule, measure,
                     condition, history)  # fmt: skip

    return made


@dataclass(frozen=True)
class Finding:
    """A claim after its check; ``problem`` says what is wrong, and is empty if nothing is."""

    claim: Claim
    measured: Measured | None = None
    problem: str = ""
    over: tuple[str, ...] = ()  # over what its intervals are, by experiment
    dates: tuple[str, ...] = ()  # of the days on which its results were begun

    @property
    def numbers(self) -> str:
        """All numbers in a sentence; empty without a result."""
        return self.measured.numbers if self.measured else ""


def check(claim: Claim, results: Stored) -> Finding:
    """Hold a claim against the results."""
    try:
        found, over = claim.measure(results), spreads(claim, results)
    except ExperimentError as error:
        return Finding(claim, problem=str(error))
    except (ArithmeticError, LookupError, TypeError, ValueError) as error:
        names = ", ".join(claim.experiments)
        return Finding(claim, problem=f"the results ({names}) do not hold what is asked: {error!r}")
    problem = ""
    if found.verdict != claim.verdict:
        problem = f"the numbers say {found.verdict!r}, and the ledger says {claim.verdict!r}"
    begun = {results[name].provenance.get("date", "")[:10] for name in claim.experiments}
    return Finding(claim, found, problem, over, tuple(sorted(begun - {""})))


def spreads(claim: Claim, results: Stored) -> tuple[str, ...]:
    """Over what each interval of a claim is: ``"3 trainings (architectures)"``."""
    found = []
    for name in claim.experiments:
        over, seeds = experiments.find(name).over, results[name].options("seed")
        if over and len(seeds) != 1:  # one seed gives no interval
            found.append(f"{len(seeds)} {over} ({name})" if seeds else f"{over} ({name})")
    return tuple(found)
