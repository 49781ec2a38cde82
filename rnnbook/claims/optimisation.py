"""Claims 25 to 27 and 29: optimisers, rates, windows, and settings drawn at random."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import (
    FAILS,
    HOLDS,
    UNDECIDED,
    Measured,
    Overturned,
    Rule,
    Stored,
    claim,
)
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    Level,
    above,
    below,
    beside,
    by_count,
    every,
    level,
    some,
    trained,
    verdict,
)
from rnnbook.experiments import Interval, Result, difference, interval

WRITTEN = "2026-11-30"
READ, READ_AT_RANDOM = 1_000_000, 300_000  # characters of the text
ADAPTIVE = ("adagrad", "rmsprop", "adamw")
NEAR = 0.5  # nats above the best counter that a training by chance may end
_BEHIND = "every training ends behind the best counter of the text: what is quick was compared"


def is_trained(values: list[Any]) -> bool:
    """Whether no training of some diverged."""
    return all(value is not None for value in values)


def best(result: Result, setting: str, **settings: Any) -> tuple[Any, Interval]:
    """The value of a setting whose mean loss is least, and that loss; diverged ones are out."""
    found = {}
    for row in result.where(**settings):
        values = result.values("loss", **{**settings, setting: row[setting]})
        if is_trained(values):
            found[row[setting]] = interval(values)
    value = min(found, key=lambda option: found[option].mean)
    return value, found[value]


@claim(
    25,
    "Adaptive optimisers (Adagrad, RMSProp, Adam) beat plain gradient descent.",
    tested="five optimisers at four rates each; gradient descent with Nesterov's momentum",
    verdict=UNDECIDED, chapter="training", experiments=("optimizers", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="each of the three, at its best rate, ends below gradient descent at its own",
        partly="two of the three do, and the third is not surely above it",
        fails="two of the three or more surely end above it",
        undecided="the intervals tell neither",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=(Overturned(WRITTEN, HOLDS, UNDECIDED, _BEHIND),),
)  # fmt: skip
def optimizers(results: Stored) -> Measured:
    result = results["optimizers"]
    found = {
        name: best(result, "learning_rate", optimizer=name) for name in result.options("optimizer")
    }
    order = sorted(found, key=lambda name: found[name][1].mean)
    shown = ", ".join(f"{name} {found[name][1]} (rate {found[name][0]:g})" for name in order)

    def at_best(name: str) -> list[float]:
        return result.values("loss", optimizer=name, learning_rate=found[name][0])

    leads = {name: difference(at_best("sgd"), at_best(name)) for name in ADAPTIVE}
    said = by_count([above(lead, 0) for lead in leads.values()])
    number = f"Adam {leads['adamw']} nats below gradient descent"
    return trained(said, number, f"loss, each at its best rate: {shown}",
                   level(results, "optimizers", ("optimizer", "learning_rate"), READ))  # fmt: skip


@claim(
    26,
    "The learning rate matters most; too high a rate diverges.",
    tested="Adam at nine rates over more than four orders of magnitude, beside what the choice of "
    "an optimiser changes",
    verdict=UNDECIDED, chapter="training",
    experiments=("learning_rate", "optimizers", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="within a hundred times the best rate a training is ruined (half a nat worse, or "
        "diverged), and the rates that are tried differ by more than the optimisers do",
        partly="a rate ruins the training, and the optimisers surely differ by as much",
        fails="no rate within a hundred times the best ruins it",
        undecided="which of the two choices changes more cannot be told",
        level=True,
    ),
    condition=AT_THIS_BUDGET, history=(Overturned(WRITTEN, HOLDS, UNDECIDED, _BEHIND),),
)  # fmt: skip
def learning_rate(results: Stored) -> Measured:
    result, others = results["learning_rate"], results["optimizers"]
    value, loss = best(result, "learning_rate")
    cells = {rate: result.values("loss", learning_rate=rate)
             for rate in sorted(result.options("learning_rate"))}  # fmt: skip
    means = {rate: interval(found) for rate, found in cells.items() if is_trained(found)}
    ruined = [rate for rate in cells if value < rate <= 100 * value
              and (rate not in means or means[rate].mean > loss.mean + 0.5)]  # fmt: skip
    worst = max(means.values(), key=lambda one: one.mean)
    ends = [
        best(others, "learning_rate", optimizer=name)[1] for name in others.options("optimizer")
    ]
    kinds = [pick(ends, key=lambda one: one.mean) for pick in (min, max)]
    spread = _minus(worst, loss), _minus(kinds[1], kinds[0])
    from_on = f" from {min(ruined):g} on" if ruined else " at no rate"
    numbers = (
        f"best at {value:g}: {loss}; ruined (half a nat worse, or diverged){from_on}; the rates "
        f"span {spread[0]} nats, the optimisers {spread[1]}"
    )
    said = verdict(bool(ruined), above(_minus(*spread), 0))
    number = f"ruined{from_on}; best at {value:g}"
    return trained(said, number, numbers, level(results, "learning_rate", ("learning_rate",), READ))


def _minus(first: Interval, second: Interval) -> Interval:
    """A difference of two means that are not paired, at its widest."""
    return Interval(first.mean - second.mean, first.half + second.half, first.count)


@claim(
    27,
    "A longer sequence learns more.",
    tested="five lengths with carried state; the same number of characters in batches of one size, "
    "so that length 25 has eight times the updates of length 200",
    verdict=UNDECIDED, chapter="training",
    experiments=("rates", "sequence_length", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="the longest sequence ends below every shorter one",
        fails="the longest surely ends above one of them",
        undecided="it is surely above none, and not surely below all",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, FAILS, UNDECIDED,
        "the batch was fixed, so a shorter window had more updates; the rate was tuned at one "
        "length; and all of them end behind the best counter",
    ),),
)  # fmt: skip
def sequence_length(results: Stored) -> Measured:
    result = results["sequence_length"]
    longest = max(result.options("seq_len"))
    gains = {
        length: difference(
            result.values("loss", seq_len=length), result.values("loss", seq_len=longest)
        )
        for length in sorted(result.options("seq_len"))
        if length != longest
    }
    shown = ", ".join(f"{found} against {length}" for length, found in gains.items())
    numbers = f"nats that a sequence of {longest} gains: {shown}"
    least = min(gains, key=lambda length: gains[length].mean)
    said = verdict(every(above(found, 0) for found in gains.values()))
    return trained(said, f"{longest} gains {gains[least]} nats against {least}", numbers,
                   level(results, "sequence_length", ("seq_len",), READ))  # fmt: skip


@claim(
    29,
    "Recurrent networks are hard to train.",
    tested="thirty settings drawn at random for either kind: optimiser, rate, length, batch, "
    "clipping, size, depth; beside counters of every order and both smoothings",
    verdict=UNDECIDED, chapter="training", experiments=("random_settings", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="of the settings drawn, a smaller share comes within half a nat of the best counter "
        "than of the counters' own settings, for the RNN and for the LSTM",
        partly="for one of the two",
        fails="for neither: the share is surely as large as the counters'",
        undecided="the intervals do not tell, or no setting that was drawn learns what a counter "
        "knows",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "a share below 70 % was called hard, compared with nothing. Counters with settings drawn "
        "at random stand beside it now, and a training of seconds is no test of what can be "
        "trained",
    ),),
)  # fmt: skip
def random_settings(results: Stored) -> Measured:
    result = results["random_settings"]
    (counters,) = results["yardsticks"].where(text="shakespeare", characters=READ_AT_RANDOM)
    shares, ruined = {}, {}
    for kind in result.options("kind"):
        rows = result.where(kind=kind)
        near = [row["loss"] is not None and row["loss"] < counters["loss"] + NEAR for row in rows]
        shares[kind] = interval([float(value) for value in near])
        ruined[kind] = f"{sum(row['diverged'] for row in rows)} of {len(rows)} diverged"
    shown = ", ".join(f"{kind.upper()} {x:.0%} ({ruined[kind]})" for kind, x in shares.items())
    numbers = f"within half a nat of the best counter: {shown}; counters {counters['within']:.0%}"
    harder = [below(share, counters["within"]) for share in shares.values()]
    said = verdict(some(harder), every(harder))
    number = f"LSTM {shares['lstm']:.0%}, counters {counters['within']:.0%}"
    return trained(said, number, numbers, _best_drawn(results, result))


def _best_drawn(results: Stored, result: Result) -> Level:
    """The best two trainings, since each setting was drawn once."""
    ends = sorted(row["loss"] for row in result.rows if row["loss"] is not None)
    return beside(results, interval(ends[:2]), READ_AT_RANDOM, "shakespeare")


CLAIMS = (optimizers, learning_rate, sequence_length, random_settings)
