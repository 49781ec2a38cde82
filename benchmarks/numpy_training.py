"""NumPy against the published program: ``python benchmarks/numpy_training.py TEXT``.

The baseline is the algorithm of min-char-rnn (Karpathy, 2015): one sequence of 25
characters at a time, one-hot columns, float64, Adagrad at 0.1. The road leads from
there to the package's trainer, a change at a time; each is measured in characters
a second, in turns, and the table gives medians.

Then both are trained on the text until the smoothed training loss reaches 2.0 and
1.75 nats per character. Smoothed as in the published program, where the average
forgets a thousandth every 25 characters, counted in characters for both. The fast
trainer uses Adam with a cosine of ``--steps`` steps, the published one Adagrad.

H = 100. Prints tables and writes ``benchmarks/results/numpy_training.json``.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more of them help no product of this size

import numpy as np
from _common import provenance, table, write_json
from tqdm import tqdm

from rnnbook import corpora, numpy_rnn, numpy_training
from rnnbook.text import Ids, Vocab, split

HIDDEN, SEQ_LEN = 100, 25
GOALS = (2.0, 1.75)


def published(ids: Ids, vocab_size: int, dtype: type = np.float64) -> Iterator[float]:
    """The algorithm as it was published; yields the mean loss of every window."""
    rng = np.random.default_rng(0)
    weights = numpy_rnn.init_weights(vocab_size, HIDDEN, rng, dtype=dtype)
    W_xh, W_hh, W_hy = weights["W_xh"], weights["W_hh"], weights["W_hy"]
    b_h, b_y = weights["b_h"][:, None], weights["b_y"][:, None]
    parameters = (W_xh, W_hh, W_hy, b_h, b_y)
    memory = [np.zeros_like(parameter) for parameter in parameters]
    position, h_before = 0, np.zeros((HIDDEN, 1), dtype)
    while True:
        if position + SEQ_LEN + 1 >= len(ids):
            position, h_before = 0, np.zeros((HIDDEN, 1), dtype)
        x_ids = ids[position : position + SEQ_LEN]
        y_ids = ids[position + 1 : position + SEQ_LEN + 1]
        xs, hs, ps, loss = {}, {-1: h_before}, {}, 0.0
        for t, (x_id, y_id) in enumerate(zip(x_ids, y_ids, strict=True)):
            xs[t] = np.zeros((vocab_size, 1), dtype)
            xs[t][x_id] = 1
            hs[t] = np.tanh(np.dot(W_xh, xs[t]) + np.dot(W_hh, hs[t - 1]) + b_h)
            y = np.dot(W_hy, hs[t]) + b_y
            ps[t] = np.exp(y) / np.sum(np.exp(y))
            loss += -math.log(ps[t][y_id, 0])
        gradients = [np.zeros_like(parameter) for parameter in parameters]
        dW_xh, dW_hh, dW_hy, db_h, db_y = gradients
        dh_next = np.zeros_like(h_before)
        for t in reversed(range(SEQ_LEN)):
            dy = np.copy(ps[t])
            dy[y_ids[t]] -= 1
            dW_hy += np.dot(dy, hs[t].T)
            db_y += dy
            dh = np.dot(W_hy.T, dy) + dh_next
            d_raw = (1 - hs[t] * hs[t]) * dh
            db_h += d_raw
            dW_xh += np.dot(d_raw, xs[t].T)
            dW_hh += np.dot(d_raw, hs[t - 1].T)
            dh_next = np.dot(W_hh.T, d_raw)
        for parameter, gradient, total in zip(parameters, gradients, memory, strict=True):
            np.clip(gradient, -5, 5, out=gradient)
            total += gradient * gradient
            parameter += -0.1 * gradient / np.sqrt(total + 1e-8)
        h_before, position = hs[SEQ_LEN - 1], position + SEQ_LEN
        yield loss / SEQ_LEN


def batched(ids: Ids, vocab_size: int, batch_size: int, dtype: type = np.float32):
    """``numpy_rnn.train``: the readable mathematics on B sequences."""
    weights = numpy_rnn.init_weights(vocab_size, HIDDEN, np.random.default_rng(0), dtype=dtype)
    for progress in numpy_rnn.train(ids, weights, batch_size=batch_size):
        yield progress.loss


def fast(ids: Ids, vocab_size: int, batch_size: int, workers: int, **settings):
    """``numpy_training.train``: the same in prepared buffers."""
    rng = np.random.default_rng(0)
    weights = numpy_rnn.init_weights(vocab_size, HIDDEN, rng, dtype=np.float32)
    training = numpy_training.train(
        ids, weights, batch_size=batch_size, workers=workers, **settings
    )
    for progress in training:
        yield progress.loss


def road(ids: Ids, vocab_size: int, cores: int) -> dict[str, tuple[Iterator[float], int]]:
    """Every stage: its training, and the characters of a step."""
    stages = {
        "as published": (published(ids, vocab_size), 1),
        "in float32": (published(ids, vocab_size, np.float32), 1),
        "look-ups for one-hot products": (batched(ids, vocab_size, 1), 1),
        "32 sequences at once": (batched(ids, vocab_size, 32), 32),
        "prepared buffers, 1 thread": (fast(ids, vocab_size, 32, 1), 32),
        "128 sequences, 1 thread": (fast(ids, vocab_size, 128, 1), 128),
        f"256 sequences, {cores} threads": (fast(ids, vocab_size, 256, cores), 256),
    }
    return {name: (steps, rows * SEQ_LEN) for name, (steps, rows) in stages.items()}


def characters_a_second(steps: Iterator[float], characters: int, seconds: float) -> float:
    next(steps)
    count, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        next(steps)
        count += characters
    return count / (time.perf_counter() - start)


def seconds_to(
    goals, steps: Iterator[float], characters: int, at_most: float
) -> dict[float, float]:
    """When the smoothed loss reached each goal, in seconds of training."""
    keep, smoothed, reached = 0.999 ** (characters / SEQ_LEN), None, {}
    start = time.perf_counter()
    for loss in tqdm(steps, unit="step", leave=False):
        elapsed = time.perf_counter() - start
        smoothed = math.log(65) if smoothed is None else smoothed
        smoothed = keep * smoothed + (1 - keep) * loss
        for goal in goals:
            if smoothed <= goal:
                reached.setdefault(goal, elapsed)
        if len(reached) == len(goals) or elapsed > at_most:
            break
    return reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", help="a UTF-8 text file, or the name of a corpus")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-size", type=int, default=32, help="of the training to a loss")
    parser.add_argument("--steps", type=int, default=2000, help="that its cosine takes")
    parser.add_argument("--at-most", type=float, default=400, help="seconds for each to a loss")
    options = parser.parse_args()
    corpus, cores = corpora.load(options.corpus), os.cpu_count() or 1
    vocab = Vocab.from_text(corpus.text)
    ids, _ = split(vocab.encode(corpus.text), 0.1)
    stages = road(ids, len(vocab), cores)
    speeds: dict[str, list[float]] = {name: [] for name in stages}
    for _ in range(options.rounds):
        for name, (steps, characters) in stages.items():
            speeds[name].append(characters_a_second(steps, characters, 1.0))
    base = median(speeds["as published"])
    rows = [
        (name, f"{median(found):,.0f}", f"{median(found) / base:.1f}")
        for name, found in speeds.items()
    ]
    header = ("the road", "characters a second", "times")
    print(table(header, rows), "\n")
    ours = fast(ids, len(vocab), options.batch_size, cores, num_steps=options.steps)
    quick = seconds_to(GOALS, ours, options.batch_size * SEQ_LEN, options.at_most)
    slow = seconds_to(GOALS, published(ids, len(vocab)), SEQ_LEN, options.at_most)
    losses = [
        (f"{goal}", *(f"{found[goal]:.1f}" if goal in found else "not reached"
                      for found in (slow, quick)),
         f"{slow[goal] / quick[goal]:.0f}" if goal in slow and goal in quick else "")
        for goal in GOALS
    ]  # fmt: skip
    loss_header = ("smoothed loss", "seconds, as published", "seconds, here", "times sooner")
    print(table(loss_header, losses))
    content = provenance(
        corpus=corpus.describe(), settings=vars(options) | {"corpus": corpus.name},
        road_header=header, road=rows, loss_header=loss_header, losses=losses,
    )  # fmt: skip
    write_json("numpy_training", content)


if __name__ == "__main__":
    main()
