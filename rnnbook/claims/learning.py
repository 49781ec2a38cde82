"""Claims 9 to 19: what is learnt, by which network, and from how much."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import Interval, Result, difference, interval

KINDS = ("spaces", "short words", "long words", "closing quotes")


def step_at(looks: Sequence[dict[str, Any]], value: Callable[[Any], float], share: float) -> float:
    """The step at which so large a share of the whole change was made, by log interpolation.

    ``value`` gives the number of a look; its change is from the first look to the last.
    """
    steps, values = [look["step"] for look in looks], [value(look) for look in looks]
    wanted = values[0] + share * (values[-1] - values[0])
    sign = math.copysign(1, values[-1] - values[0])
    for before, after in zip(range(len(steps)), range(1, len(steps)), strict=False):
        if sign * (values[after] - wanted) >= 0:
            span = values[after] - values[before]
            part = (wanted - values[before]) / span if span else 1.0
            return steps[before] * (steps[after] / steps[before]) ** min(1, max(0, part))
    return float(steps[-1])


def _step(looks: Sequence[dict[str, Any]], kind: str, share: float) -> float:
    return step_at(looks, lambda look: look["cost"][kind], share)


def _order(results: Results) -> Measured:
    """Each kind's step at which three quarters of its cost's whole fall were done."""
    result = results["learning_order"]
    looks = [row["looks"] for row in result.rows]
    found = {kind: interval([_step(look, kind, 0.75) for look in looks]) for kind in KINDS}
    shown = ", ".join(f"{kind} by step {at:.0f}" for kind, at in found.items())
    is_ordered = found["spaces"].mean < found["short words"].mean < found["long words"].mean
    return Measured(f"three quarters of the gain are made on {shown}", is_ordered)


EARLY = 300  # the step at which the ranges are compared


def _long_range(results: Results) -> Measured:
    """What share of its final gain each range has at an early step."""
    result = results["learning_order"]
    shares = []
    ranges = list(result.rows[0]["looks"][0]["gain"])
    for name in ranges:
        found = []
        for row in result.rows:
            gains = {look["step"]: look["gain"][name] for look in row["looks"]}
            found.append(gains[EARLY] / gains[max(gains)])
        shares.append(interval(found))
    shown = ", ".join(
        f"from {name} characters {share:.0%}" for name, share in zip(ranges, shares, strict=True)
    )
    is_ordered = all(near.low > far.high for near, far in itertools.pairwise(shares[:3]))
    numbers = f"of what more context gains at last, step {EARLY} has {shown}"
    return Measured(numbers, is_ordered and shares[3].high < shares[1].low)


def _pooled(
    result: Result, first: dict[str, Any], second: dict[str, Any], over: str
) -> tuple[Interval, dict[Any, Interval]]:
    """Loss of the first settings less that of the second, over all values of a setting and each."""
    gaps: dict[Any, list[float]] = {}
    for value in result.options(over):
        pairs = zip(
            result.values("loss", **first, **{over: value}),
            result.values("loss", **second, **{over: value}),
            strict=True,
        )
        gaps[value] = [a - b for a, b in pairs]
    everything = [gap for found in gaps.values() for gap in found]
    return interval(everything), {value: interval(found) for value, found in gaps.items()}


def _kinds(results: Results) -> Measured:
    result = results["architectures"]
    parts, pooled = [], []
    for kind in ("lstm", "gru"):
        gain, each = _pooled(
            result,
            {"kind": "rnn", "num_layers": 1},
            {"kind": kind, "num_layers": 1},
            "budget",
        )
        shown = ", ".join(f"{gap} at {budget:,}" for budget, gap in each.items())
        parts.append(f"{kind.upper()} {gain} ({shown} parameters)")
        pooled.append(gain)
    numbers = "nats per character better than the RNN, one layer each: " + "; ".join(parts)
    return Measured(numbers, all(gain.low > 0 and gain.mean < 0.1 for gain in pooled))


def _depth(results: Results) -> Measured:
    result = results["architectures"]
    parts, highs = [], []
    for kind in result.options("kind"):
        for deeper in (2, 3):
            gain, _ = _pooled(
                result,
                {"kind": kind, "num_layers": 1},
                {"kind": kind, "num_layers": deeper},
                "budget",
            )
            parts.append(f"{kind.upper()} {gain} for {deeper} layers")
            highs.append(gain.high)
    numbers = "nats gained over one layer, at three sizes: " + ", ".join(parts)
    return Measured(numbers, max(highs) < 0.03)


def _more(results: Results) -> Measured:
    result = results["sizes"]
    texts, sizes = sorted(result.options("text")), sorted(result.options("hidden_size"))
    first = {
        size: difference(
            result.values("loss", text=texts[0], hidden_size=size),
            result.values("loss", text=texts[-1], hidden_size=size),
        )
        for size in sizes
    }
    long, short = (
        difference(
            result.values("loss", text=text, hidden_size=sizes[0]),
            result.values("loss", text=text, hidden_size=sizes[-1]),
        )
        for text in (texts[-1], texts[0])
    )
    numbers = (
        f"{texts[-1]:,} characters instead of {texts[0]:,} gain "
        + ", ".join(f"{gap} nats at {size} units" for size, gap in first.items())
        + f"; {sizes[-1]} units instead of {sizes[0]} gain {long} on the long text and {short} "
        "on the short one"
    )
    return Measured(numbers, min(gap.low for gap in first.values()) > 0 and long.low > 0)


def _half_window(results: Results) -> Measured:
    cost, loss = results["step_cost"], results["sequence_length"]
    ratio = interval([
        a / b
        for a, b in zip(
            cost.values("milliseconds", part="length", value=50),
            cost.values("milliseconds", part="length", value=100),
            strict=True,
        )
    ])  # fmt: skip
    gap = difference(loss.values("loss", seq_len=50), loss.values("loss", seq_len=100))
    numbers = (
        f"a step of 50 takes {ratio:.2f} of the time of a step of 100; the loss after as many "
        f"characters is {gap} nats higher"
    )
    return Measured(numbers, 0.4 < ratio.mean < 0.65 and gap.mean < 0.02 and gap.high < 0.05)


def _exponent(result: Result, part: str, low: int, high: int) -> Interval:
    """The exponent with which a step's time grows from one value to another."""
    times = [result.values("milliseconds", part=part, value=value) for value in (low, high)]
    return interval([math.log(b / a) / math.log(high / low) for a, b in zip(*times, strict=True)])


