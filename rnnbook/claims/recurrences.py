"""Claims 50 to 52: what is given up where the state's factors do not look at the state."""

from __future__ import annotations

from rnnbook.claims.claim import (
    FAILS,
    HOLDS,
    PARTLY,
    UNDECIDED,
    Measured,
    Rule,
    Stored,
    Verdict,
    claim,
)
from rnnbook.claims.judging import Answer, above, below, every, some, verdict
from rnnbook.experiments import Interval, difference, interval
from rnnbook.experiments.tasks import ATTENDING, SIGNED, TRAINED, name, shares
from rnnbook.recurrent import LINEAR

WRITTEN = "2026-11-30"
POSITIVE = tuple(kind for kind in LINEAR if kind != "lru")  # an LRU's factors turn
CHANCE, KNOWN = 0.6, 0.9  # shares of right answers: hardly more than guessing, and knowing
ALL = 0.95  # share of letters that makes “all”
FURTHER = 4  # times the longest of the training


def _shown(found: dict[str, list[float]]) -> str:
    return ", ".join(f"{name(kind)} {interval(values):.2f}" for kind, values in found.items())


@claim(
    50,
    "A linear recurrence cannot keep track of odd and even unless its factors may be negative.",
    tested="networks of 20 thousand parameters were asked after every bit whether the number of "
    "ones so far is odd; trained on up to 24 bits, asked over 96. The LRU, whose factors turn but "
    "do not look at the input, is shown and not judged",
    verdict=UNDECIDED, chapter="return", experiments=("tasks",),
    rule=Rule(
        WRITTEN,
        holds="at four times the longest text of the training, minGRU, minLSTM, S6 and RG-LRU are "
        "right in surely less than 0.6, and a minGRU whose factors reach from -1 to 1 in surely "
        "more than 0.9",
        partly="the former is so, and the latter surely not: negative factors do not suffice",
        fails="one whose factors are positive is right in surely more than 0.9",
        undecided="the intervals tell neither",
    ),
)  # fmt: skip
def parity(results: Stored) -> Measured:
    length = FURTHER * TRAINED["parity"]
    result = results["tasks"]
    kinds = ("rnn", "gru", "lstm", *LINEAR, SIGNED, ATTENDING)
    found = {kind: shares(result, "parity", kind, length) for kind in kinds}
    positive = [interval(found[kind]) for kind in POSITIVE]
    free = above(interval(found[SIGNED]), KNOWN)
    lost = every(below(one, CHANCE) for one in positive)
    if some(above(one, KNOWN) for one in positive):
        said: Verdict = FAILS
    else:
        said = verdict(lost, free) if lost else UNDECIDED
    highest = max(positive, key=lambda one: one.mean)
    number = f"{highest:.2f} at most, and {interval(found[SIGNED]):.2f} with factors from -1"
    return Measured(said, number, f"right at {length} bits: " + _shown(found))


def _ahead(found: dict[str, list[float]], kinds: tuple[str, ...]) -> dict[str, Interval]:
    return {kind: difference(found[ATTENDING], found[kind]) for kind in kinds}


@claim(
    51,
    "A state of fixed size copies short texts only; attention copies long ones.",
    tested="networks of 20 thousand parameters say up to 16 letters again, of eight kinds; asked "
    "about 16, the longest of the training",
    verdict=UNDECIDED, chapter="return", experiments=("tasks",),
    rule=Rule(
        WRITTEN,
        holds="the Transformer says surely more than 0.95 of the letters again, and every "
        "recurrent network surely fewer than it does",
        partly="it is surely ahead of every recurrent network, and not surely above 0.95",
        fails="it is surely behind one of them",
        undecided="the intervals tell neither",
    ),
)  # fmt: skip
def copying(results: Stored) -> Measured:
    length, kinds = TRAINED["copying"], ("gru", "lstm", *LINEAR)
    found = {k: shares(results["tasks"], "copying", k, length) for k in (*kinds, ATTENDING)}
    leads = [above(one, 0) for one in _ahead(found, kinds).values()]
    best = interval(found[ATTENDING])
    return _judged(leads, above(best, ALL), f"right at {length} letters: ", found)


@claim(
    52,
    "Where a value must be found by its key, attention is ahead of any state of fixed size.",
    tested="networks of 20 thousand parameters read up to eight keys of 26, each with one of eight "
    "values, and are then asked for the value of each; asked with eight pairs",
    verdict=UNDECIDED, chapter="return", experiments=("tasks",),
    rule=Rule(
        WRITTEN,
        holds="the Transformer is surely ahead of every recurrent network",
        partly="it is surely ahead of every linear one, and not surely of the GRU and the LSTM",
        fails="it is surely behind a linear one",
        undecided="the intervals tell neither",
    ),
)  # fmt: skip
def recall(results: Stored) -> Measured:
    length = TRAINED["recall"]
    kinds = ("gru", "lstm", *LINEAR)
    found = {k: shares(results["tasks"], "recall", k, length) for k in (*kinds, ATTENDING)}
    linear = [above(one, 0) for one in _ahead(found, tuple(LINEAR)).values()]
    gated = every(above(one, 0) for one in _ahead(found, ("gru", "lstm")).values())
    return _judged(linear, gated, f"right with {length} pairs: ", found)


def _judged(
    leads: list[Answer], more: Answer, before: str, found: dict[str, list[float]]
) -> Measured:
    """Of the Transformer's leads: behind in one, it fails; ahead in all, it holds if ``more``."""
    said: Verdict = UNDECIDED
    if False in leads:
        said = FAILS
    elif all(leads):
        said = HOLDS if more else PARTLY
    rivals = {kind: interval(values) for kind, values in found.items() if kind != ATTENDING}
    best = max(rivals, key=lambda kind: rivals[kind].mean)
    number = f"{interval(found[ATTENDING]):.2f}, and {rivals[best]:.2f} ({name(best)}) at most"
    return Measured(said, number, before + _shown(found))


CLAIMS = (parity, copying, recall)
