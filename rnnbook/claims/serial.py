"""Claims 14 to 17: what a step costs, and on what."""

from __future__ import annotations

import math

from rnnbook.claims.claim import (
    HOLDS,
    PARTLY,
    UNDECIDED,
    Measured,
    Overturned,
    Rule,
    Stored,
    claim,
)
from rnnbook.claims.judging import (
    AT_THIS_BUDGET,
    below,
    every,
    inside,
    level,
    some,
    trained,
    verdict,
)
from rnnbook.experiments import Interval, Result, difference, interval

WRITTEN = "2026-11-30"
READ, READ_BESIDE = 1_000_000, 3_500_000  # characters: of sequence_length, of transformer


def _ratio(first: list[float], second: list[float]) -> Interval:
    return interval([a / b for a, b in zip(first, second, strict=True)])


@claim(
    14,
    "A window of 50 instead of 100 halves the time at a negligible cost.",
    tested="steps were timed at both lengths; the loss was measured after the same million "
    "characters, in batches of the same size, so that a shorter window had more steps",
    verdict=UNDECIDED, chapter="training",
    experiments=("step_cost", "rates", "sequence_length", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="the time of a character is halved (0.4 to 0.6), and the loss rises by less than "
        "0.02 nats",
        partly="the time of a step is halved, that of a character surely not, and the loss rises "
        "by less than 0.02 nats",
        fails="neither time is halved, or the loss surely rises by more",
        undecided="the intervals tell neither",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, PARTLY, UNDECIDED,
        "the timings scatter too much to tell a half, the loss is known to five hundredths of a "
        "nat, and the best counter of the same text is better than the networks",
    ),),
)  # fmt: skip
def half_window(results: Stored) -> Measured:
    cost, result = results["step_cost"], results["sequence_length"]
    ratio = _ratio(
        *(cost.values("milliseconds", part="length", value=length) for length in (50, 100))
    )
    gap = difference(result.values("loss", seq_len=50), result.values("loss", seq_len=100))
    numbers = (
        f"a step of 50 takes {ratio:.2f} of the time of a step of 100; the loss after as many "
        f"characters is {gap} nats higher"
    )
    of_character = Interval(2 * ratio.mean, 2 * ratio.half, ratio.count)
    of_step, of_each = (inside(one, 0.4, 0.6) for one in (ratio, of_character))
    said = verdict(every([some([of_step, of_each]), below(gap, 0.02)]), of_each)
    best = level(results, "sequence_length", ("seq_len",), READ)
    return trained(said, f"{ratio:.2f} of the time of a step", numbers, best)


def _exponent(result: Result, part: str, low: int, high: int) -> Interval:
    """The exponent with which a step's time grows from one value to another."""
    times = [result.values("milliseconds", part=part, value=value) for value in (low, high)]
    return interval([math.log(b / a) / math.log(high / low) for a, b in zip(*times, strict=True)])


@claim(
    15,
    "The cost grows linearly with the length of the sequence.",
    tested="training steps of an LSTM were timed at seven lengths",
    verdict=UNDECIDED, chapter="limits", experiments=("step_cost",),
    rule=Rule(
        WRITTEN,
        holds="from 16 to 256 the time of a step grows with a power of the length between 0.75 "
        "and 1.25",
        fails="the power surely lies outside",
        undecided="its interval reaches beyond one of the bounds",
    ),
    condition="the timings of the shortest steps scatter too much",
    history=(Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "the mean alone was looked at; its interval reaches down to a power that nobody would call "
        "linear",
    ),),
)  # fmt: skip
def length(results: Stored) -> Measured:
    found = _exponent(results["step_cost"], "length", 16, 256)
    numbers = (
        f"the time of a step grows with the length to the power of {found:.2f}, from 16 to 256"
    )
    said = verdict(inside(found, 0.75, 1.25))
    why = "the interval of the power reaches beyond what counts as linear"
    why = why if said == UNDECIDED else ""
    return Measured(said, f"to the power of {found:.2f}", numbers, why)


@claim(
    16,
    "A recurrent network is serial: its steps cannot be computed side by side.",
    tested="steps were timed at nine batch sizes; a small Transformer of the same size was trained "
    "on the same text, by the same optimiser, for the same time",
    verdict=UNDECIDED, chapter="limits",
    experiments=("step_cost", "transformer_rates", "transformer", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="from 1 to 16 sequences the time of a step grows with a power below 0.7, so the "
        "steps of one sequence leave the machine idle; and in the same time a Transformer of the "
        "same size has the lower loss",
        partly="the first is so, and the Transformer surely does not have the lower loss",
        fails="one sequence already fills the machine: the power is surely above 0.7",
        undecided="the intervals do not tell",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, PARTLY, UNDECIDED,
        "after a minute both networks are behind the best counter of the text, and the gap between "
        "them was still closing",
    ),),
)  # fmt: skip
def serial(results: Stored) -> Measured:
    cost, match = results["step_cost"], results["transformer"]
    small, large = (_exponent(cost, "batch", *ends) for ends in ((1, 16), (64, 256)))
    read = [interval(match.values("characters", kind=kind)) for kind in ("transformer", "lstm")]
    loss = difference(match.values("loss", kind="transformer"), match.values("loss", kind="lstm"))
    numbers = (
        f"time of a step against the batch: to the power of {small:.2f} from 1 to 16, and of "
        f"{large:.2f} from 64 to 256. In the same time on two cores a Transformer of the same "
        f"size reads {read[0].mean / read[1].mean:.2f} times as much as the LSTM, and its loss is "
        f"{loss} nats higher"
    )
    best = level(results, "transformer", ("kind",), READ_BESIDE)
    number = f"batch to the power of {small:.2f}"
    return trained(verdict(below(small, 0.7), below(loss, 0)), number, numbers, best)


@claim(
    17,
    "A GPU is about ten times as fast as a CPU.",
    tested="training steps of two layers, on every device that the machine has",
    verdict=UNDECIDED, chapter="limits", experiments=("devices",),
    rule=Rule(
        WRITTEN,
        holds="a step of two layers of 512 units is 5 to 20 times as fast on the accelerator",
        fails="it surely is less or more than that",
        undecided="no accelerator was measured, or the interval reaches beyond one of the bounds",
    ),
    condition="no accelerator was measured; where one is there, the experiment measures it",
    history=(Overturned(
        WRITTEN, "opinion", UNDECIDED,
        "what can be measured, and was not, is no opinion",
    ),),
)  # fmt: skip
def devices(results: Stored) -> Measured:
    result = results["devices"]
    names = [name for name in result.options("device") if name != "cpu"]
    if not names:
        times = interval(result.values("cpu_milliseconds", hidden_size=512))
        numbers = f"here a step of two layers of 512 units takes {times:.0f} ms on the CPU"
        return Measured(UNDECIDED, "no accelerator", numbers, "no accelerator was measured")
    keys = ("cpu_milliseconds", f"{names[0]}_milliseconds")
    ratio = _ratio(*(result.values(key, hidden_size=512) for key in keys))
    numbers = f"{names[0]} is {ratio:.1f} times as fast as the CPU"
    said = verdict(inside(ratio, 5, 20))
    return Measured(said, f"{ratio:.1f} times as fast", numbers, above_or_below(said, ratio))


def above_or_below(said: str, found: Interval) -> str:
    """Why an interval does not decide."""
    return f"the interval reaches from {found.low:.1f} to {found.high:.1f}" * (said == UNDECIDED)


CLAIMS = (half_window, length, serial, devices)