def _length(results: Results) -> Measured:
    found = _exponent(results["step_cost"], "length", 16, 256)
    numbers = (
        f"the time of a step grows with the length to the power of {found:.2f}, from 16 to 256"
    )
    return Measured(numbers, 0.85 < found.mean < 1.15)


def _serial(results: Results) -> Measured:
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
    return Measured(numbers, small.mean < 0.7 < large.mean and loss.low > 0)


def _devices(results: Results) -> Measured:
    result = results["devices"]
    names = [name for name in result.options("device") if name != "cpu"]
    if not names:
        times = interval(result.values("cpu_milliseconds", hidden_size=512))
        return Measured(f"here a step of two layers of 512 units takes {times:.0f} ms", True)
    ratio = interval([
        a / b
        for a, b in zip(
            result.values("cpu_milliseconds", hidden_size=512),
            result.values(f"{names[0]}_milliseconds", hidden_size=512),
            strict=True,
        )
    ])  # fmt: skip
    return Measured(f"{names[0]} is {ratio:.1f} times as fast as the CPU", True)


def _small_text(results: Results) -> Measured:
    result = results["dropout"]
    short, long = (
        difference(
            result.values("loss", text=text, dropout=0.0),
            result.values("train_loss", text=text, dropout=0.0),
        )
        for text in (100_000, 1_000_000)
    )
    numbers = (
        f"validation minus training loss after 1.5 million characters: {short} nats on a text of "
        f"100,000, and {long} on one of 1,000,000"
    )
    return Measured(numbers, long.low > 0.1 and short.low > long.high)


DISTANCES = {"up_to_10": "10", "up_to_20": "20", "up_to_40": "40", "up_to_80": "80"}


