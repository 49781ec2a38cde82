"""Claims 30 to 32 and 34: what the temperature does to guesses and to texts."""

from __future__ import annotations

import itertools
from typing import Any

from rnnbook.claims.claim import HOLDS, Measured, Rule, Stored, claim
from rnnbook.claims.judging import above, below, every, verdict
from rnnbook.experiments import Interval, Result, difference, interval

WRITTEN = "2026-11-30"
NETWORK, COUNTING, TEXT = "network", "n-gram", "held-out text"
PROSE = ("shakespeare", "war-and-peace")


def values_of(
    result: Result, key: str, model: str, writer: str, temperature: Any = None
) -> list[float]:
    """One number of a writer's texts at a temperature, a value a seed."""
    return result.values(key, model=model, writer=writer, temperature=temperature)


def of(result: Result, key: str, model: str, writer: str, temperature: Any = None) -> Interval:
    """The same, as an interval."""
    return interval(values_of(result, key, model, writer, temperature))


@claim(
    30,
    "A low temperature makes the network more confident and more conservative.",
    tested="entropy of the guesses on the same held-out text at five temperatures",
    verdict=HOLDS, chapter="sampling", experiments=("sampling",),
    rule=Rule(
        WRITTEN,
        holds="the entropy of the guesses rises from each temperature to the next, in every model",
        fails="somewhere it surely falls",
        undecided="somewhere the interval of the rise has zero in it",
    ),
)  # fmt: skip
def conservative(results: Stored) -> Measured:
    result = results["sampling"]
    temperatures = [t for t in result.options("temperature") if t is not None]
    parts, rises = [], []
    for model in result.options("model"):
        found = [values_of(result, "entropy_on_held_out", model, NETWORK, t) for t in temperatures]
        pairs = zip(found, temperatures, strict=True)
        shown = ", ".join(f"{interval(one):.2f} at {t}" for one, t in pairs)
        parts.append(f"{model} {shown}")
        rises += [above(difference(b, a), 0) for a, b in itertools.pairwise(found)]
    ends = [of(result, "entropy_on_held_out", PROSE[0], NETWORK, t) for t in temperatures]
    number = f"{ends[0]:.2f} nats at {temperatures[0]}, {ends[-1]:.2f} at {temperatures[-1]}"
    numbers = "entropy in nats of the guesses: " + "; ".join(parts)
    return Measured(verdict(every(rises)), number, numbers)


@claim(
    31,
    "Near temperature zero it says the same thing over and over.",
    tested="2,000 characters from each of 20 prompts a seed; a text loops if its end stands there "
    "three times",
    verdict=HOLDS, chapter="sampling", experiments=("loops",),
    rule=Rule(
        WRITTEN,
        holds="at temperature 0 more than half of the texts loop, by every model, and at 0.5 fewer "
        "than a tenth in prose",
        partly="at 0 they do, and at 0.5 surely a tenth or more do in prose as well",
        fails="at 0 surely half or fewer loop, by some model",
        undecided="an interval has one of the bounds in it",
    ),
)  # fmt: skip
def loops(results: Stored) -> Measured:
    result = results["loops"]
    parts, cold, warm = [], {}, {}
    for model in (*PROSE, "wikipedia", "python"):
        cold[model], warm[model] = (of(result, "looped", model, NETWORK, t) for t in (0.0, 0.5))
        lengths = [n for n in values_of(result, "cycle", model, NETWORK, 0.0) if n]
        counting = of(result, "looped", model, COUNTING, 0.0)
        span = sorted({f"{pick(lengths):.0f}" for pick in (min, max)}, key=int) if lengths else []
        cycles = f" in cycles of {' to '.join(span)} characters" * bool(span)
        parts.append(
            f"{model} {cold[model]:.0%}{cycles} (n-gram {counting.mean:.0%}), and "
            f"{warm[model].mean:.0%} at 0.5"
        )
    numbers = "texts that end by repeating themselves at temperature 0: " + "; ".join(parts)
    answer = every(above(one, 0.5) for one in cold.values())
    rare = every(below(warm[model], 0.1) for model in PROSE)
    least = min(cold.values(), key=lambda one: one.mean)
    return Measured(verdict(answer, rare), f"{least.mean:.0%} of the texts or more", numbers)


