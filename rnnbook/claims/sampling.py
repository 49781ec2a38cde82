"""Claims 30 to 36: what the temperature does, and how good the samples are."""

from __future__ import annotations

import itertools
import math
from typing import Any

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import Interval, Result, difference, interval

NETWORK, COUNTING, TEXT = "network", "n-gram", "held-out text"


def _of(result: Result, key: str, model: str, writer: str, temperature: Any = None) -> Interval:
    return interval(result.values(key, model=model, writer=writer, temperature=temperature))


def _conservative(results: Results) -> Measured:
    result = results["sampling"]
    temperatures = [t for t in result.options("temperature") if t is not None]
    parts, rises = [], []
    for model in result.options("model"):
        found = [_of(result, "entropy_on_held_out", model, NETWORK, t) for t in temperatures]
        shown = ", ".join(f"{one:.2f} at {t}" for one, t in zip(found, temperatures, strict=True))
        parts.append(f"{model} {shown}")
        rises += [b.low - a.high for a, b in itertools.pairwise(found)]
    return Measured("entropy in nats of the guesses: " + "; ".join(parts), min(rises) > 0)


def _loops(results: Results) -> Measured:
    result = results["loops"]
    parts, cold, warm = [], {}, {}
    for model in ("shakespeare", "war-and-peace", "wikipedia", "python"):
        of = {"model": model, "writer": NETWORK}
        cold[model], warm[model] = (
            interval(result.values("looped", temperature=t, **of)) for t in (0.0, 0.5)
        )
        lengths = [value for value in result.values("cycle", temperature=0.0, **of) if value]
        counting = interval(result.values("looped", temperature=0.0, model=model, writer=COUNTING))
        span = sorted({f"{min(lengths):.0f}", f"{max(lengths):.0f}"}, key=int)
        parts.append(
            f"{model} {cold[model]:.0%} in cycles of {' to '.join(span)} characters "
            f"(n-gram {counting.mean:.0%}), and {warm[model].mean:.0%} at 0.5"
        )
    numbers = "texts that end by repeating themselves at temperature 0: " + "; ".join(parts)
    prose = max(warm[model].mean for model in ("shakespeare", "war-and-peace"))
    return Measured(numbers, min(one.mean for one in cold.values()) > 0.5 and prose < 0.1)


def _mistakes(results: Results) -> Measured:
    result = results["sampling"]
    temperatures = [t for t in result.options("temperature") if t is not None]
    parts, rises = [], []
    for model in result.options("model"):
        found = [_of(result, "non_words", model, NETWORK, t) for t in temperatures]
        shown = ", ".join(f"{one:.1%} at {t}" for one, t in zip(found, temperatures, strict=True))
        text = _of(result, "non_words", model, TEXT)
        counting = _of(result, "non_words", model, COUNTING, 1.0)
        parts.append(f"{model} {shown} (n-gram {counting:.1%} at 1.0, the text itself {text:.1%})")
        cold, hot = (
            result.values("non_words", model=model, writer=NETWORK, temperature=t)
            for t in (temperatures[0], temperatures[-1])
        )
        rises.append(difference(hot, cold).low)
    return Measured("words that training never showed: " + "; ".join(parts), min(rises) > 0)


def _units(results: Results) -> Measured:
    result = results["ngram_gain"]
    rows = result.where(model="shakespeare")
    worst = max(
        max(
            abs(row["bits_per_char"] - row["loss"] / math.log(2)),
            abs(row["perplexity"] - math.exp(row["loss"])) / row["perplexity"],
        )
        for row in result.rows
    )
    nats, bits, perplexity = (
        interval([row[key] for row in rows]) for key in ("loss", "bits_per_char", "perplexity")
    )
    numbers = (
        f"shakespeare, on {len(rows)} held-out pieces: {nats} nats, {bits} bits, perplexity "
        f"{perplexity:.2f}; over {len(result.rows)} pieces of all models the three differ by "
        f"{worst:.4f} at most"
    )
    return Measured(numbers, worst < 0.001)


def _diverse(results: Results) -> Measured:
    result = results["writing"]
    parts, supports = [], []
    for model in ("shakespeare", "war-and-peace", "wikipedia"):
        of: dict[str, Any] = {"model": model, "writer": NETWORK}
        found = [_of(result, "distinct_4", model, NETWORK, t) for t in (0.5, 0.8, 1.0)]
        text = _of(result, "distinct_4", model, TEXT)
        bleu = [_of(result, "self_bleu", model, NETWORK, t) for t in (0.5, 1.0)]
        counting = _of(result, "distinct_4", model, COUNTING, 0.8)
        parts.append(
            f"{model} distinct-4 {found[0]:.2f}, {found[1]:.2f}, {found[2]:.2f} at 0.5, 0.8, 1.0 "
            f"(n-gram {counting:.2f} at 0.8, the text {text:.2f}), self-BLEU {bleu[0]:.2f} and "
            f"{bleu[1]:.2f} at 0.5 and 1.0"
        )
        rise = difference(
            result.values("distinct_4", temperature=1.0, **of),
            result.values("distinct_4", temperature=0.5, **of),
        )
        supports.append(rise.low > 0 and found[0].mean < text.mean)
    return Measured("; ".join(parts), all(supports))


