"""The training of min-char-rnn, fast: the mathematics of ``rnn`` beside it, in prepared buffers.

What changes, and what it saves, is measured by ``benchmarks/numpy_training.py``:

- many sequences at once, so that a step is a product of matrices;
- the one-hot product is a row of a table; its gradient is one product a window;
- the logits of all steps are one product, with a column a character (V, N), so that
  the sums of the softmax run over whole rows of memory;
- float32, and no array is made after the start;
- a thread a core, each with its own sequences; their gradients are added in a fixed
  order, so that on one machine and with as many threads the same seed gives the same
  numbers.

Taught in the chapters *min-char-rnn, whole* and *Training for real*.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle, islice, pairwise

import numpy as np
from numpy.typing import NDArray

from rnnbook.batches import streams
from rnnbook.errors import TextError, TrainingError
from rnnbook.numpy_networks.rnn import RnnProgress, Weights
from rnnbook.text import Ids

Flat = NDArray[np.floating]


class Window:
    """Room for one worker's window of B sequences and T steps, used again and again."""

    def __init__(self, weights: Weights, batch_size: int, seq_len: int):
        dtype = weights["W_hh"].dtype
        V, H = weights["W_hy"].shape
        T, B, N = seq_len, batch_size, seq_len * batch_size
        self.hidden = np.zeros((T + 1, B, H), dtype)
        self.pre = np.empty((T, B, H), dtype)  # before tanh; then its gradient
        self.from_y = np.empty((T, B, H), dtype)
        self.product = np.empty((B, H), dtype)
        self.probs = np.empty((V, N), dtype)  # then the gradient of the logits
        self.one_hot = np.empty((V, N), dtype)
        self.norm = np.empty(N, dtype)
        self.columns = np.arange(N)
        self.flat = np.empty(sum(value.size for value in weights.values()), dtype)
        self.gradients = views(self.flat, weights)

    def read(self, weights: Weights, table: Flat, W_hh_t: Flat, x: Ids, y: Ids) -> float:
        """Forward and backward over x and y (T, B), from where the last window ended.

        Leaves the gradients of the loss, summed over all T * B characters, in
        ``gradients``; returns that loss.
        """
        self._forward(weights, table, W_hh_t, x)
        picked = self.probs[y.ravel(), self.columns]
        self._backward(weights, x, y)
        self.hidden[0] = self.hidden[-1]
        return float(-np.log(picked, out=picked).sum(dtype=np.float64))

    def _forward(self, weights: Weights, table: Flat, W_hh_t: Flat, x: Ids) -> None:
        hidden, pre, probs = self.hidden, self.pre, self.probs
        np.take(table, x, axis=0, out=pre, mode="clip")  # W_xh x + b_h, a row a character
        for t in range(len(pre)):
            np.matmul(hidden[t], W_hh_t, out=self.product)
            np.add(pre[t], self.product, out=pre[t])
            np.tanh(pre[t], out=hidden[t + 1])
        np.matmul(weights["W_hy"], hidden[1:].reshape(len(self.columns), -1).T, out=probs)
        probs += weights["b_y"][:, None]
        probs -= np.max(probs, axis=0, out=self.norm)
        np.exp(probs, out=probs)
        probs /= np.sum(probs, axis=0, out=self.norm)

    def _backward(self, weights: Weights, x: Ids, y: Ids) -> None:
        hidden, d_pre, d_logits, g = self.hidden, self.pre, self.probs, self.gradients
        N, H = len(self.columns), hidden.shape[2]
        d_logits[y.ravel(), self.columns] -= 1
        np.matmul(d_logits, hidden[1:].reshape(N, H), out=g["W_hy"])
        np.sum(d_logits, axis=1, out=g["b_y"])
        np.matmul(d_logits.T, weights["W_hy"], out=self.from_y.reshape(N, H))
        np.multiply(hidden[1:], hidden[1:], out=d_pre)
        np.subtract(1, d_pre, out=d_pre)  # the slope of tanh
        d_hidden = self.from_y[-1]
        for t in range(len(d_pre) - 1, -1, -1):
            np.multiply(d_pre[t], d_hidden, out=d_pre[t])
            if t:
                np.matmul(d_pre[t], weights["W_hh"], out=self.product)
                d_hidden = np.add(self.from_y[t - 1], self.product, out=self.from_y[t - 1])
        flat = d_pre.reshape(N, H)
        np.matmul(flat.T, hidden[:-1].reshape(N, H), out=g["W_hh"])
        self.one_hot[:] = 0
        self.one_hot[x.ravel(), self.columns] = 1
        np.matmul(flat.T, self.one_hot.T, out=g["W_xh"])
        np.sum(g["W_xh"], axis=1, out=g["b_h"])  # every step read exactly one character


def views(flat: Flat, like: Weights) -> Weights:
    """Parts of one flat vector, with the names and the shapes of these weights."""
    parts, start = {}, 0
    for name, value in like.items():
        parts[name] = flat[start : start + value.size].reshape(value.shape)
        start += value.size
    return parts


