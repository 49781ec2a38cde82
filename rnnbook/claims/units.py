"""Claims 42 to 45: units that can be named, and how many of them."""

from __future__ import annotations

from rnnbook.claims.chance import STRETCHES, Unit, best_unit, networks, over_trainings
from rnnbook.claims.claim import (
    HOLDS,
    PARTLY,
    UNDECIDED,
    Measured,
    Overturned,
    Rule,
    Stored,
    Verdict,
    claim,
)
from rnnbook.claims.judging import above, below, every, inside, some, verdict
from rnnbook.experiments import difference, interval

WRITTEN = "2026-11-30"
ONE_NETWORK = "in the one network that was looked into; how often a training makes one is not known"
_ONE = (
    Overturned(
        WRITTEN, HOLDS, PARTLY,
        "the interval is over passages that one network read: that there is such a unit was seen "
        "in one training, and a claim about networks asks for several",
    ),
)  # fmt: skip


@claim(
    42,
    "There is a cell that is on inside quotation marks and off outside.",
    tested="the best unit on one half of a held-out piece with dialogue was scored on the other, "
    "beside labels moved or shuffled and an untrained twin; then it was held at its mean",
    verdict=PARTLY, chapter="inside", experiments=("units",),
    rule=Rule(
        WRITTEN,
        holds="in every one of three trainings or more, a unit is above chance on passages with "
        "ten quotations or more each, and holding it costs more on the closing mark than holding "
        "another",
        partly="in one network, or in some of the trainings",
        fails="in every network that was looked into surely not",
        undecided="the intervals do not tell, or there are too few quotations",
    ),
    condition=ONE_NETWORK, history=_ONE,
)  # fmt: skip
def quotes(results: Stored) -> Measured:
    result, found = results["units"], []
    for training in networks(result):
        of = {"model": "war-and-peace", "property": "inside quotes", **training}
        unit = best_unit(result, **of)
        costs = [result.values(key, **of) for key in ("ending", "random_ending")]
        found.append(every([unit.is_found, above(difference(*costs), 0)]))
        ending, random, probe = map(interval, (*costs, result.values("probe", **of)))
    numbers = (
        f"inside quotes (war-and-peace): {unit}; a linear probe of all units reaches {probe:.3f}. "
        f"Holding the unit at its mean costs {ending} nats on the mark that closes; holding a "
        f"random unit costs {random}"
    )
    return Measured(over_trainings(found), f"AUC {unit.score:.3f}", numbers)


@claim(
    43,
    "There is a cell that tells the position in the line.",
    tested="the best unit for the number of characters since the newline, and for more than thirty "
    "of them",
    verdict=PARTLY, chapter="inside", experiments=("units",),
    rule=Rule(
        WRITTEN,
        holds="in every one of three trainings or more, a unit is above chance for the number of "
        "characters since the newline, and one for being late in the line",
        partly="in one network, or in some of the trainings",
        fails="in every network that was looked into surely not",
        undecided="the intervals do not tell, or there are too few lines",
    ),
    condition=ONE_NETWORK, history=_ONE,
)  # fmt: skip
def line(results: Stored) -> Measured:
    result, found = results["units"], []
    for training in networks(result):
        units = {
            name: best_unit(result, "war-and-peace", name, **training)
            for name in ("since the newline", "late in the line")
        }
        found.append(every(unit.is_found for unit in units.values()))
    numbers = "; ".join(f"{name} (war-and-peace): {unit}" for name, unit in units.items())
    number = f"R² {units['since the newline'].score:.3f}"
    return Measured(over_trainings(found), number, numbers)


