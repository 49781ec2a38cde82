"""Small trainings, alike but for what an experiment changes.

All read the beginning of a text, the book's Shakespeare unless said otherwise, and are
scored on the same held-out piece of it. The validation part of the shipped models is
another one.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook import corpora
from rnnbook.corpora import Corpus
from rnnbook.ngram import best_order
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.text import Ids, Vocab
from rnnbook.training import TrainingConfig, learning_rate_at

TEXT = "shakespeare"
#: Characters that most experiments train on, and that all are scored on.
TRAINED, SCORED = 1_000_000, 60_000

Change = Callable[[Mapping[str, NDArray[np.float32]]], None]


def corpus() -> Corpus:
    """The text of most small trainings."""
    return corpora.load(TEXT)


@cache
def vocab(name: str = TEXT) -> Vocab:
    """The characters of a text."""
    return Vocab.from_text(corpora.load(name).text)


@cache
def _ids(name: str) -> Ids:
    return vocab(name).encode(corpora.load(name).text)


def training_ids(count: int = TRAINED, name: str = TEXT) -> Ids:
    """The first ``count`` characters."""
    return _ids(name)[:count]


def held_out_ids(name: str = TEXT) -> Ids:
    """The piece that all are scored on; no training of this module reads it."""
    end = int(0.9 * len(_ids(name)))
    return _ids(name)[end - SCORED : end]


@cache
def ngram_loss(count: int = TRAINED) -> tuple[int, float]:
    """Order and loss of the best n-gram that counted the same characters."""
    model, losses = best_order(vocab(), training_ids(count), held_out_ids())
    return model.order, round(losses[model.order], 4)


def trainer(
    model: ModelConfig, text: int, name: str = TEXT, **settings: Any
) -> tuple[Any, TrainingConfig]:
    """A trainer on the first ``text`` characters, by one thread, and its settings."""
    from rnnbook.training.trainer import Trainer

    config = TrainingConfig(
        **{"seq_len": 32, "batch_size": 32, "dropout": 0.0, "warmup_steps": 20, "minutes": None,
           "steps": 1, **settings}
    )  # fmt: skip
    return Trainer(vocab(name), model, config, training_ids(text, name), workers=1), config


def train(
    model: ModelConfig,
    *,
    characters: int = TRAINED,
    text: int = TRAINED,
    at: Sequence[int] = (),
    change: Change | None = None,
    **settings: Any,
) -> dict[str, Any]:
    """Train on ``characters`` in all, of a text that is ``text`` long; the numbers of it.

    ``change`` may write into the first weights. ``at`` are steps after which the held-out
    loss is wanted too. Losses are in nats per character, of the averaged weights with
    carried state; a training that left the rails has ``diverged`` set and no loss.
    """
    network, config = trainer(model, text, **settings)
    steps = max(1, characters // (config.batch_size * config.seq_len))
    if change:
        network.change_weights(change)
    losses: list[float] = []
    on_the_way: dict[str, float | None] = {}
    started = time.perf_counter()
    for step in range(steps):
        losses.append(network.train_step(learning_rate_at(step, steps, config)))
        if not math.isfinite(losses[-1]) or losses[-1] > 3 * losses[0]:
            break
        if step + 1 in at:
            on_the_way[str(step + 1)] = held_out_loss(network)
    seconds, loss = time.perf_counter() - started, held_out_loss(network)
    diverged = len(losses) < steps or loss is None
    network.close()
    row = {
        "parameters": count_parameters(model, len(vocab())),
        "steps": len(losses),
        "train_loss": None if diverged else round(float(np.mean(losses[-(steps // 20 or 1) :])), 4),
        "loss": None if diverged else loss,
        "diverged": diverged,
        "seconds": round(seconds, 2),
    }
    return {**row, "on_the_way": on_the_way} if on_the_way else row


def held_out_loss(network: Any) -> float | None:
    """The loss of a trainer's averaged weights on the held-out piece; None if it is none."""
    loss = network.evaluate(held_out_ids(), network.averaged_weights()).nats
    return round(float(loss), 4) if math.isfinite(loss) else None


def hidden_size_for(parameters: int, kind: str, num_layers: int, embedding_size: int = 32) -> int:
    """The hidden size that comes nearest to so many parameters."""

    def miss(size: int) -> int:
        config = ModelConfig(kind, size, num_layers, embedding_size)  # type: ignore[arg-type]
        return abs(count_parameters(config, len(vocab())) - parameters)

    return min(range(8, 1024, 2), key=miss)
