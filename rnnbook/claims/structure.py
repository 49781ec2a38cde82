"""Claims 37 to 41: what opens and must close, names that must be defined, and this book."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.claims.sampling import COUNTING, NETWORK, TEXT
from rnnbook.experiments import Interval, Result, difference, interval


def _of(result: Result, key: str, writer: str, **settings: Any) -> Interval:
    temperature = None if writer == TEXT else 0.8
    return interval(result.values(key, writer=writer, temperature=temperature, **settings))


def _three(result: Result, key: str, model: str) -> tuple[str, Interval]:
    """A share of the network with those of the n-gram and of the text, and the network's lead."""
    own, counting, text = (
        _of(result, key, writer, model=model) for writer in (NETWORK, COUNTING, TEXT)
    )
    lead = difference(
        result.values(key, model=model, writer=NETWORK, temperature=0.8),
        result.values(key, model=model, writer=COUNTING, temperature=0.8),
    )
    return f"{own:.0%} (n-gram {counting:.0%}, the text {text:.0%})", lead


BALANCED = (
    ("python", "brackets_closed", "Python brackets"),
    ("python", "indentation", "Python lines indented consistently"),
    ("c", "brackets_closed", "C brackets"),
    ("wikipedia", "markup_closed", "links and templates"),
    ("wikipedia", "tags_closed", "tags"),
    ("latex", "braces_closed", "LaTeX braces"),
)


def _balance(results: Results) -> Measured:
    result = results["writing"]
    parts, leads = [], []
    for model, key, what in BALANCED:
        shown, lead = _three(result, key, model)
        parts.append(f"{what} {shown}")
        leads.append(lead.mean)
    return Measured("at temperature 0.8: " + "; ".join(parts), min(leads) > 0)


def _begin_end(results: Results) -> Measured:
    result = results["begin_end"]
    distances = list(result.rows[0]["accuracy"])
    parts = []
    for kind, grown in (("rnn", True), ("lstm", True), ("lstm", False)):
        found = {
            distance: interval(result.values(f"accuracy.{distance}", kind=kind, grown=grown))
            for distance in distances
        }
        shown = ", ".join(f"{found[distance]:.0%} at {distance}" for distance in distances[::2])
        how = "" if grown else ", all lengths from the start"
        parts.append(f"{kind.upper()}{how} {shown}")
    chance = result.rows[0]["chance"]
    numbers = f"the right name after so many characters (chance {chance:.0%}): " + "; ".join(parts)
    plain, gated = (
        interval(result.values(f"accuracy.{distance}", kind=kind, grown=True))
        for kind, distance in (("rnn", "80"), ("lstm", "160"))
    )
    return Measured(numbers, plain.high < 0.4 and gated.low > 0.9)


def _undefined(results: Results) -> Measured:
    result = results["undefined_names"]
    parts, leads = [], []
    for model in result.options("model"):
        shown, _ = _three(result, "undefined", model)
        parts.append(f"{model} {shown}")
        own = _of(result, "undefined", NETWORK, model=model)
        leads.append(own.low - _of(result, "undefined", TEXT, model=model).high)
    numbers = "names that nothing defines, in functions begun from a real head: " + "; ".join(parts)
    return Measured(numbers, min(leads) > 0)


def _quotes(results: Results) -> Measured:
    result = results["writing"]
    parts, leads = [], {}
    for model in ("war-and-peace", "sherlock"):
        own, counting = (
            [
                share
                for temperature in (0.8, 1.0)
                for share in result.values(
                    "quotes_closed", model=model, writer=writer, temperature=temperature
                )
            ]
            for writer in (NETWORK, COUNTING)
        )
        text = _of(result, "quotes_closed", TEXT, model=model)
        leads[model] = difference(own, counting)
        parts.append(
            f"{model} {interval(own):.0%} (n-gram {interval(counting):.0%}, the text {text:.0%})"
        )
    numbers = "quotation marks with their partner, at temperatures of 0.8 and 1: " + "; ".join(
        parts
    )
    return Measured(numbers, leads["war-and-peace"].low > 0 >= leads["sherlock"].low)


def _book(results: Results) -> Measured:
    result = results["book_source"]
    parts, worse = [], {}
    for text in result.options("text"):
        loss, ngram, gap = (
            interval(result.values(key, text=text)) for key in ("loss", "ngram", "gap")
        )
        own, real = (
            result.values(f"{by}.known_words", text=text) for by in ("written", "held_out")
        )
        worse[text] = gap
        size = result.values("characters", text=text)[0]
        parts.append(
            f"{size:,} characters: loss {loss} (n-gram {ngram.mean:.3f}), {gap} above its training "
            f"loss, {interval(own):.0%} of the words it writes are known (of the held-out text "
            f"{interval(real).mean:.0%})"
        )
    dearer = difference(
        result.values("loss", text="as much as the post"), result.values("loss", text="all")
    )
    holds = dearer.low > 0.5 and worse["as much as the post"].low > 0.5 > worse["all"].high
    return Measured("; ".join(parts), holds)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        37,
        "Generated code and markup open and close: brackets, indentation, XML.",
        "brackets, indents and tags of what was written were matched, the same for the n-gram's "
        "text and the held-out text",
        "holds with a condition", "voices", ("writing",), _balance,
        "brackets, indents and links do; tags hardly more often than the n-gram's",
    ),
    Claim(
        38,
        "An environment that was begun long ago is closed by another name.",
        "texts with \\begin and \\end of eight names and real words between; an RNN and an LSTM "
        "were asked for the name at the end",
        "holds with a condition", "limits", ("begin_end",), _begin_end,
        "of a plain RNN; an LSTM that was trained on such texts carries the name for hundreds of "
        "characters",
    ),
    Claim(
        39,
        "Generated code uses variables that were never defined.",
        "names in generated functions were looked up among what is defined before them, the same "
        "for real code",
        "holds", "voices", ("undefined_names",), _undefined,
    ),
    Claim(
        40,
        "Quotation marks that are opened are closed.",
        "quotation marks in whole generated paragraphs were counted",
        "holds with a condition", "voices", ("writing",), _quotes,
        "where the text is long enough to learn it: on the short Sherlock it is not",
    ),
    Claim(
        41,
        "A network trained on the post itself writes nonsense: its text is too small.",
        "the book's own source in place of the post: as many characters as the post had, and all",
        "holds", "this-book", ("book_source",), _book,
    ),
)  # fmt: skip
