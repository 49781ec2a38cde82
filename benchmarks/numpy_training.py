"""NumPy against the published program: ``python benchmarks/numpy_training.py``.

The baseline is the algorithm of min-char-rnn (Karpathy, 2015): one sequence of 25
characters at a time, one-hot columns, float64, Adagrad at 0.1. The road leads from
there to the package's trainer, a change at a time; each is measured in characters
a second, in turns, and the table gives medians. *Cores used* is the time that the
processor gave to the training, over the time on the clock: where a program of one
thread got much less than 1, something else was running, and the row says little.

Then both are trained on the whole text until the smoothed training loss reaches 2.0
and 1.75 nats per character. It is smoothed as in the published program, where the
average keeps 0.999 of itself every 25 characters: 0.999 ** (1 / 25) a character, for
both. The published program trains with Adagrad, from weights of 0.01. The fast one
trains with Adam at 0.01, falling along a cosine of ``--steps`` steps, from weights of
``--scale``; its seconds are the median of three seeds. The published program also
samples and prints as it goes, which is left out here.

H = 100. Prints tables and writes ``benchmarks/results/numpy_training.json``.
"""

from __future__ import annotations

import argparse
import math
import os
import time
from collections.abc import Iterator
from pathlib import Path
from statistics import median

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # more of them help no product of this size

import numpy as np
from _common import RESULTS, provenance, table, write_json

from rnnbook import corpora
from rnnbook.errors import CorpusError
from rnnbook.numpy_networks import buffered, rnn
from rnnbook.text import Ids, Vocab

HIDDEN, SEQ_LEN = 100, 25
GOALS = (2.0, 1.75)


def published(ids: Ids, vocab_size: int, dtype: type = np.float64) -> Iterator[float]:
    """The algorithm as it was published; yields the mean loss of every window."""
    rng = np.random.default_rng(0)
    weights = rnn.init_weights(vocab_size, HIDDEN, rng, dtype=dtype)
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
    """``rnn.train``: the readable mathematics on B sequences."""
    weights = rnn.init_weights(vocab_size, HIDDEN, np.random.default_rng(0), dtype=dtype)
    for progress in rnn.train(ids, weights, batch_size=batch_size):
        yield progress.loss


def fast(
    ids: Ids, vocab_size: int, batch_size: int, workers: int, *, seed: int = 0,
    scale: float = 0.01, num_steps: int | None = None,
):  # fmt: skip
    """``buffered.train``: the same in prepared buffers."""
    rng = np.random.default_rng(seed)
    weights = rnn.init_weights(vocab_size, HIDDEN, rng, scale, dtype=np.float32)
    training = buffered.train(
        ids, weights, batch_size=batch_size, workers=workers, num_steps=num_steps
    )
    for progress in training:
        yield progress.loss


def road(ids: Ids, vocab_size: int, cores: int) -> dict[str, tuple[Iterator[float], int]]:
    """Every stage: its training, and the characters of a step."""
    stages = {
        "as published": (published(ids, vocab_size), 1),
        "in float32": (published(ids, vocab_size, np.float32), 1),
        "look-ups, a product a window": (batched(ids, vocab_size, 1), 1),
        "32 sequences at once": (batched(ids, vocab_size, 32), 32),
        "prepared buffers": (fast(ids, vocab_size, 32, 1), 32),
        "256 sequences": (fast(ids, vocab_size, 256, 1), 256),
        f"{cores} threads": (fast(ids, vocab_size, 256, cores), 256),
    }
    return {name: (steps, rows * SEQ_LEN) for name, (steps, rows) in stages.items()}


def characters_a_second(
    steps: Iterator[float], characters: int, seconds: float
) -> tuple[float, float]:
    """Characters a second on the clock, and the cores that were used."""
    next(steps)
    count, start, start_cpu = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - start < seconds:
        next(steps)
        count += characters
    elapsed = time.perf_counter() - start
    return count / elapsed, (time.process_time() - start_cpu) / elapsed


