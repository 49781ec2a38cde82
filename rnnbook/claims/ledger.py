"""The ledger as HTML: every claim with its verdict, its numbers and how to repeat it.

Everything is escaped. Shown on the book's page *The ledger*.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from rnnbook.cards import table
from rnnbook.claims import SECTIONS, VERDICTS, Finding, Results
from rnnbook.claims.cells import best_unit
from rnnbook.errors import ExperimentError
from rnnbook.experiments import interval

_MARKS = {"holds": "✓", "holds with a condition": "✓*", "does not hold here": "✗", "opinion": "–"}


def require_support(findings: Iterable[Finding]) -> None:
    """Raise :class:`ExperimentError`, naming each, if claims are not supported by the results."""
    problems = [f"claim {f.claim.number}: {f.problem}" for f in findings if f.problem]
    if problems:
        raise ExperimentError("the ledger does not stand: " + "; ".join(problems))


def verdicts_table(findings: Sequence[Finding]) -> str:
    """How many claims got which verdict, by section."""
    rows = []
    for section, claims in SECTIONS.items():
        counts = Counter(claim.verdict for claim in claims)
        rows.append((section, *(counts[verdict] or "" for verdict in VERDICTS)))
    counts = Counter(finding.claim.verdict for finding in findings)
    rows.append(("all", *(counts[verdict] for verdict in VERDICTS)))
    return table("Claims by section and verdict", ("section", *VERDICTS), rows)


def units_table(results: Results) -> str:
    """All properties that were looked for: the best unit's held-out score, and chance."""
    result = results["units"]
    rows = []
    for model in result.options("model"):
        for name in dict.fromkeys(row["property"] for row in result.where(model=model)):
            score, null, above = best_unit(result, model, name)
            probe = interval(result.values("probe", model=model, property=name))
            measure = result.values("measure", model=model, property=name)[0]
            is_found = "found" if above.low > 0 else "not above chance in all pieces"
            numbers = (f"{one:.3f}" for one in (score, null, probe))
            rows.append((name, model, measure, *numbers, is_found))
    header = ("property", "model", "measure", "best unit", "by chance", "probe", "verdict")
    return table("Units that were looked for, on three held-out pieces each", header, rows)


def section_html(findings: Sequence[Finding]) -> str:
    """The claims of one section, each as an entry of its own."""
    return f'<div class="rnnbook-ledger">{"".join(map(entry_html, findings))}</div>'


def entry_html(finding: Finding) -> str:
    """One claim: what was said, the verdict, the numbers, the test, the chapter, the command."""
    claim = finding.claim
    label = f"{_MARKS[claim.verdict]} {claim.verdict}"
    kind = claim.verdict.replace(" ", "-")
    said = f"claim-{claim.number}-said"
    parts = [("Measured", finding.numbers), ("Condition", claim.condition), ("Test", claim.tested)]
    if claim.verdict == "opinion":
        parts[1] = ("Why an opinion", claim.condition)
    facts = "".join(
        f"<dt>{name}</dt><dd>{escape(_sentence(text))}</dd>" for name, text in parts if text
    )
    if claim.experiments:
        facts += f"<dt>Repeat</dt><dd><code>{escape(claim.command)}</code></dd>"
    chapter = escape(claim.chapter, quote=True)
    facts += f'<dt>Chapter</dt><dd><a href="{chapter}.html">{escape(claim.chapter)}</a></dd>'
    return (
        f'<section class="rnnbook-claim" id="claim-{claim.number}" aria-labelledby="{said}">'
        f'<p class="rnnbook-said" id="{said}"><b>{claim.number}</b> {escape(claim.said)}</p>'
        f'<p class="rnnbook-verdict rnnbook-{kind}">{label}</p><dl>{facts}</dl></section>'
    )


def _sentence(text: str) -> str:
    """Begun with a capital letter and ended with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
