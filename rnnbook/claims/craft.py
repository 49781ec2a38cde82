"""Claims 20 to 29: what makes a training work, and what breaks it."""

from __future__ import annotations

from typing import Any

from rnnbook.claims.claim import Claim, Measured, Results
from rnnbook.experiments import Interval, Result, difference, interval


def _trained(values: list[Any]) -> bool:
    return all(value is not None for value in values)


def best(result: Result, setting: str, **settings: Any) -> tuple[Any, Interval]:
    """The value of a setting whose mean loss is least, and that loss; diverged ones are out."""
    found = {}
    for row in result.where(**settings):
        losses = result.values("loss", **{**settings, setting: row[setting]})
        if _trained(losses):
            found[row[setting]] = interval(losses)
    value = min(found, key=lambda option: found[option].mean)
    return value, found[value]


def _vanishing(results: Results) -> Measured:
    result = results["gradient_lag"]
    parts, decay = [], {}
    for kind in result.options("kind"):
        for weights in ("fresh", "trained"):
            decay[kind, weights] = interval(result.values("decay", kind=kind, weights=weights))
        left = interval(result.values("relative_50", kind=kind, weights="trained"))
        parts.append(
            f"{kind.upper()} {decay[kind, 'fresh']} before and {decay[kind, 'trained']} after "
            f"training, {left:.1e} of it left at lag 50"
        )
    numbers = "factor from one character to the one before it: " + "; ".join(parts)
    holds = all(
        decay["rnn", weights].high < decay["lstm", weights].low for weights in ("fresh", "trained")
    )
    return Measured(numbers, holds and decay["lstm", "trained"].high < 1)


def _clipping(results: Results) -> Measured:
    result = results["clipping"]
    radii, rates = result.options("radius"), result.options("learning_rate")
    counts = {}
    for clip in (1.0, 1e9):
        for radius in radii:
            rows = result.where(clip=clip, radius=radius)
            counts[clip, radius] = (sum(row["diverged"] for row in rows), len(rows))
    clipped = ", ".join("{} of {}".format(*counts[1.0, radius]) for radius in radii)
    free = ", ".join("{} of {}".format(*counts[1e9, radius]) for radius in radii)
    shown = ", ".join(f"{radius}" for radius in radii)
    numbers = (
        f"trainings that diverged, for a spectral radius of {shown} (rates "
        f"{' and '.join(map(str, rates))}): {free} without clipping, {clipped} with"
    )
    all_free = sum(counts[1e9, radius][0] for radius in radii)
    all_clipped = sum(counts[1.0, radius][0] for radius in radii)
    return Measured(numbers, all_clipped == 0 and all_free >= 6)


def _first_weights(results: Results) -> Measured:
    result = results["initialisation"]
    loss = {
        (row["forget_bias"], row["scale"]): result.values(
            "loss", forget_bias=row["forget_bias"], scale=row["scale"]
        )
        for row in result.rows
    }
    bias_gap = difference(loss[-1.0, 1.0], loss[1.0, 1.0])
    zero_gap = difference(loss[0.0, 1.0], loss[1.0, 1.0])
    scale_gap = difference(loss[1.0, 3.0], loss[1.0, 1.0])
    small_gap = difference(loss[1.0, 0.2], loss[1.0, 1.0])
    gaps = (bias_gap, zero_gap, scale_gap, small_gap)
    numbers = (
        f"nats lost against a forget bias of 1 and the usual scale: {bias_gap} with a bias of −1, "
        f"{zero_gap} with 0, {scale_gap} with weights times three, {small_gap} with a fifth"
    )
    return Measured(numbers, max(gap.high for gap in gaps) < 0.05)


def _dropout(results: Results) -> Measured:
    result = results["dropout"]
    gains = {
        (text, share): difference(
            result.values("loss", text=text, dropout=0.0),
            result.values("loss", text=text, dropout=share),
        )
        for text in result.options("text")
        for share in (0.2, 0.5)
    }
    shown = ", ".join(f"{gap} at {share} on {text:,}" for (text, share), gap in gains.items())
    short, long = (gains[text, 0.5] for text in (100_000, 1_000_000))
    return Measured(
        f"nats gained by dropout: {shown} characters", short.low > 0 and short.mean > long.mean
    )


def _weight_decay(results: Results) -> Measured:
    result = results["weight_decay"]
    parts, gains = [], []
    for text in result.options("text"):
        bare = result.values("loss", text=text, weight_decay=0.0)
        for strength in (0.05, 0.5):
            gain = difference(bare, result.values("loss", text=text, weight_decay=strength))
            parts.append(f"{gain} at {strength} on {text:,}")
            gains.append(gain)
    numbers = f"nats gained by weight decay: {', '.join(parts)} characters"
    return Measured(numbers, gains[0].low > 0 and gains[2].low > 0)


def _optimizers(results: Results) -> Measured:
    result = results["optimizers"]
    found = {
        name: best(result, "learning_rate", optimizer=name) for name in result.options("optimizer")
    }
    order = sorted(found, key=lambda name: found[name][1].mean)
    shown = ", ".join(f"{name} {found[name][1]} (rate {found[name][0]:g})" for name in order)
    adaptive = max(found[name][1].mean for name in ("adamw", "rmsprop", "adagrad"))
    return Measured(f"loss, each at its best rate: {shown}", adaptive < found["sgd"][1].mean)


