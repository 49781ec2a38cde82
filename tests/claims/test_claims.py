"""The ledger: every claim has a test, and a result that is gone or changed is a failure."""

from __future__ import annotations

import json
import re
import shutil
import time

import pytest
from paths import ROOT

from rnnbook import claims, experiments
from rnnbook.claims import CLAIMS, Claim, Measured, Overturned, Results, Rule, ledger
from rnnbook.claims.order import step_at
from rnnbook.cli import main
from rnnbook.errors import ExperimentError

BOOK = ROOT / "book"


def test_all_claims_are_there_once_and_in_order():
    assert [claim.number for claim in CLAIMS] == list(range(1, 54))


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_a_claim_is_tested_by_experiments_that_exist(claim):
    assert claim.verdict in claims.VERDICTS
    assert claim.experiments
    for name in claim.experiments:
        experiments.find(name)
    assert (BOOK / f"{claim.chapter}.ipynb").is_file(), "a claim links to a chapter"
    assert not re.search(r"\d\.\d", claim.condition), "numbers come from results"


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_the_stored_results_support_the_verdict(claim):
    finding = claims.check(claim, Results())
    assert not finding.problem, f"{finding.numbers}: {finding.problem}"
    assert finding.numbers and finding.measured.number


def test_every_comparison_has_three_seeds_or_more():
    for name in {name for claim in CLAIMS for name in claim.experiments}:
        result = experiments.load(name)
        seeds = result.options("seed") or list(result.rows[0].get("ahead", ()))
        is_search = seeds == [9]  # a rate is chosen with a seed of its own
        is_counted = not experiments.find(name).over  # nothing in it is drawn
        assert is_search or is_counted or len(seeds) >= 3, name


def test_it_is_said_over_what_each_interval_is():
    findings = {finding.claim.number: finding for finding in claims.check_all()}
    assert findings[11].over == ("3 trainings (architectures)",)
    assert findings[30].over == ("3 samples of one network (sampling)",)
    assert findings[42].over == ("3 passages read by one network (units)",)
    for finding in findings.values():
        assert bool(finding.over) or "±" not in finding.numbers, finding.claim.number


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
def test_a_missing_result_is_a_named_failure(claim, tmp_path):
    finding = claims.check(claim, Results(tmp_path))
    assert finding.problem.startswith("the result ") and "is missing" in finding.problem


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: str(claim.number))
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
    assert "± over 3 trainings (architectures)" in printed


def test_the_command_tells_which_verdicts_fell(capsys):
    assert main(["claims", "--history"]) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "19. 2026-11-30, holds -> holds with a condition: The network beats" in printed
    for number in (11, 12, 19, 22, 41, 48):
        (*_, last) = claims.find(number).history
        assert last.why in printed


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
    assert main(["claims", "run", str(len(CLAIMS) + 1)]) == 1
    assert main(["claims", "run"]) == 1


RULE = Rule("2026-11-30", holds="more < less", fails="less", undecided="either")


def claim(**changes) -> Claim:
    fields = {
        "number": 1, "said": "a < b", "tested": "by & by", "verdict": "holds", "chapter": "lstm",
        "experiments": ("mechanics",), "rule": RULE,
        "measure": lambda results: Measured("holds", "3 <i>", "3 <b> ± 1"),
    }  # fmt: skip
    return Claim(**{**fields, **changes})


def test_a_verdict_without_its_rule_or_its_condition_cannot_be_written():
    with pytest.raises(ValueError, match="rule does not know"):
        claim(verdict="holds with a condition", condition="sometimes")
    with pytest.raises(ValueError, match="condition"):
        claim(verdict="undecided")
    with pytest.raises(ValueError, match="condition"):
        claim(condition="sometimes")
    with pytest.raises(ValueError, match="isoformat"):
        Rule("yesterday", holds="a", fails="b", undecided="c")


def test_a_history_leads_to_the_verdict():
    first = Overturned("2026-11-01", "holds", "undecided", "seconds")
    second = Overturned("2026-12-01", "undecided", "holds", "hours")
    assert claim(history=(first, second)).verdict == "holds"
    for wrong in ((first,), (second, first), (second, second)):
        with pytest.raises(ValueError, match="history"):
            claim(history=wrong)


def test_numbers_that_no_longer_support_a_verdict_are_a_problem():
    wrong = claim(measure=lambda results: Measured("undecided", "1", "1"))
    finding = claims.check(wrong, Results())
    assert finding.problem == "the numbers say 'undecided', and the ledger says 'holds'"
    with pytest.raises(ExperimentError, match=r"claim 1: the numbers say"):
        ledger.require_support([finding])
    broken = claim(measure=lambda results: [][0])
    assert "IndexError" in claims.check(broken, Results()).problem


def test_the_page_says_everything_escaped():
    html = ledger.entry_html(claims.check(claim(), Results()))
    for part in ('id="claim-1"', "a &lt; b", "By &amp; by.", "3 &lt;i&gt;", "3 &lt;b&gt; ± 1.",
                 "lstm.html", "python -m rnnbook claims run 1", "✓ holds", "rnnbook-holds",
                 "Over 3 draws of the first weights (mechanics).", "If more &lt; less.",
                 "Written on 2026-11-30; the results are of"):  # fmt: skip
        assert part in html, part
    shown, folded = html.split("<dl>")
    assert "3 &lt;i&gt;" in shown and "±" not in shown and "±" in folded


def test_the_table_leads_to_every_claim_and_the_history_to_those_that_fell():
    table = ledger.verdicts_table(claims.check_all())
    for one in CLAIMS:
        assert table.count(f'href="#claim-{one.number}"') == 1
    told = ledger.history_html()
    assert all(f'href="#claim-{one.number}"' in told for one, _ in claims.history())


def test_the_filter_offers_each_verdict_and_chapter_and_waits_for_its_script():
    html = ledger.filters_html(claims.check_all(), {"lstm": "Gates & <cells>"})
    assert html.startswith('<form class="rnnbook-filter" hidden')
    assert all(f'<option value="{verdict}">' in html for verdict in claims.VERDICTS)
    assert '<option value="lstm">Gates &amp; &lt;cells&gt;</option>' in html


def test_a_chapter_quotes_the_ledger():
    assert ledger.says(20) == (
        f"Verdict: **{claims.find(20).verdict}** "
        '(<a href="ledger.html#claim-20">claim 20 of the ledger</a>).'
    )
    assert claims.find(11).condition in ledger.says(11)


def test_the_step_of_a_change_is_interpolated():
    looks = [{"step": step, "cost": cost} for step, cost in ((10, 4.0), (100, 2.0), (1000, 0.0))]
    assert step_at(looks, lambda look: look["cost"], 0.5) == pytest.approx(100)
    assert step_at(looks, lambda look: look["cost"], 0.25) == pytest.approx(10**1.5)
    assert step_at(looks[::-1], lambda look: -look["cost"], 1.0) == pytest.approx(10)