class Adagrad:
    """w -= learning_rate * g / sqrt(sum of g squared + 1e-8), on one flat vector."""

    def __init__(self, size: int, dtype: np.dtype):
        self.memory, self.step = np.zeros(size, dtype), np.empty(size, dtype)

    def update(self, weights: Flat, gradient: Flat, learning_rate: float) -> None:
        np.multiply(gradient, gradient, out=self.step)
        self.memory += self.step
        np.sqrt(np.add(self.memory, 1e-8, out=self.step), out=self.step)
        np.divide(gradient, self.step, out=self.step)
        weights -= np.multiply(self.step, learning_rate, out=self.step)


class Adam:
    """Adam with betas 0.9 and 0.99, on one flat vector.

    Source: Kingma and Ba (2015), arXiv 1412.6980.
    """

    def __init__(self, size: int, dtype: np.dtype):
        self.mean, self.square, self.step = (np.zeros(size, dtype) for _ in range(3))
        self.count = 0

    def update(self, weights: Flat, gradient: Flat, learning_rate: float) -> None:
        self.count += 1
        np.multiply(gradient, 0.1, out=self.step)
        self.mean *= 0.9
        self.mean += self.step
        np.multiply(gradient, gradient, out=self.step)
        self.step *= 0.01
        self.square *= 0.99
        self.square += self.step
        correction = math.sqrt(1 - 0.99**self.count) / (1 - 0.9**self.count)
        np.add(np.sqrt(self.square, out=self.step), 1e-8, out=self.step)
        np.divide(self.mean, self.step, out=self.step)
        weights -= np.multiply(self.step, learning_rate * correction, out=self.step)


OPTIMIZERS: dict[str, type[Adagrad] | type[Adam]] = {"adagrad": Adagrad, "adam": Adam}


def train(
    ids: Ids,
    weights: Weights,
    *,
    batch_size: int = 64,
    seq_len: int = 25,
    optimizer: str = "adam",
    learning_rate: float = 1e-2,
    num_steps: int | None = None,
    clip_at: float = 5.0,
    workers: int | None = None,
) -> Iterator[RnnProgress]:
    """Train on ids (N,): what :func:`rnnbook.numpy_networks.rnn.train` does, sooner.

    The weights are changed in place, in their own precision. The gradient is that
    of the sum over the T steps and the mean over the B sequences, clipped entry by
    entry, as in the published program. With ``num_steps`` the learning rate falls
    to zero along half a cosine, and the training ends; without, the caller ends it.
    ``workers`` share the sequences; a core each, unless given. BLAS should be told
    to use one thread (``OPENBLAS_NUM_THREADS=1``): more of them help no product here.

    Raises :class:`TextError` if the text is too short for one window and
    :class:`TrainingError` if there is no such optimizer or the loss is no longer a number.
    """
    if optimizer not in OPTIMIZERS:
        names = " and ".join(map(repr, OPTIMIZERS))
        raise TrainingError(f"there is no optimizer {optimizer!r} here; there are {names}")
    count = min(batch_size, workers or max(1, min(os.cpu_count() or 1, batch_size // 16)))
    if (len(ids) // max(1, batch_size)) <= seq_len or seq_len < 1:
        raise TextError(
            f"a text of {len(ids)} characters is too short to train on in {batch_size} sequences "
            f"of {seq_len}; it takes {batch_size * (seq_len + 1)}"
        )
    flat = np.concatenate([value.ravel() for value in weights.values()])
    live = views(flat, weights)
    edges = np.linspace(0, batch_size, count + 1).astype(int)
    rows = [slice(start, stop) for start, stop in pairwise(edges)]  # of each worker
    windows = [Window(weights, part.stop - part.start, seq_len) for part in rows]
    update = OPTIMIZERS[optimizer](flat.size, flat.dtype).update
    table, W_hh_t = np.empty_like(weights["W_xh"].T, order="C"), np.empty_like(weights["W_hh"])
    text = streams(ids, batch_size).T.astype(np.intp)  # (N', B): a row a step
    # every window is whole: the characters left over at a pass's end are not read
    starts = range(0, len(text) - seq_len, seq_len)

    def read(worker: int, start: int) -> float:
        """One worker's part of a window; its gradients stay in ``windows[worker]``."""
        if start == 0:
            windows[worker].hidden[0] = 0
        x, y = text[start : start + seq_len], text[start + 1 : start + seq_len + 1]
        part = rows[worker]
        return windows[worker].read(live, table, W_hh_t, x[:, part], y[:, part])

    with ThreadPoolExecutor(count) as pool:
        for step, start in enumerate(islice(cycle(starts), num_steps)):
            np.add(live["W_xh"].T, live["b_h"], out=table)
            W_hh_t[:] = live["W_hh"].T
            others = [pool.submit(read, worker, start) for worker in range(1, count)]
            loss = read(0, start) + sum(other.result() for other in others)
            loss /= batch_size * seq_len
            if not math.isfinite(loss):
                raise TrainingError(
                    f"the loss is {loss} at step {step}; try a lower learning rate than "
                    f"{learning_rate:g}, or clip the gradients lower than {clip_at:g}"
                )
            gradient = windows[0].flat
            for window in windows[1:]:
                gradient += window.flat
            gradient /= batch_size
            np.clip(gradient, -clip_at, clip_at, out=gradient)
            fall = 1.0 if num_steps is None else 0.5 + 0.5 * math.cos(math.pi * step / num_steps)
            update(flat, gradient, learning_rate * fall)
            for name, value in weights.items():
                value[:] = live[name]
            yield RnnProgress(step + 1, loss, weights)
