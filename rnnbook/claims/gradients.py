"""Claims 20 to 22: gradients that vanish or explode, and where a training begins."""

from __future__ import annotations

from rnnbook.claims.claim import (
    FAILS,
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
    Answer,
    above,
    below,
    every,
    level,
    no,
    trained,
    verdict,
)
from rnnbook.experiments import difference, interval

WRITTEN = "2026-11-30"
READ = 1_000_000  # characters of the text
VANISHED = 0.1  # of the gradient at lag 1, at lag 50
UNCLIPPED = 1e9
MATTERS = 0.02  # nats


@claim(
    20,
    "In a plain RNN the gradient vanishes with distance; in an LSTM it does not.",
    tested="the gradient of a guess with respect to what was read up to 100 characters before, in "
    "the shipped networks, of which the LSTM was trained longer, and in new ones, which are alike "
    "but for their kind",
    verdict=FAILS, chapter="lstm", experiments=("gradient_lag",),
    rule=Rule(
        WRITTEN,
        holds="at lag 50 the RNN's gradient is below a tenth of what it is at lag 1, and the "
        "LSTM's is above",
        fails="the LSTM's is surely below a tenth as well, or the RNN's surely above",
        undecided="an interval has the tenth in it",
    ),
    history=(Overturned(
        WRITTEN, PARTLY, FAILS,
        "“in an LSTM it does not” is half of the claim, and it is false: the gradient fades in the "
        "LSTM too, only more slowly. That it did so in the longer trained one was compared with "
        "twins of half the training",
    ),),
)  # fmt: skip
def vanishing(results: Stored) -> Measured:
    result, parts, left = results["gradient_lag"], [], {}
    for kind in result.options("kind"):
        fresh, later = (
            interval(result.values("decay", kind=kind, weights=weights))
            for weights in ("fresh", "trained")
        )
        left[kind] = interval(result.values("relative_50", kind=kind, weights="trained"))
        parts.append(
            f"{kind.upper()} {fresh} before and {later} after training, {left[kind]:.1e} of it "
            "left at lag 50"
        )
    numbers = "factor from one character to the one before it: " + "; ".join(parts)
    answer = every([below(left["rnn"], VANISHED), no(below(left["lstm"], VANISHED))])
    return Measured(verdict(answer), f"{left['lstm']:.1%} left in the LSTM at lag 50", numbers)


@claim(
    21,
    "Gradients explode; clipping them keeps the training alive.",
    tested="a plain RNN by gradient descent, its recurrent weights scaled to three spectral radii, "
    "at two rates, with the norm clipped at 1 and not at all",
    verdict=UNDECIDED, chapter="lstm", experiments=("clipping", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="a third of the trainings diverge without clipping, none with it, and the best of "
        "these learns what a counter knows",
        fails="as many diverge with clipping as without, or none without",
        undecided="something between, or no clipped training gets as far as counting",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, HOLDS, UNDECIDED,
        "the clipped trainings end, but a training that stands at the loss of guessing letters one "
        "by one is hardly alive: none comes near a counter",
    ),),
)  # fmt: skip
def clipping(results: Stored) -> Measured:
    result = results["clipping"]
    radii, rates = result.options("radius"), result.options("learning_rate")
    counts = {
        (clip, radius): [row["diverged"] for row in result.where(clip=clip, radius=radius)]
        for clip in (1.0, UNCLIPPED)
        for radius in radii
    }
    shown = {
        clip: ", ".join(
            f"{sum(counts[clip, radius])} of {len(counts[clip, radius])}" for radius in radii
        )
        for clip in (1.0, UNCLIPPED)
    }
    numbers = (
        f"trainings that diverged, for a spectral radius of {', '.join(map(str, radii))} (rates "
        f"{' and '.join(map(str, rates))}): {shown[UNCLIPPED]} without clipping, {shown[1.0]} with"
    )
    free, clipped = (
        [one for radius in radii for one in counts[clip, radius]] for clip in (UNCLIPPED, 1.0)
    )
    number = f"{sum(free)} of {len(free)} diverge unclipped, {sum(clipped)} clipped"
    best = level(results, "clipping", ("radius", "learning_rate"), READ, clip=1.0)
    return trained(verdict(_keeps_alive(free, clipped)), number, numbers, best)


def _keeps_alive(free: list[bool], clipped: list[bool]) -> Answer:
    if sum(clipped) >= sum(free):
        return False
    return True if 3 * sum(free) >= len(free) and not any(clipped) else None


@claim(
    22,
    "Start with small weights and open forget gates.",
    tested="an LSTM with four forget biases and three scales of its first weights",
    verdict=UNDECIDED, chapter="training",
    experiments=("rates", "initialisation", "yardsticks"),
    rule=Rule(
        WRITTEN,
        holds="a forget bias of −1 costs more than 0.02 nats against 1, and so do first weights "
        "three times as large",
        partly="shut gates do, and large weights surely do not",
        fails="shut gates surely cost less than that",
        undecided="an interval has 0.02 in it",
        level=True,
    ),
    condition=AT_THIS_BUDGET,
    history=(Overturned(
        WRITTEN, FAILS, UNDECIDED,
        "it was judged on Shakespeare after a few seconds, where memory pays little, and behind "
        "the best counter. Where memory pays, and with time, gates may matter",
    ),),
)  # fmt: skip
def first_weights(results: Stored) -> Measured:
    result = results["initialisation"]
    loss = {
        (row["forget_bias"], row["scale"]): result.values(
            "loss", forget_bias=row["forget_bias"], scale=row["scale"]
        )
        for row in result.rows
    }
    shut, none, large, small = (
        difference(loss[which], loss[1.0, 1.0])
        for which in ((-1.0, 1.0), (0.0, 1.0), (1.0, 3.0), (1.0, 0.2))
    )
    numbers = (
        f"nats lost against a forget bias of 1 and the usual scale: {shut} with a bias of −1, "
        f"{none} with 0, {large} with weights times three, {small} with a fifth"
    )
    said = verdict(above(shut, MATTERS), above(large, MATTERS))
    best = level(results, "initialisation", ("forget_bias", "scale"), READ)
    return trained(said, f"shut gates cost {shut} nats", numbers, best)


CLAIMS = (vanishing, clipping, first_weights)