def measure_road(ids: Ids, vocab_size: int, rounds: int, cores: int) -> dict[str, dict]:
    """Every stage for a second, in turns, so that a slow moment hits them all."""
    stages = road(ids, vocab_size, cores)
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in stages}
    for _ in range(rounds):
        for name, (steps, characters) in stages.items():
            found[name].append(characters_a_second(steps, characters, 1.0))
    return {
        name: {
            "chars_per_second": median(speed for speed, _ in pairs),
            "cores_used": median(used for _, used in pairs),
            "rounds": [round(speed) for speed, _ in pairs],
        }
        for name, pairs in found.items()
    }


def seconds_to_goals(
    steps: Iterator[float], vocab_size: int, characters: int, at_most: float
) -> dict[str, float]:
    """When the smoothed loss reached each goal, in seconds of training; and the cores used."""
    keep, smoothed = 0.999 ** (characters / SEQ_LEN), math.log(vocab_size)
    reached: dict[str, float] = {}
    start, start_cpu, elapsed = time.perf_counter(), time.process_time(), 0.0
    for loss in steps:
        elapsed = time.perf_counter() - start
        smoothed = keep * smoothed + (1 - keep) * loss
        for goal in GOALS:
            if smoothed <= goal:
                reached.setdefault(str(goal), elapsed)
        if len(reached) == len(GOALS) or elapsed > at_most:
            break
    return reached | {"cores_used": (time.process_time() - start_cpu) / elapsed}


def median_seconds(runs: list[dict[str, float]], goal: str) -> float:
    """Infinite if most runs did not get there."""
    return median(run.get(goal, math.inf) for run in runs)


def loss_rows(slow: list[dict[str, float]], quick: list[dict[str, float]]) -> list[list[str]]:
    rows = []
    for goal in map(str, GOALS):
        seconds = [median_seconds(runs, goal) for runs in (slow, quick)]
        ratio = f"{seconds[0] / seconds[1]:.0f}" if all(map(math.isfinite, seconds)) else ""
        rows.append([goal, *(f"{s:.1f}" if math.isfinite(s) else "not reached" for s in seconds)])
        rows[-1].append(ratio)
    return rows


def read_corpus(text: Path | None) -> corpora.Corpus:
    if text is not None:
        return corpora.load(text)
    try:
        return corpora.load("tinyshakespeare")
    except CorpusError:
        return corpora.load("shakespeare")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument(
        "--text", type=Path, help="a UTF-8 file; tinyshakespeare unless given, or shakespeare"
    )
    parser.add_argument("--out", type=Path, default=RESULTS / "numpy_training.json")
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--batch-size", type=int, default=32, help="of the training to a loss")
    parser.add_argument("--steps", type=int, default=2000, help="that its cosine takes")
    parser.add_argument("--scale", type=float, default=0.1, help="of its first weights")
    parser.add_argument("--at-most", type=float, default=600, help="seconds for each to a loss")
    options = parser.parse_args()
    corpus, cores = read_corpus(options.text), os.cpu_count() or 1
    vocab = Vocab.from_text(corpus.text)
    ids, size = vocab.encode(corpus.text), len(vocab)

    speeds = measure_road(ids, size, options.rounds, cores)
    base = speeds["as published"]["chars_per_second"]
    rows = [
        (name, f"{found['chars_per_second']:,.0f}", f"{found['chars_per_second'] / base:.1f}",
         f"{found['cores_used']:.2f}")
        for name, found in speeds.items()
    ]  # fmt: skip
    header = ("the road", "characters a second", "times", "cores used")
    print(table(header, rows), "\n", flush=True)

    settings = {"scale": options.scale, "num_steps": options.steps}
    quick = [
        seconds_to_goals(
            fast(ids, size, options.batch_size, cores, seed=seed, **settings),
            size, options.batch_size * SEQ_LEN, options.at_most,
        )
        for seed in range(3)
    ]  # fmt: skip
    slow = [seconds_to_goals(published(ids, size), size, SEQ_LEN, options.at_most)]
    losses = loss_rows(slow, quick)
    loss_header = ("smoothed loss", "seconds, as published", "seconds, here", "times sooner")
    print(table(loss_header, losses))
    names = {"text": corpus.name, "out": options.out.name}
    content = provenance(
        corpus=corpus.describe(), settings=vars(options) | names,
        road_header=header, road=rows, loss_header=loss_header, losses=losses,
        speeds=speeds, seconds={"as published": slow, "here": quick},
    )  # fmt: skip
    write_json(options.out, content)


if __name__ == "__main__":
    main()
