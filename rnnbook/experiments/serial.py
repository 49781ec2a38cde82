"""Serial against parallel: what a step costs, and a small Transformer in the same time."""

from __future__ import annotations

import time
from functools import cache
from typing import Any

import numpy as np

from rnnbook.experiments import small
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row, load
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.training import TrainingConfig, learning_rate_at

SECONDS, RATE_SECONDS = 60.0, 25.0  # of training: of either network, and of a rate that is tried
TEXT = 3_500_000  # characters that both may read
BATCH, LENGTH = 32, 128  # of both; the Transformer sees no further back
LSTM = ModelConfig("lstm", 256, 1, 64)
KINDS = ("lstm", "transformer")


def cost_cases() -> list[Case]:
    lengths = [{"part": "length", "value": value} for value in (16, 32, 50, 64, 100, 128, 256)]
    batches = [{"part": "batch", "value": value} for value in (1, 2, 4, 8, 16, 32, 64, 128, 256)]
    return [{**case, "seed": seed} for case in lengths + batches for seed in SEEDS]


def cost(part: str, value: int, seed: int) -> Row:
    """Milliseconds of a training step of an LSTM of 256 units: the least of ten."""
    from rnnbook.training.trainer import Trainer

    length, batch = (value, 32) if part == "length" else (32, value)
    config = TrainingConfig(
        seq_len=length, batch_size=batch, dropout=0.0, steps=1, minutes=None,
        optimizer="adamw", learning_rate=1e-3, seed=seed,
    )  # fmt: skip
    model = ModelConfig("lstm", 256, 1, 32)
    trainer = Trainer(small.vocab(), model, config, small.training_ids())
    times = []
    for _ in range(13):
        started = time.perf_counter()
        trainer.train_step(1e-3)
        times.append(1000 * (time.perf_counter() - started))
    trainer.close()
    return {"milliseconds": round(min(times[3:]), 3), "characters": length * batch}


def devices_cases() -> list[Case]:
    return [{"hidden_size": size, "seed": seed} for size in (256, 512) for seed in SEEDS]


def devices(hidden_size: int, seed: int) -> Row:
    """Milliseconds of a training step on this machine's CPU, and on its accelerator, if any.

    The least of some: whatever else runs on a machine can only add to a time.
    """
    from rnnbook.training.trainer import Trainer, resolve_device

    config = TrainingConfig(
        batch_size=64, seq_len=64, dropout=0.0, steps=1, minutes=None, seed=seed
    )
    found: Row = {"device": resolve_device("auto")}
    for device in dict.fromkeys(("cpu", found["device"])):
        model = ModelConfig("lstm", hidden_size, 2, 64)
        trainer, times = Trainer(small.vocab(), model, config, small.training_ids(), device), []
        for _ in range(5):
            started = time.perf_counter()
            trainer.train_step(1e-3)  # its loss is read, so that the device has finished
            times.append(1000 * (time.perf_counter() - started))
        trainer.close()
        found[f"{device}_milliseconds"] = round(min(times[2:]), 2)
    return found


def rates_cases() -> list[Case]:
    rates = {
        "lstm": (1.6e-2, 3.2e-2, 6.4e-2, 1.28e-1),
        "transformer": (8e-3, 1.6e-2, 3.2e-2, 6.4e-2, 1.28e-1),
    }
    return [
        {"kind": kind, "learning_rate": rate, "seed": 9} for kind in KINDS for rate in rates[kind]
    ]


def rates(kind: str, learning_rate: float, seed: int) -> Row:
    """A shorter training at one rate. No other experiment uses this seed."""
    return trained(kind, learning_rate, seed, RATE_SECONDS)


@cache
def best_rate(kind: str) -> float:
    """The rate that ``transformer_rates`` found best. Raises ``ExperimentError`` without it."""
    rows = load("transformer_rates").where(kind=kind)
    return float(min(rows, key=lambda row: row["loss"])["learning_rate"])


def against_transformer_cases() -> list[Case]:
    return [{"kind": kind, "seed": seed} for seed in SEEDS for kind in KINDS]


def against_transformer(kind: str, seed: int) -> Row:
    """The same text, the same number of parameters, the same optimiser, the same seconds."""
    rate = best_rate(kind)
    return {"learning_rate": rate, **trained(kind, rate, seed, SECONDS)}


def trained(kind: str, rate: float, seed: int, seconds: float) -> Row:
    """Train either network for so long on all cores; its held-out loss."""
    network = _Recurrent(seed) if kind == "lstm" else _Attending(seed)
    config = TrainingConfig(learning_rate=rate, steps=1, warmup_steps=50)
    steps, step, started = None, 0, time.perf_counter()
    while time.perf_counter() - started < seconds:
        network.train_step(learning_rate_at(step, steps, config))
        step += 1
        if step == 25:  # plan the fall of the rate
            steps = int(25 * seconds / (time.perf_counter() - started))
    return {
        "parameters": network.parameters,
        "steps": step,
        "characters": step * BATCH * LENGTH,
        "ngram": small.ngram_loss(TEXT)[1],
        **network.losses(),
    }


class _Recurrent:
    """The LSTM, in windows with carried state."""

    def __init__(self, seed: int):
        from rnnbook.training.trainer import Trainer

        config = TrainingConfig(
            seq_len=LENGTH, batch_size=BATCH, dropout=0.0, optimizer="adamw", steps=1,
            minutes=None, seed=seed,
        )  # fmt: skip
        self.trainer = Trainer(small.vocab(), LSTM, config, small.training_ids(TEXT))
        self.train_step = self.trainer.train_step
        self.parameters = count_parameters(LSTM, len(small.vocab()))

    def losses(self) -> dict[str, float]:
        weights, ids = self.trainer.averaged_weights(), small.held_out_ids()
        carried = self.trainer.evaluate(ids, weights)
        blocks = self.trainer.evaluate_blocks(ids, weights)
        self.trainer.close()
        found = {"loss": round(carried.nats, 4)}
        return {**found, "loss_in_blocks": round(blocks.nats, 4)} if blocks else found


class _Attending:
    """The Transformer, in windows drawn at random."""

    def __init__(self, seed: int):
        from rnnbook.torch_networks.transformer import Transformer, TransformerTrainer

        model = Transformer(small.vocab(), context=LENGTH, seed=seed)
        self.trainer = TransformerTrainer(model, small.training_ids(TEXT), BATCH, seed)
        self.train_step = self.trainer.train_step
        self.parameters = sum(parameter.numel() for parameter in model.parameters())

    def losses(self) -> dict[str, Any]:
        costs = self.trainer.averaged().costs(small.held_out_ids())
        return {"loss": round(float(np.mean(costs)), 4)}


EXPERIMENTS = (
    Experiment("step_cost", "What does a step cost by length of the sequence and by batch?",
               cost_cases, cost, small.corpus, timed=True, over="timings"),
    Experiment("devices", "How much faster is an accelerator than the CPU?",
               devices_cases, devices, small.corpus, timed=True, over="timings"),
    Experiment("transformer_rates", "Which learning rate suits a small Transformer, and an LSTM?",
               rates_cases, rates, small.corpus, timed=True, over="trainings"),
    Experiment("transformer", "In the same time, is a small Transformer better?",
               against_transformer_cases, against_transformer, small.corpus, timed=True,
               over="trainings"),
)  # fmt: skip
