"""Claims 33, 35 and 36: what a loss measures, what form is kept, and what is new."""

from __future__ import annotations

import math

from rnnbook.claims.claim import (
    HOLDS,
    PARTLY,
    UNDECIDED,
    Measured,
    Rule,
    Stored,
    claim,
)
from rnnbook.claims.judging import (
    Answer,
    above,
    below,
    by_count,
    every,
    grade,
    inside,
    some,
    verdict,
)
from rnnbook.claims.temperature import COUNTING, NETWORK, TEXT, of, values_of
from rnnbook.experiments import Interval, Result, difference, interval

WRITTEN = "2026-11-30"
#: What is asked of a text of a kind, by model: the key of the row, and what it says.
FORMS = {
    "shakespeare": ("speaker_format", "paragraphs that begin with a speaker"),
    "wikipedia": ("headings_closed", "headings that are closed"),
    "python": ("statements_read", "Python statements that parse"),
    "latex-formulas": ("formulas_read", "formulas that matplotlib reads"),
    "music": ("tunes_read", "tunes that music21 reads"),
    "numbers-en": ("spelled_right", "numbers spelled right"),
}


def lead(
    result: Result, key: str, model: str, temperature: float, rival: str = COUNTING
) -> Interval:
    """By how much the network's share is above a rival's, seed by seed."""
    own = values_of(result, key, model, NETWORK, temperature)
    other = values_of(result, key, model, rival, None if rival == TEXT else temperature)
    return difference(own, other)


@claim(
    33,
    "Perplexity and bits per character measure quality.",
    tested="each was computed from the probabilities on its own; and who has the lower loss, the "
    "network or the n-gram of Witten and Bell, was held against who spells better at a temperature "
    "of 1 and who keeps the form better at 0.5",
    verdict=PARTLY, chapter="quality", experiments=("ngram_gain", "sampling", "writing"),
    rule=Rule(
        WRITTEN,
        holds="the three agree with the loss to a thousandth, and the writer with the lower loss "
        "spells better in all prose and keeps the form better in half of the texts or more",
        partly="they agree, and the lower loss is better at one of the two and surely not at the "
        "other",
        fails="they do not agree, or the lower loss is surely better at neither",
        undecided="the intervals do not tell",
    ),
    condition="they are the loss in other units; who has the lower loss keeps the form better, "
    "and may still spell worse",
)  # fmt: skip
def units(results: Stored) -> Measured:
    result, sampling, writing = (results[name] for name in ("ngram_gain", "sampling", "writing"))
    worst = max(
        max(
            abs(row["bits_per_char"] - row["loss"] / math.log(2)),
            abs(row["perplexity"] - math.exp(row["loss"])) / row["perplexity"],
        )
        for row in result.rows
    )
    prose = sampling.options("model")
    lower = every(
        above(interval(result.values("gain", model=m)), 0) for m in dict.fromkeys([*prose, *FORMS])
    )
    unknown = {m: lead(sampling, "non_words", m, 1.0) for m in prose}
    spells = every(below(one, 0) for one in unknown.values())
    form = by_count([above(lead(writing, key, m, 0.5), 0) for m, (key, _) in FORMS.items()])
    keeps = None if form == UNDECIDED else form in (HOLDS, PARTLY)
    shown = ", ".join(f"{model} {100 * one.mean:+.1f}" for model, one in unknown.items())
    rows = result.where(model="shakespeare")
    nats, bits = (interval([row[key] for row in rows]) for key in ("loss", "bits_per_char"))
    numbers = (
        f"shakespeare: {nats} nats, {bits} bits; over {len(result.rows)} pieces of all models the "
        f"three differ by {worst:.4f} at most. The network has the lower loss, and at a "
        f"temperature of 1 writes so many points more unknown words: {shown}"
    )
    agree = every([grade(worst, 0.001, 0.01), lower])
    said = verdict(every([agree, _one_of(spells, keeps)]), every([spells, keeps]))
    number = f"points more unknown words at the lower loss: {shown}"
    return Measured(said, number, numbers)


