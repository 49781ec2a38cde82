"""Claims 50 to 53: what is given up where the state's factors do not look at the state."""

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
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    above,
    below,
    every,
    level,
    of_kinds,
    some,
    trained,
    verdict,
)
from rnnbook.experiments import Interval, Result, difference, interval
from rnnbook.experiments.kinds import BUDGETS, TEXT
from rnnbook.experiments.tasks import ASKING, ATTENDING, LONG, SIGNED, TRAINED, name, shares
from rnnbook.recurrent import LINEAR

WRITTEN = "2026-11-30"
POSITIVE = tuple(kind for kind in LINEAR if kind != "lru")  # an LRU's factors turn
CHANCE, KNOWN = 0.6, 0.9  # shares of right answers: hardly more than guessing, and knowing
LEARNT = 0.95  # the share of right answers of one that has learnt its task
FURTHER = 4  # times the longest of the training
MATTERS = 0.03  # nats from which a choice matters


def _shown(found: dict[str, Interval]) -> str:
    return ", ".join(f"{name(kind)} {one:.2f}" for kind, one in found.items())


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
    found = {kind: interval(shares(result, "parity", kind, length)) for kind in kinds}
    positive = [found[kind] for kind in POSITIVE]
    free = above(found[SIGNED], KNOWN)
    lost = every(below(one, CHANCE) for one in positive)
    if some(above(one, KNOWN) for one in positive):
        said: Verdict = FAILS
    else:
        said = verdict(lost, free) if lost else UNDECIDED
    highest = max(positive, key=lambda one: one.mean)
    number = f"{highest:.2f} at most, and {found[SIGNED]:.2f} with factors from -1"
    return Measured(said, number, f"right at {length} bits: " + _shown(found))


_ATTENTION = Rule(
    "2026-12-01",
    holds="the Transformer is right in surely more than 0.95, and every recurrent network of the "
    "table in surely less",
    partly="it is so but for the GRU and the LSTM, whose gates look at the state",
    fails="the Transformer is right in surely more than 0.95, and so is a recurrent network",
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
    rule=_ATTENTION,
)  # fmt: skip
def recall(results: Stored) -> Measured:
    return _attention(results["tasks"], LONG, "pairs")


def _attention(result: Result, task: str, of: str) -> Measured:
    """The Transformer beside all recurrent networks, at the longest length of the training."""
    length = TRAINED[task]
    found = {kind: interval(shares(result, task, kind, length)) for kind in ASKING[task]}
    numbers = f"right at {length} {of}: {_shown(found)}"
    own = found.pop(ATTENDING)
    best = max(found, key=lambda kind: found[kind].mean)
    number = f"{own:.2f}, and {found[best]:.2f} ({name(best)}) at most"
    if not above(own, LEARNT):
        why = f"{_UNLEARNT}, being right in {own:.2f} at {length} {of}"
        return Measured(UNDECIDED, number, numbers, why)
    if some(above(one, LEARNT) for one in found.values()):
        return Measured(FAILS, number, numbers)
    short = {kind: below(one, LEARNT) for kind, one in found.items()}
    if not every(short[kind] for kind in found if kind in LINEAR):
        return Measured(UNDECIDED, number, numbers)
    gated = every(short[kind] for kind in found if kind not in LINEAR)
    return Measured(HOLDS if gated else PARTLY, number, numbers)


@claim(
    53,
    "minGRU and minLSTM learn a language as well as an LSTM of their size.",
    tested="networks of 122 thousand parameters, an LSTM of one layer and two blocks of the "
    "others, read three million characters of Shakespeare, each kind at a learning rate searched "
    "for it; all lose nats by the character on the same held-out piece",
    verdict=UNDECIDED, chapter="return", experiments=("kinds_rates", "kinds", "yardsticks"),
    rule=Rule(
        "2026-12-01",
        holds="after three million characters the loss of either is surely less than 0.03 nats "
        "above that of the LSTM",
        partly="of one it is, and of the other it surely is not",
        fails="of either it surely is not",
        undecided="one of the intervals has 0.03 in it",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
)  # fmt: skip
def language(results: Stored) -> Measured:
    result = results["kinds"]
    lstm, end = result.values("loss", kind="lstm"), {}
    parts = []
    for kind in ("mingru", "minlstm"):
        end[kind] = difference(result.values("loss", kind=kind), lstm)
        gaps = ", ".join(
            f"{_behind(result, kind, budget)} after {budget / 1e6:g} million" for budget in BUDGETS
        )
        parts.append(f"{name(kind)} {gaps}")
    said = of_kinds([below(one, MATTERS) for one in end.values()])
    number = ", ".join(f"{name(kind)} {one}" for kind, one in end.items())
    numbers = "nats above the LSTM: " + "; ".join(parts)
    return trained(said, number, numbers, level(results, "kinds", ("kind",), TEXT))


def _behind(result: Result, kind: str, budget: int) -> Interval:
    key = f"by_budget.{budget}.loss"
    return difference(result.values(key, kind=kind), result.values(key, kind="lstm"))


CLAIMS = (parity, copying, recall, language)
