"""The ledger's page in a browser, opened from a file: what narrows it, and what works without."""

from __future__ import annotations

import pytest
from browser import visit
from paths import ROOT

from rnnbook import claims
from rnnbook.claims import CLAIMS, ledger

pytestmark = pytest.mark.browser
CSS = ROOT / "rnnbook" / "book" / "book.css"
SHOWN = "document.querySelectorAll('.rnnbook-claim:not([hidden])').length"


@pytest.fixture(scope="module")
def address(tmp_path_factory) -> str:
    findings = claims.check_all()
    parts = (ledger.verdicts_table(findings), ledger.filters_html(findings),
             ledger.section_html(findings))  # fmt: skip
    page = tmp_path_factory.mktemp("ledger") / "ledger.html"
    style = f"<style>{CSS.read_text(encoding='utf-8')}</style>"
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>ledger</title>{style}'
    page.write_text(head + '<main class="bd-article">' + "".join(parts), encoding="utf-8")
    return page.as_uri()


def test_the_ledger_is_narrowed_by_verdict_and_chapter(browser, address):
    open_ones = [one for one in CLAIMS if one.verdict == "undecided"]
    with visit(browser, address) as (page, record):
        status = page.get_by_role("status")
        assert page.evaluate(SHOWN) == len(CLAIMS)
        page.get_by_label("Verdict", exact=True).select_option("undecided")
        assert page.evaluate(SHOWN) == len(open_ones)
        assert status.inner_text() == f"{len(open_ones)} of {len(CLAIMS)} claims"
        page.get_by_label("Chapter", exact=True).focus()
        page.keyboard.type("Training")  # as a reader without a mouse chooses
        wanted = [one for one in open_ones if one.chapter == "training"]
        assert page.evaluate(SHOWN) == len(wanted)
        page.locator('td a[href="#claim-30"]').click()  # one that the choice hides
        page.locator("#claim-30 dl").wait_for(state="visible", timeout=5_000)  # on `hashchange`
        assert page.locator("#claim-30").is_visible()
        assert page.evaluate(SHOWN) == len(CLAIMS)
        record.assert_clean()


def test_a_link_into_the_ledger_unfolds_its_claim(browser, address):
    with visit(browser, f"{address}#claim-48") as (page, _):
        assert page.locator("#claim-48 dl").is_visible()
        assert not page.locator("#claim-47 dl").is_visible()


def test_without_its_script_all_claims_are_shown(browser, address):
    with visit(browser, address, java_script_enabled=False) as (page, _):
        assert page.locator(".rnnbook-claim").count() == len(CLAIMS)
        assert all(one.is_visible() for one in page.locator(".rnnbook-claim").all())
        assert not page.locator("form").is_visible()
        page.locator("#claim-1 summary").click()
        assert page.locator("#claim-1 dl").is_visible()