def _one_of(spells: Answer, keeps: Answer) -> Answer:
    """Whether the lower loss is better at one of the two; open if one is open."""
    return None if None in (spells, keeps) else bool(spells or keeps)


@claim(
    35,
    "The samples keep the form of their text: speakers, headings, code, formulas, tunes.",
    tested="parsers and counts on what was written, the same on the n-gram's text and on the "
    "held-out text",
    verdict=PARTLY, chapter="quality", experiments=("writing",),
    rule=Rule(
        WRITTEN,
        holds="at a temperature of 0.5 the form is kept more often than by the n-gram, in every "
        "kind of text",
        partly="in half of the kinds or more, and surely less often in none",
        fails="in half of the kinds or more surely less often",
        undecided="in too many kinds the interval has zero in it",
    ),
    condition="where the form is a matter of a line; see the claims on structure for more",
)  # fmt: skip
def coherent(results: Stored) -> Measured:
    result, parts, leads = results["writing"], [], []
    for model, (key, what) in FORMS.items():
        own, counting = (of(result, key, model, writer, 0.5) for writer in (NETWORK, COUNTING))
        text = of(result, key, model, TEXT)
        parts.append(f"{what} {own:.0%} (n-gram {counting:.0%}, the text {text:.0%})")
        leads.append(above(lead(result, key, model, 0.5), 0))
    number = f"clearly ahead of counting in {leads.count(True)} of {len(leads)} kinds"
    return Measured(by_count(leads), number, "at temperature 0.5: " + "; ".join(parts))


@claim(
    36,
    "The network invents and does not copy; 90 % of its names are new.",
    tested="longest copied piece and new 16-grams against the training text; sampled names looked "
    "up in it",
    verdict=PARTLY, chapter="quality", experiments=("writing",),
    rule=Rule(
        WRITTEN,
        holds="of its 16-grams as many are new as of the held-out text's own, to a tenth, and of "
        "its names 85 to 95 %, at a temperature of 0.8 and at 1",
        partly="of the names at one of the two temperatures, and at the other surely not",
        fails="some model surely copies more than a text of its kind, or at neither temperature "
        "the share of new names lies there",
        undecided="the intervals do not tell",
    ),
    condition="it copies no more than a text of its kind; how many of its names are new depends on "
    "the temperature",
)  # fmt: skip
def novel(results: Stored) -> Measured:
    result, parts, fresh = results["writing"], [], []
    for model in ("shakespeare", "war-and-peace", "python"):
        copy = of(result, "longest_copy", model, NETWORK, 0.8)
        text = of(result, "longest_copy", model, TEXT)
        own, real = (of(result, "novel_16", model, *who) for who in ((NETWORK, 0.8), (TEXT,)))
        fresh.append(above(lead(result, "novel_16", model, 0.8, TEXT), -0.1))
        parts.append(
            f"{model}: longest copy {copy:.0f} characters (the held-out text {text:.0f}), "
            f"{own:.0%} of its 16-grams new (of the held-out text's {real:.0%})"
        )
    cool, names, counted, real = (
        of(result, "novel_names", "names", *who)
        for who in ((NETWORK, 0.8), (NETWORK, 1.0), (COUNTING, 1.0), (TEXT,))
    )
    numbers = (
        "; ".join(parts) + f"; names that training never showed {names:.0%} at a temperature of 1 "
        f"and {cool:.0%} at 0.8 (n-gram {counted:.0%} at 1; of the held-out names themselves "
        f"{real:.0%})"
    )
    ninety = [inside(one, 0.85, 0.95) for one in (cool, names)]
    said = verdict(every([*fresh, some(ninety)]), every(ninety))
    return Measured(said, f"{names:.0%} of the names are new, {cool:.0%} at 0.8", numbers)


CLAIMS = (units, coherent, novel)
