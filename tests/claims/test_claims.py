"""The ledger: every claim has a test, and a result that is gone or changed is a failure."""

from __future__ import annotations

import json
import re
import shutil
import time

import pytest
from paths import ROOT

from rnnbook import claims, experiments
from rnnbook.claims import CLAIMS, Claim, Finding, Measured, Results, ledger
from rnnbook.claims.learning import step_at
from rnnbook.cli import main
from rnnbook.errors import ExperimentError

BOOK = ROOT / "book"
TESTED = [claim for claim in CLAIMS if claim.experiments]


def test_all_claims_are_there_once_and_in_order():
    assert [claim.number for claim in CLAIMS] == list(range(1, 50))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_a_claim_is_tested_by_experiments_that_exist_or_says_why_not(claim):
    assert claim.verdict in claims.VERDICTS
    assert claim.condition if claim.verdict == "opinion" else claim.experiments
    for name in claim.experiments:
        experiments.find(name)
    assert (BOOK / f"{claim.chapter}.ipynb").is_file(), "a claim links to a chapter"
    assert not re.search(r"\d\.\d", claim.condition), "numbers come from results"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_the_stored_results_support_the_verdict(claim):
    finding = claims.check(claim, Results())
    assert not finding.problem, f"{finding.numbers}: {finding.problem}"
    assert finding.numbers or not claim.experiments


def test_every_comparison_has_three_seeds_or_more():
    for name in {name for claim in CLAIMS for name in claim.experiments}:
        seeds = experiments.load(name).options("seed")
        is_search = seeds == [9]  # a rate is chosen with a seed of its own
        assert is_search or len(seeds) >= 3, name


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: str(claim.number))
def test_a_missing_result_is_a_named_failure(claim, tmp_path):
    finding = claims.check(claim, Results(tmp_path))
    assert finding.problem.startswith("the result ") and "is missing" in finding.problem


@pytest.mark.parametrize("claim", TESTED, ids=lambda claim: str(claim.number))
def test_a_corrupted_result_is_a_named_failure(claim, tmp_path):
    """Cut short, emptied of rows, without its numbers: never a pass, never a traceback."""
    for damage in (_cut, _without_rows, _without_numbers):
        for name in claim.experiments:
            text = (experiments.RESULTS / f"{name}.json").read_text(encoding="utf-8")
            (tmp_path / f"{name}.json").write_text(damage(text), encoding="utf-8")
        finding = claims.check(claim, Results(tmp_path))
        assert finding.problem, damage.__name__


def _cut(text: str) -> str:
    return text[: len(text) // 2]


def _without_rows(text: str) -> str:
    return json.dumps({**json.loads(text), "rows": []})


def _without_numbers(text: str) -> str:
    content = json.loads(text)
    names = {name for case in experiments.find(content["experiment"]).cases() for name in case}
    content["rows"] = [{k: v for k, v in row.items() if k in names} for row in content["rows"]]
    return json.dumps(content)


def test_the_command_prints_the_table_quickly(capsys):
    started = time.process_time()
    assert main(["claims"]) == 0
    assert time.process_time() - started < 10
    printed = capsys.readouterr().out
    for claim in CLAIMS:
        assert f"{claim.number:3}. {claim.verdict.upper()}" in printed


def test_the_command_fails_with_a_result_that_is_gone(capsys, tmp_path):
    folder = tmp_path / "results"
    shutil.copytree(experiments.RESULTS, folder)
    (folder / "mechanics.json").unlink()
    assert main(["claims", "--folder", str(folder)]) == 1
    printed = capsys.readouterr().out
    assert "PROBLEM: the result 'mechanics' is missing" in printed
    assert "claims are not supported: 1, 2, 3" in printed


def test_a_claim_is_repeated_and_compared(capsys):
    assert main(["claims", "run", "4", "--jobs", "1"]) == 0
    printed = capsys.readouterr().out
    assert re.search(r"mechanics: (\d+) of \1 numbers lie within what is stored", printed)
    assert printed.count("HOLDS: Before training") == 2
    assert main(["claims", "run", "50"]) == 1
    assert main(["claims", "run"]) == 1


def claim(**changes) -> Claim:
    fields = {
        "number": 1, "said": "a < b", "tested": "by & by", "verdict": "holds", "chapter": "lstm",
        "experiments": ("mechanics",), "measure": lambda results: Measured("3 ± 1", True),
    }  # fmt: skip
    return Claim(**{**fields, **changes})


def test_a_verdict_without_a_measure_or_its_condition_cannot_be_written():
    with pytest.raises(ValueError, match="no measure"):
        claim(measure=None)
    with pytest.raises(ValueError, match="condition"):
        claim(verdict="holds with a condition")
    with pytest.raises(ValueError, match="condition"):
        claim(condition="sometimes")


def test_numbers_that_no_longer_support_a_verdict_are_a_problem():
    wrong = claim(measure=lambda results: Measured("1", False))
    finding = claims.check(wrong, Results())
    assert finding.problem == "the numbers no longer support the verdict 'holds'"
    with pytest.raises(ExperimentError, match=r"claim 1: the numbers no longer"):
        ledger.require_support([finding])
    broken = claim(measure=lambda results: [][0])
    assert "IndexError" in claims.check(broken, Results()).problem


def test_the_page_says_everything_escaped():
    html = ledger.entry_html(Finding(claim(), "3 <b> 1"))
    for part in ('id="claim-1"', "a &lt; b", "By &amp; by.", "3 &lt;b&gt; 1.", "lstm.html",
                 "python -m rnnbook claims run 1", "✓ holds", "rnnbook-holds"):  # fmt: skip
        assert part in html
    table = ledger.verdicts_table([Finding(claim, "") for claim in CLAIMS])
    assert ">all<" in table and "does not hold here" in table


def test_the_step_of_a_change_is_interpolated():
    looks = [{"step": step, "cost": cost} for step, cost in ((10, 4.0), (100, 2.0), (1000, 0.0))]
    assert step_at(looks, lambda look: look["cost"], 0.5) == pytest.approx(100)
    assert step_at(looks, lambda look: look["cost"], 0.25) == pytest.approx(10**1.5)
    assert step_at(looks[::-1], lambda look: -look["cost"], 1.0) == pytest.approx(10)
