"""The ledger as HTML: every claim with its verdict and one number; the rest is folded.

Everything is escaped. Shown on the book's page *The ledger*. What narrows the list is a small
script beside the HTML; without it all claims are shown.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from html import escape
from pathlib import Path

from rnnbook.cards import table
from rnnbook.claims import SECTIONS, VERDICTS, Claim, Finding, Results, check, find, history
from rnnbook.claims.chance import best_unit
from rnnbook.claims.claim import UNDECIDED
from rnnbook.errors import ExperimentError
from rnnbook.experiments import RESULTS, interval

_MARKS = {"holds": "✓", "holds with a condition": "✓*", "does not hold here": "✗", "undecided": "?"}


def require_support(findings: Iterable[Finding]) -> None:
    """Raise :class:`ExperimentError`, naming each, if claims are not supported by the results."""
    problems = [f"claim {f.claim.number}: {f.problem}" for f in findings if f.problem]
    if problems:
        raise ExperimentError("the ledger does not stand: " + "; ".join(problems))


@cache
def _finding(number: int) -> Finding:
    return check(find(number), Results())


def says(number: int) -> str:
    """The verdict on a claim as a sentence in Markdown, with a link to its entry.

    Raises :class:`ExperimentError` if the results give another verdict than the ledger's.
    """
    finding = _finding(number)
    require_support([finding])
    claim = finding.claim
    condition = f": {claim.condition}" if claim.condition else ""
    link = f'<a href="ledger.html#claim-{number}">claim {number} of the ledger</a>'
    return f"Verdict: **{claim.verdict}**{condition} ({link})."


def number(of: int) -> str:
    """The one number that the ledger shows for a claim."""
    finding = _finding(of)
    require_support([finding])
    return finding.measured.number if finding.measured else ""


def excerpt(caption: str, *numbers: int) -> str:
    """A table of some claims for a chapter: what was said, the verdict, and why it is not plain."""
    rows = ""
    for finding in map(_finding, numbers):
        require_support([finding])
        claim = finding.claim
        rows += (
            f'<tr><th scope="row"><a href="ledger.html#claim-{claim.number}">{claim.number}</a>'
            f"</th><td>{escape(claim.said)}</td><td>{_label(claim.verdict)}</td>"
            f"<td>{escape(finding.measured.number if finding.measured else '')}</td></tr>"
        )
    return _framed(caption, ("claim", "what was said", "verdict", "number"), rows)


def _framed(caption: str, header: Sequence[str], rows: str) -> str:
    """Rows in HTML as a table that may scroll sideways."""
    head = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in header)
    caption = escape(caption, quote=True)
    return (
        '<div class="rnnbook-table" style="overflow-x: auto" tabindex="0" role="region" '
        f'aria-label="{caption}"><table class="table"><caption>{caption}</caption>'
        f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>"
    )


def verdicts_table(findings: Sequence[Finding]) -> str:
    """Which claims got which verdict, by section; each number leads to its claim."""
    body = ""
    for section, claims in SECTIONS.items():
        cells = "".join(f"<td>{_links(claims, verdict)}</td>" for verdict in VERDICTS)
        body += f'<tr><th scope="row">{escape(section)}</th>{cells}</tr>'
    counts = [sum(f.claim.verdict == verdict for f in findings) for verdict in VERDICTS]
    cells = "".join(f"<td>{count} of {len(findings)}</td>" for count in counts)
    body += f'<tr><th scope="row">all</th>{cells}</tr>'
    caption = "Claims by section and verdict; a number leads to its claim"
    return _framed(caption, ("section", *map(_label, VERDICTS)), body)


def _links(claims: Sequence[Claim], verdict: str) -> str:
    return " ".join(
        f'<a href="#claim-{one.number}" aria-label="claim {one.number}: '
        f'{escape(one.said, quote=True)}">{one.number}</a>'
        for one in claims
        if one.verdict == verdict
    )


def _label(verdict: str) -> str:
    return f"{_MARKS[verdict]} {verdict}"


def units_table(results: Results) -> str:
    """All properties that were looked for: the best unit's held-out score, chance, stretches."""
    result = results["units"]
    rows = []
    for model in result.options("model"):
        for name in dict.fromkeys(row["property"] for row in result.where(model=model)):
            unit = best_unit(result, model, name)
            probe = interval(result.values("probe", model=model, property=name))
            verdict = {True: "found", False: "not found", None: "cannot be told"}[unit.is_found]
            numbers = (f"{one:.3f}" for one in (unit.score, unit.chance, probe))
            rows.append((name, model, unit.measure, *numbers, unit.stretches, verdict))
    header = ("property", "model", "measure", "best unit", "by chance", "probe", "stretches",
              "verdict")  # fmt: skip
    caption = (
        "Units that were looked for, on three held-out passages each; stretches are those that "
        "end in the scored half, in the passage with the fewest"
    )
    return table(caption, header, rows)