#: What is asked of a text of a kind, by model: the key of the row, and what it says.
FORMS = {
    "shakespeare": ("speaker_format", "paragraphs that begin with a speaker"),
    "wikipedia": ("headings_closed", "headings that are closed"),
    "python": ("statements_read", "Python statements that parse"),
    "latex-formulas": ("formulas_read", "formulas that matplotlib reads"),
    "music": ("tunes_read", "tunes that music21 reads"),
    "numbers-en": ("spelled_right", "numbers spelled right"),
}


def _coherent(results: Results) -> Measured:
    result = results["writing"]
    parts, leads, kept = [], [], 0
    for model, (key, what) in FORMS.items():
        own, counting = (_of(result, key, model, writer, 0.5) for writer in (NETWORK, COUNTING))
        text = _of(result, key, model, TEXT)
        parts.append(f"{what} {own:.0%} (n-gram {counting:.0%}, the text {text:.0%})")
        leads.append(own.mean - counting.mean)
        kept += own.mean > 0.8
    numbers = "at temperature 0.5: " + "; ".join(parts)
    return Measured(numbers, min(leads) > 0 and kept >= len(FORMS) - 1)


def _novel(results: Results) -> Measured:
    result = results["writing"]
    parts, copies = [], []
    for model in ("shakespeare", "war-and-peace", "python"):
        copy, text = (
            _of(result, "longest_copy", model, NETWORK, 0.8),
            _of(result, "longest_copy", model, TEXT),
        )
        novel = _of(result, "novel_16", model, NETWORK, 0.8)
        parts.append(
            f"{model}: longest copy {copy:.0f} characters (the held-out text {text:.0f}), "
            f"{novel:.0%} of its 16-grams new"
        )
        copies.append(novel.mean)
    names = _of(result, "novel_names", "names", NETWORK, 1.0)
    counted = _of(result, "novel_names", "names", COUNTING, 1.0)
    real = _of(result, "novel_names", "names", TEXT)
    numbers = (
        "; ".join(parts) + f"; names that training never showed {names:.0%} (n-gram {counted:.0%}; "
        f"of the held-out names themselves {real:.0%})"
    )
    return Measured(numbers, min(copies) > 0.5 and names.mean > 0.6)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        30,
        "A low temperature makes the network more confident and more conservative.",
        "entropy of the guesses on the same held-out text at five temperatures",
        "holds", "sampling", ("sampling",), _conservative,
    ),
    Claim(
        31,
        "Near temperature zero it says the same thing over and over.",
        "2,000 characters from each of 20 prompts a seed; a text loops if its end stands there "
        "three times",
        "holds", "sampling", ("loops",), _loops,
    ),
    Claim(
        32,
        "A higher temperature makes more mistakes.",
        "the share of words that are not in the training text, at five temperatures, beside the "
        "n-gram and the text itself",
        "holds", "sampling", ("sampling",), _mistakes,
    ),
    Claim(
        33,
        "Perplexity and bits per character measure quality.",
        "each was computed from the probabilities on its own, on held-out pieces of every model",
        "holds with a condition", "quality", ("ngram_gain",), _units,
        "they are the loss in other units, and say nothing that the loss does not",
    ),
    Claim(
        34,
        "A higher temperature is more diverse.",
        "distinct-4 and self-BLEU of what is written at three temperatures, beside the n-gram and "
        "the text",
        "holds", "quality", ("writing",), _diverse,
    ),
    Claim(
        35,
        "The samples keep the form of their text: speakers, headings, code, formulas, tunes.",
        "parsers and counts on what was written, the same on the n-gram's text and on the held-out "
        "text",
        "holds with a condition", "quality", ("writing",), _coherent,
        "where the form is a matter of a line; see the claims on structure for more",
    ),
    Claim(
        36,
        "The network invents and does not copy; 90 % of its names are new.",
        "longest copied piece and new 16-grams against the training text; sampled names looked up "
        "in it",
        "holds with a condition", "quality", ("writing",), _novel,
        "much of a text of its own kind is copied too, and the share of new names depends on how "
        "many names there are to copy",
    ),
)  # fmt: skip
