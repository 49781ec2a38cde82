"""How the loss falls, or does not, at each of many learning rates: whole curves.

Drawn by the figure *Learning rate* in the chapter *Training for real*.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from rnnbook.experiments import small
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.recurrent import ModelConfig

#: Four powers of ten, in halves, about where this network learns and where it does not.
RATES = (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0)
STEPS, POINT = 400, 10  # of a training, and of a point of its curve
_MODEL = ModelConfig("lstm", 64, 1, 32)
_SETTINGS: dict[str, Any] = {
    "optimizer": "adamw", "weight_decay": 0.0, "batch_size": 16, "seq_len": 32,
}  # fmt: skip


def cases() -> list[Case]:
    return [{"learning_rate": rate, "seed": seed} for rate in RATES for seed in SEEDS]


def run(learning_rate: float, seed: int) -> Row:
    """The loss of the windows as they are read, in nats per character, a mean every ten steps.

    The rate is the same at every step, and no character is read twice. A training whose loss is
    no number, or three times what it began with, is given up; its curve ends there.
    """
    network, config = small.trainer(_MODEL, small.TRAINED, seed=seed, steps=STEPS, **_SETTINGS)
    losses: list[float] = []
    while len(losses) < STEPS:
        loss = network.train_step(learning_rate)
        if not math.isfinite(loss) or (losses and loss > 3 * losses[0]):
            break
        losses.append(loss)
    network.close()
    whole = np.array(losses[: len(losses) // POINT * POINT]).reshape(-1, POINT)
    return {
        "characters": config.batch_size * config.seq_len * POINT,  # of a point
        "first": round(losses[0], 3),
        "losses": [round(float(value), 3) for value in whole.mean(axis=1)],
        "given_up": None if len(losses) == STEPS else len(losses),
    }


EXPERIMENTS = (
    Experiment("loss_curves", "What does a training look like at each learning rate?",
               cases, run, corpus=small.corpus, over="trainings"),
)  # fmt: skip
