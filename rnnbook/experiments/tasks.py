"""Three tasks that ask what a state can do: flip, hold, and find again.

*Parity*: is the number of ones so far odd? *Copying*: say these letters again. *Recall*: which
value stood behind this key? Every network gets the same examples, made anew for every step and
never twice, and as many parameters; its learning rate is the best of two or three. A share is of
the answers that are right, on examples that no training saw.

The second column of an example holds what is to be answered, and -1 where nothing is asked.

Sources: parity as in Grazzi et al. (2025), arXiv 2411.12537; copying as in Jelassi et al. (2024),
arXiv 2402.01032; recall as in Arora et al. (2024), arXiv 2312.04927.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Result, Row
from rnnbook.experiments.intervals import interval
from rnnbook.recurrent import LINEAR, ModelConfig, count_parameters, label
from rnnbook.text import Ids, Vocab
from rnnbook.training import TrainingConfig, learning_rate_at

PARAMETERS, EMBEDDING = 20_000, 16  # of every network, as near as its width allows
SIGNED, ATTENDING = "signed mingru", "transformer"
BARE = "bare mingru"  # without the convolution that a block begins with
KINDS = ("gru", "lstm", *LINEAR, ATTENDING)
LONG = "long recall"  # trained for four times as long: the best of each sort, and attention
ASKING = {
    "parity": ("rnn", *KINDS, SIGNED), "copying": KINDS, "recall": (*KINDS, BARE),
    LONG: ("lstm", "mingru", "s6", ATTENDING),
}  # fmt: skip
RATES = {task: (1e-3, 4e-3, 1.6e-2) if task == LONG else (4e-3, 1.6e-2) for task in ASKING}
STEPS = {"parity": 600, "copying": 1_000, "recall": 600, LONG: 2_400}
BATCH = {"parity": 64, "copying": 32, "recall": 64, LONG: 64}
NOTHING = -1  # asked at this place
CONTEXT = 256  # characters that the Transformer can see: all of every example
HEADS, LAYERS = 4, 2

PAIRS = (2, 4, 8, 16)
TRAINED = {"parity": 24, "copying": 16, "recall": 8, LONG: 8}  # presses, letters, pairs: at most
ASKED = {"parity": (24, 48, 96, 192), "copying": (4, 8, 16, 32), "recall": PAIRS, LONG: PAIRS}
EXAMPLES = 256  # that each share is of

LETTERS, KEYS, VALUES = "abcdefgh", "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "01234567"
VOCABS = {
    "parity": Vocab.from_text("01"),
    "copying": Vocab.from_text(LETTERS + "|."),
    "recall": Vocab.from_text(KEYS + VALUES + "|"),
}
VOCABS[LONG] = VOCABS["recall"]
Examples = tuple[Ids, Ids]  # what is read and what is to be answered, each (B, T)


def parity(presses: int, count: int, rng: np.random.Generator) -> Examples:
    """Bits, and after each whether the number of ones so far is odd."""
    x = rng.integers(2, size=(count, presses))
    return x, np.cumsum(x, axis=1) % 2


def copying(letters: int, count: int, rng: np.random.Generator) -> Examples:
    """Letters, a bar and as many points: the letters again."""
    ids = VOCABS["copying"].encode(LETTERS + "|.")
    text = rng.choice(ids[:-2], size=(count, letters))
    bar, points = np.full((count, 1), ids[-2]), np.full((count, letters), ids[-1])
    nothing = np.full((count, letters + 1), NOTHING)
    return np.concatenate([text, bar, points], axis=1), np.concatenate([nothing, text], axis=1)


def recall(pairs: int, count: int, rng: np.random.Generator) -> Examples:
    """Keys, each with its value, a bar, and the keys in another order: their values."""
    vocab = VOCABS["recall"]
    keys = rng.permuted(np.tile(vocab.encode(KEYS), (count, 1)), axis=1)[:, :pairs]
    values = rng.choice(vocab.encode(VALUES), size=(count, pairs))
    order = rng.permuted(np.tile(np.arange(pairs), (count, 1)), axis=1)
    told = np.stack([keys, values], axis=2).reshape(count, 2 * pairs)
    bar = np.full((count, 1), vocab.encode("|")[0])
    asked, answers = (np.take_along_axis(part, order, axis=1) for part in (keys, values))
    nothing = np.full((count, 2 * pairs + 1), NOTHING)
    return np.concatenate([told, bar, asked], axis=1), np.concatenate([nothing, answers], axis=1)


TASKS: dict[str, Callable[[int, int, np.random.Generator], Examples]] = {
    "parity": parity,
    "copying": copying,
    "recall": recall,
    LONG: recall,
}


def cases() -> list[Case]:
    """Every network on every task, at every rate; some only on the task that they are for."""
    return [
        {"task": task, "kind": kind, "learning_rate": rate, "seed": seed}
        for task in TASKS for seed in SEEDS
        for kind in ASKING[task] for rate in RATES[task]
    ]  # fmt: skip


def run(task: str, kind: str, learning_rate: float, seed: int) -> Row:
    """Train on examples of many lengths; the share of right answers by length.

    ``chosen_by`` is the loss, in nats an answer, on the last tenth of the training's own examples:
    by it the better rate is chosen.
    """
    rng = np.random.default_rng([seed, list(TASKS).index(task)])
    network, size = _network(task, kind, seed)
    steps, batch = STEPS[task], BATCH[task]
    config = TrainingConfig(learning_rate=learning_rate, steps=steps, minutes=None)
    losses, started = [], time.perf_counter()
    for step in range(steps):
        length = int(rng.integers(1, TRAINED[task] + 1))
        x, wanted = TASKS[task](length, batch, rng)
        losses.append(network.train_step(x, wanted, learning_rate_at(step, steps, config)))
    seconds, last = time.perf_counter() - started, float(np.mean(losses[-steps // 10 :]))
    return {
        **size,
        "chosen_by": round(last, 4) if math.isfinite(last) else None,
        "right": {str(length): _right(network, task, length, rng) for length in ASKED[task]},
        "chance": round(1 / (2 if task == "parity" else 8), 4),
        "seconds": round(seconds, 2),
    }


def _network(task: str, kind: str, seed: int) -> tuple[Any, dict[str, int]]:
    """An untrained network, and its numbers of parameters and of what its state holds."""
    from rnnbook.torch_networks.answering import Answering
    from rnnbook.torch_networks.linear import new_model
    from rnnbook.torch_networks.signed import SignedMinGRU
    from rnnbook.torch_networks.transformer import Transformer

    vocab = VOCABS[task]
    if kind == ATTENDING:

        def made(width: int) -> Answering:
            return Answering(Transformer(vocab, width, LAYERS, HEADS, CONTEXT, seed), NOTHING)

        networks = [made(width) for width in range(HEADS, 100, HEADS)]
        found = min(networks, key=lambda one: abs(one.parameters - PARAMETERS))
        return found, {"parameters": found.parameters, "state": 0}
    config = configuration(kind, len(vocab))
    make = SignedMinGRU if kind == SIGNED else new_model
    network = make(vocab, config, np.random.default_rng([seed, 1]))
    state = sum(part[:, 0].numel() for part in network.initial_state(1).values())
    found = Answering(network, NOTHING)
    return found, {"parameters": found.parameters, "state": state}


def configuration(kind: str, num_symbols: int) -> ModelConfig:
    """The shape that comes nearest to the number of parameters: two blocks of a linear kind."""
    name, layers = kind.split()[-1], 2 if kind not in ("rnn", "gru", "lstm") else 1
    options = {"conv_width": 0} if kind == BARE else {}
    configs = [ModelConfig(name, size, layers, EMBEDDING, **options) for size in range(4, 400, 2)]  # type: ignore[arg-type]
    return min(configs, key=lambda one: abs(count_parameters(one, num_symbols) - PARAMETERS))


def _right(network: Any, task: str, length: int, rng: np.random.Generator) -> float:
    """The share of right answers; of parity only the answers in the last half, which are late."""
    x, wanted = TASKS[task](length, EXAMPLES, rng)
    said = network.answers(x)
    asked = wanted != NOTHING
    if task == "parity":
        asked[:, : length // 2] = False
    return round(float((said == wanted)[asked].mean()), 4)


def name(kind: str) -> str:
    """How a network of the experiment is written in a sentence."""
    named = {
        SIGNED: "minGRU with factors from -1", BARE: "minGRU without convolution",
        ATTENDING: "Transformer",
    }  # fmt: skip
    return named.get(kind) or label(kind)


def shares(result: Result, task: str, kind: str, length: int) -> list[float]:
    """Right answers of each training, at the rate with the lower loss on training's examples."""
    rows = result.where(task=task, kind=kind)

    def mean(rate: float) -> float:
        losses = [row["chosen_by"] for row in rows if row["learning_rate"] == rate]
        return math.inf if None in losses else float(np.mean(losses))

    best = min(dict.fromkeys(row["learning_rate"] for row in rows), key=mean)
    settings = {"task": task, "kind": kind, "learning_rate": best}
    found: list[float] = result.values(f"right.{length}", **settings)
    return found


def by_length(result: Result, task: str, kinds: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """For every kind the mean share of right answers (3, N) at the lengths that were asked, and
    the ends of its interval over trainings."""
    found = {}
    for kind in kinds:
        each = [interval(shares(result, task, kind, length)) for length in ASKED[task]]
        found[name(kind)] = np.array([one.span for one in each]).T
    return found


EXPERIMENTS = (
    Experiment("tasks", "What can a state do that was trained for it: flip, hold, find again?",
               cases, run, over="trainings"),
)  # fmt: skip