@claim(
    44,
    "There are cells for URLs and for [[ ]]; the latter waits for the second bracket.",
    tested="the best unit for each on held-out Wikipedia, and the values of one between the "
    "brackets",
    verdict=UNDECIDED, chapter="inside", experiments=("units", "second_bracket"),
    rule=Rule(
        WRITTEN,
        holds="both are above chance, on passages with ten stretches or more each; and on a scale "
        "from outside (0) to inside (1), the unit for [[ ]] surely stands below a half after the "
        "first bracket and above after the second",
        partly="both are there, and that unit surely does not wait",
        fails="one of the two surely is not above chance",
        undecided="a passage holds too few stretches, or the unit waits in some passages only",
    ),
    condition="a passage holds hardly any URL, and whether the unit for [[ ]] waits depends on the "
    "piece that is read",
    history=(Overturned(
        WRITTEN, PARTLY, UNDECIDED,
        "the scores were of characters: one of the three passages holds a handful of URLs. And the "
        "unit’s value after the first bracket was a mean whose interval reaches from outside to "
        "inside",
    ),),
)  # fmt: skip
def markup(results: Stored) -> Measured:
    result, second = results["units"], results["second_bracket"]
    units = {
        name: best_unit(result, "wikipedia", name)
        for name in ("in a url", "inside [[ ]]", "after the first [")
    }
    values = [interval(second.values(key)) for key in ("after_first", "after_second")]
    shown = "; ".join(f"{name} (wikipedia): {unit}" for name, unit in units.items())
    numbers = (
        f"{shown}. On a scale from outside (0) to inside (1), the unit that waits best stands at "
        f"{values[0]:.2f} after the first [ and at {values[1]:.2f} after the second"
    )
    there = every(units[name].is_found for name in ("in a url", "inside [[ ]]"))
    waits = every([below(values[0], 0.5), above(values[1], 0.5)])
    said = verdict(there, waits)
    return Measured(said, f"after the first [ at {values[0]:.2f}", numbers, _too_few(units, said))


def _too_few(units: dict[str, Unit], said: Verdict) -> str:
    few = [f"{unit.stretches} for {name}" for name, unit in units.items()
           if unit.stretches < STRETCHES]  # fmt: skip
    if said != UNDECIDED:
        return ""
    return f"too few stretches in a passage: {', '.join(few)}" if few else "the intervals are wide"


@claim(
    45,
    "About 5 % of the cells can be interpreted.",
    tested="all units against all properties that the book can compute; the threshold was stated "
    "before anything was measured",
    verdict=UNDECIDED, chapter="inside", experiments=("share_of_units",),
    rule=Rule(
        WRITTEN,
        holds="in every network the share lies between 2.5 and 10 %, half of five and twice it",
        fails="in every network it surely lies outside",
        partly="in some networks it lies there, and in the others surely outside",
        undecided="in some network the interval reaches beyond one of the bounds",
    ),
    condition="the share changes from passage to passage and with the properties that one thinks "
    "of",
    history=(Overturned(
        WRITTEN, PARTLY, UNDECIDED,
        "any share from nothing to three times the claim was let pass, and one of the intervals "
        "has zero in it",
    ),),
)  # fmt: skip
def share(results: Stored) -> Measured:
    result, parts, answers = results["share_of_units"], [], []
    for model in result.options("model"):
        own, untrained, shifted = (
            interval(result.values(key, model=model)) for key in ("found", "untrained", "shifted")
        )
        count = result.values("properties", model=model)[0]
        parts.append(
            f"{model} {own:.1%} for {count} properties (untrained {untrained.mean:.1%}, labels "
            f"moved {shifted.mean:.1%})"
        )
        answers.append(inside(own, 0.025, 0.1))
    threshold = result.rows[0]["threshold"]
    numbers = f"units with an AUC above {threshold} on both halves: " + "; ".join(parts)
    shares = [interval(result.values("found", model=m)).mean for m in result.options("model")]
    number = f"{min(shares):.1%} to {max(shares):.1%}"
    if None in answers:
        return Measured(UNDECIDED, number, numbers, "an interval reaches beyond the bounds")
    return Measured(verdict(some(answers), every(answers)), number, numbers)


CLAIMS = (quotes, line, markup, share)
