"""Every claim can fall: for each verdict that its rule knows there are results that give it."""

from __future__ import annotations

import pytest
from claims.cases import CASES
from claims.made_up import COUNTER, at, yardsticks

from rnnbook.claims import CLAIMS, judging
from rnnbook.claims.judging import MARGIN, Level
from rnnbook.errors import ExperimentError
from rnnbook.experiments import Interval, interval

EVERY = [
    pytest.param(claim, verdict, id=f"{claim.number} {verdict}")
    for claim in CLAIMS
    for verdict in claim.rule.verdicts
]
TRAINED = [claim for claim in CLAIMS if "yardsticks" in claim.experiments]


def test_every_verdict_of_every_claim_has_its_results():
    for claim in CLAIMS:
        assert list(CASES[claim.number]) == list(claim.rule.verdicts), claim.number
        assert {"holds", "does not hold here", "undecided"} <= set(claim.rule.verdicts)


@pytest.mark.parametrize(("claim", "verdict"), EVERY)
def test_made_up_results_give_the_verdict(claim, verdict):
    found = claim.measure(CASES[claim.number][verdict])
    assert found.verdict == verdict, found
    assert found.number and found.numbers


@pytest.mark.parametrize("claim", TRAINED, ids=lambda claim: str(claim.number))
def test_trainings_level_with_a_counter_leave_a_claim_undecided(claim):
    """Whatever they say: and the ledger says what that is, and why it does not count."""
    end = 1.0 if claim.number in (9, 10) else None
    for verdict, results in CASES[claim.number].items():
        found = claim.measure(results | yardsticks(loss=end or 0.5))
        assert found.verdict == "undecided"
        assert found.why.startswith("at this budget: the best network ends at")
        if verdict in ("holds", "does not hold here") and claim.number != 29:
            assert found.leaning == verdict


def test_the_rule_says_so():
    assert [claim for claim in CLAIMS if claim.rule.level] == TRAINED
    for claim in TRAINED:
        assert f"less than {MARGIN} nats below" in claim.rule.verdicts["undecided"]


def test_a_network_must_end_clearly_below_the_counter():
    for mean, is_low in ((COUNTER - 2 * MARGIN, True), (COUNTER - MARGIN / 2, False)):
        assert Level(interval(at(mean)), "made up", COUNTER).is_low is is_low


def test_an_interval_with_the_bound_in_it_tells_nothing():
    low, high, wide = Interval(1, 0.1, 3), Interval(3, 0.1, 3), Interval(2, 1, 3)
    assert judging.above(high, 2) is True and judging.above(low, 2) is False
    assert judging.below(low, 2) is True and judging.below(high, 2) is False
    assert judging.above(wide, 2) is None and judging.below(wide, 2) is None
    assert judging.inside(high, 2, 4) is True and judging.inside(low, 2, 4) is False
    assert judging.inside(wide, 1.5, 4) is None
    assert judging.apart(high, low) is True and judging.apart(low, high) is False
    assert judging.apart(high, wide) is None
    assert [judging.grade(value, 1, 3) for value in (1, 2, 3)] == [True, None, False]


def test_answers_are_joined():
    yes, no, open_ = True, False, None
    assert judging.every([yes, yes]) is True and judging.every([yes, open_]) is None
    assert judging.every([open_, no]) is False
    assert judging.some([no, yes, open_]) is True and judging.some([no, open_]) is None
    assert judging.some([no, no]) is False
    assert judging.verdict(yes) == "holds" and judging.verdict(yes, no) == "holds with a condition"
    assert judging.verdict(no, yes) == "does not hold here"
    assert judging.verdict(open_) == judging.verdict(yes, open_) == "undecided"
    assert judging.by_count([yes, yes, open_]) == "holds with a condition"
    assert judging.by_count([yes, no, open_]) == "undecided"
    assert judging.by_count([yes, no]) == "does not hold here"
    for joined in (judging.every, judging.some, judging.by_count):
        with pytest.raises(ExperimentError, match="no row"):
            joined([])