@claim(
    32,
    "A higher temperature makes more mistakes.",
    tested="the share of words that are not in the training text, at five temperatures, beside the "
    "n-gram and the text itself",
    verdict=HOLDS, chapter="sampling", experiments=("sampling",),
    rule=Rule(
        WRITTEN,
        holds="at the highest temperature a larger share of the words is unknown than at the "
        "lowest, in every model",
        fails="in some model surely a smaller one",
        undecided="in some model the interval has zero in it",
    ),
)  # fmt: skip
def mistakes(results: Stored) -> Measured:
    result = results["sampling"]
    temperatures = [t for t in result.options("temperature") if t is not None]
    parts, rises, number = [], [], ""
    for model in result.options("model"):
        found = [of(result, "non_words", model, NETWORK, t) for t in temperatures]
        shown = ", ".join(f"{one:.1%} at {t}" for one, t in zip(found, temperatures, strict=True))
        text = of(result, "non_words", model, TEXT)
        counting = of(result, "non_words", model, COUNTING, 1.0)
        parts.append(f"{model} {shown} (n-gram {counting:.1%} at 1.0, the text itself {text:.1%})")
        cold, hot = (
            values_of(result, "non_words", model, NETWORK, t)
            for t in (temperatures[0], temperatures[-1])
        )
        rises.append(above(difference(hot, cold), 0))
        number = number or (
            f"{found[0]:.1%} at {temperatures[0]}, {found[-1]:.1%} at {temperatures[-1]} ({model})"
        )
    numbers = "words that training never showed: " + "; ".join(parts)
    return Measured(verdict(every(rises)), number, numbers)


@claim(
    34,
    "A higher temperature is more diverse.",
    tested="distinct-4 and self-BLEU of what is written at three temperatures, beside the n-gram "
    "and the text",
    verdict=HOLDS, chapter="quality", experiments=("writing",),
    rule=Rule(
        WRITTEN,
        holds="from a temperature of 0.5 to 1 distinct-4 rises and self-BLEU falls, in every model",
        partly="distinct-4 rises in every model, and in some self-BLEU surely does not fall",
        fails="in some model distinct-4 surely falls",
        undecided="an interval has zero in it",
    ),
)  # fmt: skip
def diverse(results: Stored) -> Measured:
    result = results["writing"]
    parts, rises, falls, number = [], [], [], ""
    for model in (*PROSE, "wikipedia"):
        found = [of(result, "distinct_4", model, NETWORK, t) for t in (0.5, 0.8, 1.0)]
        text = of(result, "distinct_4", model, TEXT)
        bleu = [of(result, "self_bleu", model, NETWORK, t) for t in (0.5, 1.0)]
        counting = of(result, "distinct_4", model, COUNTING, 0.8)
        parts.append(
            f"{model} distinct-4 {found[0]:.2f}, {found[1]:.2f}, {found[2]:.2f} at 0.5, 0.8, 1.0 "
            f"(n-gram {counting:.2f} at 0.8, the text {text:.2f}), self-BLEU {bleu[0]:.2f} and "
            f"{bleu[1]:.2f} at 0.5 and 1.0"
        )
        distinct, alike = (
            [values_of(result, key, model, NETWORK, t) for t in (0.5, 1.0)]
            for key in ("distinct_4", "self_bleu")
        )
        rises.append(above(difference(distinct[1], distinct[0]), 0))
        falls.append(above(difference(alike[0], alike[1]), 0))
        number = number or f"distinct-4 {found[0]:.2f} at 0.5, {found[2]:.2f} at 1.0 ({model})"
    return Measured(verdict(every(rises), every(falls)), number, "; ".join(parts))


CLAIMS = (conservative, loops, mistakes, diverse)
