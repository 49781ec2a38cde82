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
from rnnbook.claims.judging import above, below, every, some, verdict
from rnnbook.experiments import Result, difference, interval
from rnnbook.experiments.tasks import ASKING, ATTENDING, LONG, SIGNED, TRAINED, name, shares
from rnnbook.recurrent import LINEAR

WRITTEN = "2026-11-30"
POSITIVE = tuple(kind for kind in LINEAR if kind != "lru")  # an LRU's factors turn
CHANCE, KNOWN = 0.6, 0.9  # shares of right answers: hardly more than guessing, and knowing
LEARNT = 0.95  # the share of right answers of one that has learnt its task
FURTHER = 4  # times the longest of the training


def _shown(found: dict[str, list[float]]) -> str:
    return ", ".join(f"{name(kind)} {interval(values):.2f}" for kind, values in found.items())


@claim(
    50,
    "Without negative factors no linear recurrence tells odd from even.",
    tested="networks of 20 thousand parameters were asked after every bit whether the number of "
    "ones so far is odd; trained on up to 24 bits, asked over 96. The LRU, whose factors turn but "
    "do not look at the input, is shown and not judged",
    verdict=HOLDS, chapter="return", experiments=("tasks",),
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


_ATTENTION = Rule(
    WRITTEN,
    holds="the Transformer is right in surely more than 0.95, and surely ahead of every "
    "recurrent network",
    partly="it is right in surely more than 0.95 and ahead of every linear recurrence, and not "
    "surely of the GRU and the LSTM",
    fails="it is right in surely more than 0.95, and surely behind a linear recurrence",
    undecided="the intervals tell neither; or the Transformer is not surely right in more than "
    "0.95, so that it has not learnt the task",
)
_UNLEARNT = "at this budget: the Transformer itself has not learnt the task"


@claim(
    51,
    "A state of fixed size copies short texts only; attention copies long ones.",
    tested="networks of 20 thousand parameters, of eight kinds, were trained for a thousand steps "
    "to say up to 16 letters again; asked about 16",
    verdict=UNDECIDED, chapter="return", experiments=("tasks",),
    rule=_ATTENTION,
    condition=_UNLEARNT,
)  # fmt: skip
def copying(results: Stored) -> Measured:
    return _attention(results["tasks"], "copying", "letters")


@claim(
    52,
    "Attention finds a value by its key better than any state of fixed size.",
    tested="networks of 20 thousand parameters read up to eight keys of 26, each with one of eight "
    "values, and are then asked for the value of each; after 2,400 steps at the best of three "
    "rates, with eight pairs. LSTM, minGRU and S6, which did best of their sorts after 600 steps, "
    "stand for all",
    verdict=FAILS, chapter="return", experiments=("tasks",),
    rule=Rule(
        "2026-12-01",
        holds="the Transformer is right in surely more than 0.95, and LSTM, minGRU and S6 in "
        "surely less",
        partly="it is so but for the LSTM",
        fails="the Transformer is right in surely more than 0.95, and so is minGRU, S6 or LSTM",
        undecided="the intervals tell neither",
    ),
)  # fmt: skip
def recall(results: Stored) -> Measured:
    length = TRAINED[LONG]
    kinds = ASKING[LONG]
    found = {kind: shares(results["tasks"], LONG, kind, length) for kind in kinds}
    each = {kind: interval(values) for kind, values in found.items()}
    rivals = [kind for kind in kinds if kind != ATTENDING]
    best = max(rivals, key=lambda kind: each[kind].mean)
    number = f"{each[ATTENDING]:.2f}, and {each[best]:.2f} ({name(best)}) at most"
    numbers = f"right at {length} pairs: {_shown(found)}"
    if not above(each[ATTENDING], LEARNT):
        return Measured(UNDECIDED, number, numbers)
    if some(above(each[kind], LEARNT) for kind in rivals):
        return Measured(FAILS, number, numbers)
    short = {kind: below(each[kind], LEARNT) for kind in rivals}
    if not every(short[kind] for kind in rivals if kind in LINEAR):
        return Measured(UNDECIDED, number, numbers)
    return Measured(HOLDS if short["lstm"] else PARTLY, number, numbers)


def _attention(result: Result, task: str, of: str) -> Measured:
    """The Transformer beside all recurrent networks, at the longest length of the training."""
    length, gated = TRAINED[task], ("gru", "lstm")
    found = {kind: shares(result, task, kind, length) for kind in (*gated, *LINEAR, ATTENDING)}
    leads = {k: above(difference(found[ATTENDING], found[k]), 0) for k in (*gated, *LINEAR)}
    linear, others = ([leads[kind] for kind in kinds] for kinds in (tuple(LINEAR), gated))
    said: Verdict = UNDECIDED
    if False in linear:
        said = FAILS
    elif all(linear):
        said = HOLDS if all(others) else PARTLY
    own = interval(found[ATTENDING])
    rivals = {kind: interval(found[kind]) for kind in leads}
    best = max(rivals, key=lambda kind: rivals[kind].mean)
    number = f"{own:.2f}, and {rivals[best]:.2f} ({name(best)}) at most"
    numbers = f"right at {length} {of}: {_shown(found)}"
    if above(own, LEARNT):
        return Measured(said, number, numbers)
    why = f"{_UNLEARNT}, being right in {own:.2f} at {length} {of}"
    return Measured(UNDECIDED, number, numbers, why, None if said == UNDECIDED else said)


CLAIMS = (parity, copying, recall)
