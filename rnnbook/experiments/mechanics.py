"""Claims about the mechanics: what can be computed exactly, or counted."""

from __future__ import annotations

import ast
import inspect
import itertools
import time

import numpy as np

from rnnbook import hello, sampling
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.numpy_networks import rnn
from rnnbook.numpy_networks.model import NumpyModel, Stepper
from rnnbook.numpy_networks.rnn import Array, Weights
from rnnbook.recurrent import (
    GATES,
    ModelConfig,
    count_parameters,
    untrained_weights,
)
from rnnbook.text import Ids, Vocab

_X, _Y = np.array([[0, 1, 2, 2]]), np.array([[1, 2, 2, 3]])  # h e l l, e l l o
_START = np.zeros((1, 3))


def hello_step(seed: int) -> Row:
    """The drawn example: its numbers, and what one update does to the right letters."""
    weights = hello.weights()
    hidden, before = rnn.forward(weights, _X, _START)
    logits = hidden[1:, 0] @ weights["W_hy"].T + weights["b_y"]
    _, gradients, _ = rnn.loss_and_gradients(weights, _X, _Y, _START)
    right = (np.arange(4), 0, _Y[0])
    raised = {}
    for rate in (0.01, 0.05, 0.2):
        updated = {name: array - rate * gradients[name] for name, array in weights.items()}
        _, after = rnn.forward(updated, _X, _START)
        raised[str(rate)] = int((after[right] > before[right]).sum())
    return {
        "largest_difference": float(np.abs(logits.round(1) - hello.LOGITS).max()),
        "hidden_difference": float(np.abs(hidden[1:, 0] - hello.HIDDEN).max()),
        "raised": raised,
    }


def memory(seed: int) -> Row:
    """The best table without memory on "hello", and RNNs that were trained on it."""
    best = 0
    for answers in itertools.product(range(4), repeat=3):
        table = dict(zip((0, 1, 2), answers, strict=True))
        best = max(best, sum(table[x] == y for x, y in zip(_X[0], _Y[0], strict=True)))
    weights = rnn.init_weights(4, 3, np.random.default_rng(seed), scale=0.5)
    updates = 0
    while updates < 5_000:
        _, probs = rnn.forward(weights, _X, _START)
        if (hits := int((probs[:, 0].argmax(axis=1) == _Y[0]).sum())) == 4:
            break
        _, gradients, _ = rnn.loss_and_gradients(weights, _X, _Y, _START)
        for name, gradient in gradients.items():
            weights[name] -= 0.1 * gradient
        updates += 1
    return {"best_table": int(best), "rnn": hits, "updates": updates}


def gradient(seed: int) -> Row:
    """Backpropagation through time against finite differences and against PyTorch."""
    from rnnbook.torch_networks import gradients as autograd

    rng = np.random.default_rng(seed)
    weights = rnn.init_weights(11, 13, rng, scale=0.4)
    x, y = rng.integers(11, size=(2, 1, 12))
    h = rng.uniform(-1, 1, size=(1, 13))
    _, exact, _ = rnn.loss_and_gradients(weights, x, y, h)
    _, by_torch = autograd.loss_and_gradients(weights, x, y, h)
    numerical = {name: _numerical(weights, name, x, y, h) for name in weights}
    return {
        "finite_differences": max(_error(exact[name], numerical[name]) for name in weights),
        "pytorch": max(_error(exact[name], by_torch[name]) for name in weights),
    }


def _error(first: Array, second: Array) -> float:
    """The relative distance of two arrays."""
    scale = np.linalg.norm(first) + np.linalg.norm(second)
    return float(np.linalg.norm(first - second) / scale)


def _numerical(weights: Weights, name: str, x: Ids, y: Ids, h: Array, delta: float = 1e-5) -> Array:
    """The gradient of one weight, an entry at a time."""
    array, found = weights[name], np.zeros_like(weights[name])
    for index in np.ndindex(array.shape):
        kept, losses = array[index], []
        for sign in (1, -1):
            array[index] = kept + sign * delta
            losses.append(rnn.loss_and_gradients(weights, x, y, h)[0])
        array[index] = kept
        found[index] = (losses[0] - losses[1]) / (2 * delta)
    return found


def first_loss(seed: int) -> Row:
    """The loss of a new network against ln V, for three sizes of the vocabulary."""
    rng = np.random.default_rng(seed)
    gaps = {}
    for size in (4, 65, 300):
        weights = rnn.init_weights(size, 100, rng)
        x, y = rng.integers(size, size=(2, 1, 25))
        loss, _, _ = rnn.loss_and_gradients(weights, x, y, np.zeros((1, 100)))
        gaps[str(size)] = float(abs(loss / 25 - np.log(size)))
    return {"gaps": gaps, "largest": max(gaps.values())}


