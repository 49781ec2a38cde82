"""Kinds of networks on one text: gates that look at the state, linear recurrences, attention.

All have as many parameters, read three million characters of Shakespeare, are trained by AdamW
with the same fall of the learning rate, and each at a rate of its own that was searched for it.
A training takes one core, and its seconds are those that this core worked for it.

Like experiments in the literature: Feng et al. (2024), arXiv 2410.01201.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.experiments import small
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Result, Row, load
from rnnbook.experiments.intervals import interval
from rnnbook.experiments.tasks import ATTENDING, name
from rnnbook.recurrent import LINEAR, ModelConfig, count_parameters
from rnnbook.training import TrainingConfig, learning_rate_at

TEXT = 3_500_000  # characters that all may read
PARAMETERS, EMBEDDING = 122_000, 32  # of every network, as near as its width allows
KINDS = ("lstm", "mingru", "minlstm", "gru", "rglru", ATTENDING, "lru", "s6")
BLOCKS = 2  # of a linear recurrence and of the Transformer; GRU and LSTM have one layer
BATCH, LENGTH = 32, 64  # of a step of the recurrent networks, which carry their state
CONTEXT, HEADS = 128, 4  # of the Transformer; a step has half as many windows, twice as long
CHARACTERS = 3_000_000
BUDGETS = (100_000, 300_000, 1_000_000, CHARACTERS)  # when the held-out loss is looked at
SEARCHED = 1_000_000  # characters that a rate is tried with
FIRST, FACTOR, MOST = 3.2e-2, 2.0, 6  # the search: where it begins, its steps, and how many
DIVERGED = 3.0  # times the first loss


def rates_cases() -> list[Case]:
    return [{"kind": kind, "seed": 9} for kind in KINDS]


def rates(kind: str, seed: int) -> Row:
    """The rate whose neighbours, half and twice as large, are both worse.

    ``losses`` has all rates that were tried, with None for a training that left the rails.
    No other experiment uses this seed.
    """
    tried: dict[float, float | None] = {}

    def loss(rate: float) -> float:
        if rate not in tried:
            tried[rate] = trained(kind, rate, seed, SEARCHED)["loss"]
        found = tried[rate]
        return math.inf if found is None else found

    best = bracketed(loss, FIRST, FACTOR, MOST)
    return {
        "learning_rate": best,
        "losses": {f"{rate:g}": tried[rate] for rate in sorted(tried)},
        "is_bracketed": best / FACTOR in tried and best * FACTOR in tried,
    }


def bracketed(
    loss: Callable[[float], float], first: float, factor: float = FACTOR, most: int = MOST
) -> float:
    """The best rate, after moving from ``first`` until both its neighbours have been tried.

    At most so many rates are tried; ``loss`` may be asked again for one that was.
    """
    tried = {first: loss(first)}
    while True:
        best = min(tried, key=lambda rate: tried[rate])
        new = [rate for rate in (best / factor, best * factor) if rate not in tried]
        if not new or len(tried) >= most:
            return best
        tried[new[0]] = loss(new[0])


@cache
def best_rate(kind: str) -> float:
    """The rate that ``kinds_rates`` found. Raises :class:`ExperimentError` without it."""
    (row,) = load("kinds_rates").where(kind=kind)
    return float(row["learning_rate"])


def kinds_cases() -> list[Case]:
    return [{"kind": kind, "seed": seed} for seed in SEEDS for kind in KINDS]


def kinds(kind: str, seed: int) -> Row:
    """One training at the rate of its kind; its held-out loss on the way and at the end."""
    rate = best_rate(kind)
    return {"learning_rate": rate, **trained(kind, rate, seed, CHARACTERS, BUDGETS)}


def trained(
    kind: str, rate: float, seed: int, characters: int, budgets: tuple[int, ...] = ()
) -> Row:
    """Train a network of a kind on so many characters.

    Losses are in nats per character, on the piece that all small trainings are scored on, of the
    averaged weights; None for one that left the rails. ``by_budget`` gives loss and seconds (of a
    core) after so many characters, while the learning rate is still on its way down.
    """
    network = _Attending(seed) if kind == ATTENDING else _Recurrent(kind, seed)
    config = TrainingConfig(learning_rate=rate, steps=1, warmup_steps=50)
    steps = characters // (BATCH * LENGTH)
    looks = {budget // (BATCH * LENGTH): budget for budget in budgets}
    by_budget: dict[str, Any] = {}
    seconds, first, loss, step = 0.0, math.inf, 0.0, 0
    while step < steps and loss <= DIVERGED * first:  # a loss that is no number ends it too
        started = time.process_time()
        loss = network.train_step(learning_rate_at(step, steps, config))
        seconds += time.process_time() - started
        first = loss if step == 0 else first
        step += 1
        if step in looks:
            by_budget[str(looks[step])] = {"loss": network.loss(), "seconds": round(seconds, 1)}
    end = network.loss() if step == steps else math.inf
    network.close()
    return {
        **network.size,
        "steps": step,
        "loss": end if math.isfinite(end) else None,
        "seconds": round(seconds, 1),
        **({"by_budget": by_budget} if budgets else {}),
    }


class _Recurrent:
    """A network with a state, in windows that carry it."""

    def __init__(self, kind: str, seed: int):
        from rnnbook.training.trainer import Trainer

        model = configuration(kind)
        config = TrainingConfig(
            seq_len=LENGTH, batch_size=BATCH, dropout=0.0, optimizer="adamw", steps=1,
            minutes=None, seed=seed,
        )  # fmt: skip
        ids = small.training_ids(TEXT)
        self.trainer = Trainer(small.vocab(), model, config, ids, workers=1)
        self.train_step, self.close = self.trainer.train_step, self.trainer.close
        parameters = count_parameters(model, len(small.vocab()))
        self.size = {"parameters": parameters, "hidden_size": model.hidden_size}

    def loss(self) -> float:
        weights = self.trainer.averaged_weights()
        return round(float(self.trainer.evaluate(small.held_out_ids(), weights).nats), 4)


class _Attending:
    """The Transformer, in windows drawn at random."""

    def __init__(self, seed: int):
        from rnnbook.torch_networks.transformer import Transformer, TransformerTrainer

        def made(width: int) -> Transformer:
            return Transformer(small.vocab(), width, BLOCKS, HEADS, CONTEXT, seed)

        def parameters(width: int) -> int:
            return sum(parameter.numel() for parameter in made(width).parameters())

        width = min(range(16, 160, HEADS), key=lambda width: abs(parameters(width) - PARAMETERS))
        batch = BATCH * LENGTH // CONTEXT
        self.trainer = TransformerTrainer(made(width), small.training_ids(TEXT), batch, seed)
        self.train_step = self.trainer.train_step
        self.size = {"parameters": parameters(width), "hidden_size": width}

    def loss(self) -> float:
        return round(float(np.mean(self.trainer.averaged().costs(small.held_out_ids()))), 4)

    def close(self) -> None:
        """Nothing is left to end."""


def configuration(kind: str) -> ModelConfig:
    """The shape of a recurrent kind that comes nearest to the number of parameters."""
    layers = BLOCKS if kind in LINEAR else 1
    size = small.hidden_size_for(PARAMETERS, kind, layers, EMBEDDING)
    return ModelConfig(kind, size, layers, EMBEDDING)  # type: ignore[arg-type]


def by_budget(result: Result) -> dict[str, NDArray[np.float64]]:
    """For every kind the mean loss (3, N) after each of the budgets, and the ends of its interval
    over trainings."""
    found = {}
    for kind in result.options("kind"):
        losses = [result.values(f"by_budget.{budget}.loss", kind=kind) for budget in BUDGETS]
        found[name(kind)] = np.array([interval(one).span for one in losses]).T
    return found


def after_seconds(result: Result, kind: str, seconds: float) -> list[float]:
    """Each training's loss when it had taken so long: between two looks, by the logarithm of time.

    A training that ended earlier gives its last loss, for it had no more to read.
    """
    found = []
    for row in result.where(kind=kind):
        looks = list(row["by_budget"].values())
        times = np.log([look["seconds"] for look in looks])
        losses = [look["loss"] for look in looks]
        found.append(float(np.interp(np.log(seconds), times, losses)))
    return found


EXPERIMENTS = (
    Experiment("kinds_rates", "Which learning rate suits each kind of network?",
               rates_cases, rates, small.corpus, over="trainings"),
    Experiment("kinds", "Kinds of networks of one size on one text: which learns most?",
               kinds_cases, kinds, small.corpus, over="trainings"),
)  # fmt: skip