def history_html() -> str:
    """The verdicts that fell: when, from which to which, and why."""
    items = "".join(
        f'<li><a href="#claim-{claim.number}">{claim.number}</a> <time datetime="{one.date}">'
        f"{one.date}</time>: {escape(one.before)} → {escape(one.after)}. "
        f"{escape(_sentence(one.why))}</li>"
        for claim, one in history()
    )
    return f'<ul class="rnnbook-history">{items}</ul>'


def folded(summary: str, html: str) -> str:
    """HTML that unfolds under a line of text."""
    return (
        f'<details class="rnnbook-unfolding"><summary>{escape(summary)}</summary>{html}</details>'
    )


def filters_html(findings: Sequence[Finding], titles: Mapping[str, str] | None = None) -> str:
    """Two lists to choose from, verdicts and chapters, and the script behind them.

    ``titles`` are those of the chapters by file; a checkout of the book has them. Hidden until
    the script runs.
    """
    titles = _titles() if titles is None else titles
    chapters = dict.fromkeys([*titles, *(f.claim.chapter for f in findings)])
    told = {f.claim.chapter for f in findings}
    named = {chapter: titles.get(chapter, chapter) for chapter in chapters if chapter in told}
    script = (Path(__file__).parent / "ledger.js").read_text(encoding="utf-8")
    return (
        f'<form class="rnnbook-filter" hidden data-claims="{len(findings)}" '
        'aria-label="Which claims to show">'
        f"{_select('verdict', {verdict: verdict for verdict in VERDICTS})}"
        f"{_select('chapter', named)}"
        '<output role="status" aria-live="polite"></output></form>'
        f"<script>{script}</script>"
    )


def _titles() -> dict[str, str]:
    """The titles of the chapters by file, in their order."""
    path = RESULTS.parent / "chapters.toml"
    if not path.is_file():
        return {}
    listed = tomllib.loads(path.read_text(encoding="utf-8"))["chapter"]
    return {one["page"]: one["title"] for one in listed if "page" in one}


def _select(name: str, options: Mapping[str, str]) -> str:
    choices = "".join(
        f'<option value="{escape(value, quote=True)}">{escape(text)}</option>'
        for value, text in options.items()
    )
    return (
        f'<span><label for="ledger-{name}">{name.capitalize()}</label> '
        f'<select id="ledger-{name}" name="{name}"><option value="">all</option>{choices}'
        "</select></span>"
    )


def section_html(findings: Sequence[Finding]) -> str:
    """The claims of one section, each as an entry of its own."""
    return f'<div class="rnnbook-ledger">{"".join(map(entry_html, findings))}</div>'


def entry_html(finding: Finding) -> str:
    """One claim: what was said, the verdict, one number; folded, all that it rests on."""
    claim = finding.claim
    kind, said = claim.verdict.replace(" ", "-"), f"claim-{claim.number}-said"
    number = finding.measured.number if finding.measured else ""
    chapter = escape(claim.chapter, quote=True)
    return (
        f'<section class="rnnbook-claim" id="claim-{claim.number}" aria-labelledby="{said}" '
        f'data-verdict="{claim.verdict}" data-chapter="{chapter}">'
        f'<p class="rnnbook-claimed" id="{said}"><b>{claim.number}</b> {escape(claim.said)}</p>'
        f'<details><summary class="rnnbook-verdict"><span class="rnnbook-{kind}">'
        f'{_label(claim.verdict)}</span> <span class="rnnbook-number">{escape(number)}</span>'
        f"</summary><dl>{_facts(finding)}</dl></details></section>"
    )


def _facts(finding: Finding) -> str:
    claim, found = finding.claim, finding.measured
    is_open = claim.verdict == UNDECIDED
    why = found.why if found and found.why else claim.condition
    parts = [("Measured", finding.numbers), ("Why open" if is_open else "Condition", why)]
    if found and found.leaning:
        parts.append(("So far", f"but for that: {found.leaning}"))
    parts += [("±", "over " + ", ".join(finding.over) if finding.over else "")]
    parts += [("Test", claim.tested), *_rule(finding)]
    parts += [
        ("Fallen", f"on {one.date}, {one.before} became {one.after}: {one.why}")
        for one in claim.history
    ]
    facts = "".join(
        f"<dt>{name}</dt><dd>{escape(_sentence(text))}</dd>" for name, text in parts if text
    )
    chapter = escape(claim.chapter, quote=True)
    return (
        f"{facts}<dt>Repeat</dt><dd><code>{escape(claim.command)}</code></dd>"
        f'<dt>Chapter</dt><dd><a href="{chapter}.html">{escape(claim.chapter)}</a></dd>'
    )


def _rule(finding: Finding) -> list[tuple[str, str]]:
    """What gives each verdict, since when that is written down, and of when the results are."""
    rule, dates = finding.claim.rule, " and ".join(finding.dates)
    written = f"written on {rule.written}" + (f"; the results are of {dates}" if dates else "")
    said = [(verdict.capitalize(), f"if {text}") for verdict, text in rule.verdicts.items()]
    return [("Rule", written), *said]


def _sentence(text: str) -> str:
    """Begun with a capital letter and ended with a full stop."""
    return text[:1].upper() + text[1:] + ("" if text.endswith(".") else ".")
