"""Claims 23, 24 and 28: networks that learn their text by heart, and what is said to help."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import HOLDS, PARTLY, UNDECIDED, Measured, Overturned, Rule, Stored, claim
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    above,
    every,
    level,
    trained,
    verdict,
)
from rnnbook.experiments import Result, difference, interval

WRITTEN = "2026-11-30"
SHORT, LONG = 100_000, 1_000_000  # characters of the two texts
WEAK, STRONG = 0.05, 0.5  # weight decay
_FELL = "on the short text no network is clearly better than the best counter of it"


def _losses(result: Result, key: str = "loss", **settings: Any) -> list[float]:
    return result.values(key, **settings)


def _less(first: list[float], second: list[float]) -> list[float]:
    return [a - b for a, b in zip(first, second, strict=True)]


@claim(
    23,
    "Dropout helps against overfitting.",
    tested="three shares of dropout on a short and on a long text, 1.5 million characters in all",
    verdict=UNDECIDED, chapter="training", experiments=("rates", "dropout", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="dropout of a half gains on the short text and on the long one",
        partly="it gains on the short text, which is read often, and surely not on the long one",
        fails="it surely does not gain on the short text",
        undecided="an interval has zero in it",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=(Overturned(WRITTEN, PARTLY, UNDECIDED, _FELL),),
)  # fmt: skip
def dropout(results: Stored) -> Measured:
    result = results["dropout"]
    gains = {
        (text, share): difference(
            _losses(result, text=text, dropout=0.0), _losses(result, text=text, dropout=share)
        )
        for text in (SHORT, LONG)
        for share in (0.2, 0.5)
    }
    shown = ", ".join(f"{gap} at {share} on {text:,}" for (text, share), gap in gains.items())
    short, long = (gains[text, 0.5] for text in (SHORT, LONG))
    best = level(results, "dropout", ("dropout",), SHORT, text=SHORT)
    return trained(verdict(above(short, 0), above(long, 0)), f"{short} nats on the short text",
                   f"nats gained by dropout: {shown} characters", best)  # fmt: skip


@claim(
    24,
    "Weight decay helps against overfitting.",
    tested="three strengths on a short and on a long text",
    verdict=UNDECIDED, chapter="training", experiments=("rates", "weight_decay", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="a little decay gains on the short text, and more there than on the long one",
        partly="it gains on the short text, and surely no more there than on the long one: so it "
        "is not overfitting that it helps against",
        fails="it surely does not gain on the short text",
        undecided="an interval has zero in it",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(WRITTEN, PARTLY, UNDECIDED, _FELL),),
)  # fmt: skip
def weight_decay(results: Stored) -> Measured:
    result, parts, gains = results["weight_decay"], [], {}
    for text in (SHORT, LONG):
        bare = _losses(result, text=text, weight_decay=0.0)
        for strength in (WEAK, STRONG):
            gained = _less(bare, _losses(result, text=text, weight_decay=strength))
            parts.append(f"{interval(gained)} at {strength} on {text:,}")
            gains[text, strength] = gained
    short, long = (gains[text, WEAK] for text in (SHORT, LONG))
    said = verdict(above(interval(short), 0), above(difference(short, long), 0))
    best = level(results, "weight_decay", ("weight_decay",), SHORT, text=SHORT)
    return trained(said, f"{interval(short)} nats on the short text",
                   f"nats gained by weight decay: {', '.join(parts)} characters", best)  # fmt: skip


@claim(
    28,
    "Training loss far below validation loss means overfitting: more dropout or a smaller "
    "network. About equal means underfitting: a larger one.",
    tested="both cures were tried where the rule asks for them",
    verdict=UNDECIDED, chapter="training",
    experiments=("rates", "dropout", "sizes", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="where the gap is wide dropout gains, and where it is narrower a larger network does",
        fails="a cure surely makes it worse where the rule asks for it",
        undecided="an interval has zero in it, or the two gaps are not apart",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=(Overturned(WRITTEN, HOLDS, UNDECIDED, _FELL),),
)  # fmt: skip
def rule_of_thumb(results: Stored) -> Measured:
    drop, sizes = results["dropout"], results["sizes"]
    few, many = (min(sizes.options("hidden_size")), max(sizes.options("hidden_size")))
    bare = _losses(drop, text=SHORT, dropout=0.0)
    small = _losses(sizes, text=LONG, hidden_size=few)
    wide = interval(_less(bare, _losses(drop, "train_loss", text=SHORT, dropout=0.0)))
    narrow = interval(_less(small, _losses(sizes, "train_loss", text=LONG, hidden_size=few)))
    by_dropout = difference(bare, _losses(drop, text=SHORT, dropout=0.5))
    by_size = difference(small, _losses(sizes, text=LONG, hidden_size=many))
    numbers = (
        f"gap {wide}: dropout gains {by_dropout}; gap {narrow}: {many} units instead of {few} gain "
        f"{by_size}"
    )
    told = True if wide.low > narrow.high else None
    said = verdict(every([above(by_dropout, 0), above(by_size, 0), told]))
    number = f"dropout gains {by_dropout}, size {by_size} nats"
    return trained(said, number, numbers,
                   level(results, "dropout", ("dropout",), SHORT, text=SHORT),
                   level(results, "sizes", ("hidden_size",), LONG, text=LONG))  # fmt: skip


CLAIMS = (dropout, weight_decay, rule_of_thumb)