def program_lines(seed: int) -> Row:
    """Lines of code, without blanks and comments, of the parts that min-char-rnn has."""
    parts = (
        rnn.init_weights, rnn.forward, rnn.backward,
        rnn.loss_and_gradients, rnn.clip, rnn.Adagrad, rnn.train,
        sampling.draw_id,
    )  # fmt: skip
    return {"lines": sum(_code_lines(inspect.getsource(part)) for part in parts)}


def _code_lines(source: str) -> int:
    """Lines that are neither blank nor comment nor docstring."""
    tree = ast.parse(source)
    skipped: set[int] = set()
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list) and body and isinstance(body[0], ast.Expr):
            value = body[0].value
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                skipped |= set(range(value.lineno, (value.end_lineno or value.lineno) + 1))
    lines = enumerate(source.splitlines(), start=1)
    return sum(
        bool(line.strip()) and not line.strip().startswith("#") and number not in skipped
        for number, line in lines
    )


def any_length(seed: int) -> Row:
    """One step, applied to texts of any length: cut anywhere, the same states come out."""
    rng = np.random.default_rng(seed)
    weights = rnn.init_weights(7, 16, rng, scale=0.4)
    x, worst = rng.integers(7, size=(1, 4_000)), 0.0
    whole, _ = rnn.forward(weights, x, np.zeros((1, 16)))
    for length in (1, 7, 100, 1_000):
        h = np.zeros((1, 16))
        for start in range(0, x.shape[1], length):
            hidden, _ = rnn.forward(weights, x[:, start : start + length], h)
            h = hidden[-1]
        worst = max(worst, float(np.abs(h - whole[-1]).max()))
    return {"largest_difference": worst, "parameters": sum(w.size for w in weights.values())}


def parameters(seed: int) -> Row:
    """char-rnn's counts: one-hot inputs, and two biases a block where ours has one."""

    def char_rnn(num_layers: int, hidden_size: int, vocab_size: int) -> int:
        config = ModelConfig("lstm", hidden_size, num_layers, 0)
        second_biases = 4 * hidden_size * num_layers
        return count_parameters(config, vocab_size) + second_biases

    return {
        "2x128, V 65": char_rnn(2, 128, 65),
        "2x512, V 65": char_rnn(2, 512, 65),
        "3x700, V 101": char_rnn(3, 700, 101),
    }


def flops_cases() -> list[Case]:
    """One set of weights a seed."""
    return [{"seed": seed} for seed in SEEDS]


def flops(seed: int) -> Row:
    """Multiplications of a step at twice the hidden size, counted and timed."""
    vocab = Vocab("".join(chr(48 + k) for k in range(65)))
    rng = np.random.default_rng(seed)
    counted, timed = {}, {}
    for size in (256, 512, 1024):
        config = ModelConfig("lstm", size, 1, 0)
        counted[size] = len(GATES["lstm"]) * size * size + len(vocab) * size  # W_hh h and W_hy h
        weights = untrained_weights(config, len(vocab), rng)
        timed[size] = _seconds(NumpyModel(vocab, config, weights).stepper())
    return {
        "counted": round(counted[1024] / counted[512], 4),
        "timed": round(timed[1024] / timed[512], 3),
        "timed_below": round(timed[512] / timed[256], 3),
    }


def _seconds(stepper: Stepper, steps: int = 200) -> float:
    """The least time of some, for so many characters."""
    times = []
    for _ in range(7):
        started = time.perf_counter()
        for _ in range(steps):
            stepper.read(3)
        times.append(time.perf_counter() - started)
    return min(times)


_PARTS = {
    "hello": hello_step,
    "memory": memory,
    "gradient": gradient,
    "first_loss": first_loss,
    "lines": program_lines,
    "any_length": any_length,
    "parameters": parameters,
}
_EXACT = ("hello", "lines", "parameters")  # nothing in them is drawn


def cases() -> list[Case]:
    """Every part, with a seed or with all of them."""
    return [
        {"part": part, "seed": seed}
        for part in _PARTS
        for seed in (SEEDS[:1] if part in _EXACT else SEEDS)
    ]


def run(part: str, seed: int) -> Row:
    """The numbers of a part."""
    return _PARTS[part](seed)


EXPERIMENTS = (
    Experiment("mechanics", "Does the machinery do what is said of it, exactly?", cases, run,
               over="draws of the first weights"),
    Experiment("flops", "What does a step cost at twice the hidden size?",
               flops_cases, flops, timed=True, over="timings"),
)  # fmt: skip