def _counting(results: Results) -> Measured:
    """The gain over the n-gram on every text, and on a bracket that closes, by its distance."""
    gains, distance = results["ngram_gain"], results["distance"]
    found = {model: interval(gains.values("gain", model=model)) for model in gains.options("model")}
    above = [model for model, gain in found.items() if gain.low > 0]
    least, most = (pick(found, key=lambda model: found[model].mean) for pick in (min, max))
    parts = []
    for model in ("python", "c"):
        shown = ", ".join(
            f"{interval(distance.values(f'gain_{key}', model=model)):.2f} up to {name}"
            for key, name in DISTANCES.items()
        )
        parts.append(f"{model} {shown}")
    numbers = (
        f"better on {len(above)} of {len(found)} texts, by {found[least]} ({least}) to "
        f"{found[most]} nats ({most}), {gains.rows[0]['characters']:,} characters or less a piece "
        f"and {len(gains.options('seed'))} pieces each. On a bracket that closes, by characters "
        f"since it opened: {'; '.join(parts)} nats"
    )
    closing = interval(distance.values("gain_up_to_20", model="python"))
    return Measured(numbers, len(above) == len(found) and closing.low > 0)


CLAIMS: tuple[Claim, ...] = (
    Claim(
        9,
        "Spaces and words come first, then short words, then longer ones.",
        "an LSTM read War and Peace and was examined at ten steps; the cost of guessing was split "
        "by what was to be guessed",
        "holds", "watching", ("learning_order",), _order,
    ),
    Claim(
        10,
        "Long-range dependencies are learnt last.",
        "the same network, given only the last 1, 3, 10, 30 or 100 characters of held-out text",
        "holds", "watching", ("learning_order",), _long_range,
    ),
    Claim(
        11,
        "LSTM and GRU are far better than the plain RNN of the same size.",
        "equal parameters at three sizes, each kind at its own best learning rate, a million "
        "characters of Shakespeare",
        "holds with a condition", "training", ("rates", "architectures"), _kinds,
        "they are better at every size, and by a few hundredths of a nat: far is another matter",
    ),
    Claim(
        12,
        "Deeper is better: use two or three layers.",
        "one, two and three layers at equal numbers of parameters",
        "does not hold here", "training", ("rates", "architectures"), _depth,
    ),
    Claim(
        13,
        "More text and larger networks are better.",
        "three lengths of text and three sizes, a million characters read in all",
        "holds", "training", ("rates", "sizes"), _more,
    ),
    Claim(
        14,
        "A window of 50 instead of 100 halves the time at a negligible cost.",
        "steps were timed at both lengths; the loss was measured after the same million characters",
        "holds with a condition", "training", ("step_cost", "rates", "sequence_length"),
        _half_window,
        "the time of a step is halved; that of a character is not, for a shorter window takes more "
        "steps",
    ),
    Claim(
        15,
        "The cost grows linearly with the length of the sequence.",
        "training steps of an LSTM were timed at seven lengths",
        "holds", "limits", ("step_cost",), _length,
    ),
    Claim(
        16,
        "A recurrent network is serial: its steps cannot be computed side by side.",
        "steps were timed at nine batch sizes; a small Transformer of the same size was trained on "
        "the same text, by the same optimiser, for the same time",
        "holds with a condition", "limits", ("step_cost", "transformer_rates", "transformer"),
        _serial,
        "a larger batch fills what the serial steps leave idle, and on two cores the Transformer "
        "gains nothing from being parallel",
    ),
    Claim(
        17,
        "A GPU is about ten times as fast as a CPU.",
        "training steps of two layers, on every device that the machine has",
        "opinion", "limits", ("devices",), _devices,
        "the machine that measured this had no accelerator; one that is there is measured too",
    ),
    Claim(
        18,
        "A text of 1 MB is very small.",
        "an LSTM of 192 units without dropout, 1.5 million characters in all",
        "holds", "training", ("rates", "dropout"), _small_text,
    ),
    Claim(
        19,
        "The network beats the best n-gram, and most where something far back decides.",
        "all shipped networks beside the n-gram that counted the same text, on held-out pieces; "
        "brackets sorted by how far back they were opened",
        "holds", "inside", ("ngram_gain", "distance"), _counting,
    ),
)  # fmt: skip