def _learning_rate(results: Results) -> Measured:
    result = results["learning_rate"]
    rates = sorted(result.options("learning_rate"))
    value, loss = best(result, "learning_rate")
    low = interval(result.values("loss", learning_rate=rates[0]))
    lost = [
        rate
        for rate in rates
        if not _trained(result.values("loss", learning_rate=rate))
        or interval(result.values("loss", learning_rate=rate)).mean > loss.mean + 0.5
    ]
    high = [rate for rate in lost if rate > value]
    numbers = (
        f"best at {value:g}: {loss}; at {rates[0]:g} still {low}; ruined (half a nat worse, or "
        f"diverged) from {min(high):g} on, {min(high) / value:.0f} times the best"
    )
    return Measured(numbers, low.mean > loss.mean + 0.1 and min(high) <= 100 * value)


def _sequence_length(results: Results) -> Measured:
    result = results["sequence_length"]
    lengths = sorted(result.options("seq_len"))
    value, _ = best(result, "seq_len")
    gaps = {
        length: difference(
            result.values("loss", seq_len=length), result.values("loss", seq_len=value)
        )
        for length in lengths
        if length != value
    }
    shown = ", ".join(f"{gap} at {length}" for length, gap in gaps.items())
    numbers = f"best at {value} after a million characters in batches of 32; nats lost: {shown}"
    return Measured(numbers, gaps[lengths[-1]].low > 0)


def _rule(results: Results) -> Measured:
    """Where the gap is wide dropout must help; where it is narrow a larger network must."""
    drop, sizes = results["dropout"], results["sizes"]
    wide = difference(
        drop.values("loss", text=100_000, dropout=0.0),
        drop.values("train_loss", text=100_000, dropout=0.0),
    )
    by_dropout = difference(
        drop.values("loss", text=100_000, dropout=0.0),
        drop.values("loss", text=100_000, dropout=0.5),
    )
    narrow = difference(
        sizes.values("loss", text=1_000_000, hidden_size=64),
        sizes.values("train_loss", text=1_000_000, hidden_size=64),
    )
    by_size = difference(
        sizes.values("loss", text=1_000_000, hidden_size=64),
        sizes.values("loss", text=1_000_000, hidden_size=256),
    )
    numbers = (
        f"gap {wide}: dropout gains {by_dropout}; gap {narrow}: four times the units gain {by_size}"
    )
    holds = by_dropout.low > 0 and by_size.low > 0 and wide.low > narrow.high
    return Measured(numbers, holds)


def _hard(results: Results) -> Measured:
    """What share of settings drawn at random comes within half a nat of the n-gram."""
    result = results["random_settings"]
    shares, counts = {}, {}
    for kind in result.options("kind"):
        rows = result.where(kind=kind)
        good = [row["loss"] is not None and row["loss"] < row["ngram"] + 0.5 for row in rows]
        shares[kind] = interval([float(value) for value in good])
        counts[kind] = sum(row["diverged"] for row in rows)
    total = len(result.where(kind="rnn"))
    shown = ", ".join(
        f"{kind.upper()} {share:.0%} ({counts[kind]} of {total} diverged)"
        for kind, share in shares.items()
    )
    numbers = f"within half a nat of the n-gram: {shown}"
    return Measured(numbers, all(share.mean < 0.7 for share in shares.values()))


CLAIMS: tuple[Claim, ...] = (
    Claim(
        20,
        "In a plain RNN the gradient vanishes with distance; in an LSTM it does not.",
        "the gradient of a guess with respect to what was read up to 100 characters before, in the "
        "shipped networks and in new ones",
        "holds with a condition", "lstm", ("gradient_lag",), _vanishing,
        "it fades in the LSTM too, only more slowly, and training slows it in all of them",
    ),
    Claim(
        21,
        "Gradients explode; clipping them keeps the training alive.",
        "a plain RNN by gradient descent, its recurrent weights scaled to three spectral radii, at "
        "two rates, with the norm clipped at 1 and not at all",
        "holds", "lstm", ("clipping",), _clipping,
    ),
    Claim(
        22,
        "Start with small weights and open forget gates.",
        "an LSTM with four forget biases and three scales of its first weights",
        "does not hold here", "training", ("rates", "initialisation"), _first_weights,
    ),
    Claim(
        23,
        "Dropout helps against overfitting.",
        "three shares of dropout on a short and on a long text, 1.5 million characters in all",
        "holds with a condition", "training", ("rates", "dropout"), _dropout,
        "where the text is read often",
    ),
    Claim(
        24,
        "Weight decay helps against overfitting.",
        "three strengths on a short and on a long text",
        "holds with a condition", "training", ("rates", "weight_decay"), _weight_decay,
        "a little does, whether the network overfits or not; ten times as much does not",
    ),
    Claim(
        25,
        "Adaptive optimisers (Adagrad, RMSProp, Adam) beat plain gradient descent.",
        "five optimisers at four rates each; gradient descent with Nesterov's momentum",
        "holds", "training", ("optimizers",), _optimizers,
    ),
    Claim(
        26,
        "The learning rate matters most; too high a rate diverges.",
        "Adam at nine rates over more than four orders of magnitude",
        "holds", "training", ("learning_rate",), _learning_rate,
    ),
    Claim(
        27,
        "A longer sequence learns more.",
        "five lengths with carried state; the same number of characters",
        "does not hold here", "training", ("rates", "sequence_length"), _sequence_length,
    ),
    Claim(
        28,
        "Training loss far below validation loss means overfitting: more dropout or a smaller "
        "network. About equal means underfitting: a larger one.",
        "both cures were tried where the rule asks for them",
        "holds", "training", ("rates", "dropout", "sizes"), _rule,
    ),
    Claim(
        29,
        "Recurrent networks are hard to train.",
        "thirty settings drawn at random for either kind: optimiser, rate, length, batch, "
        "clipping, size, depth",
        "holds", "training", ("random_settings",), _hard,
    ),
)  # fmt: skip
