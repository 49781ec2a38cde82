"""Experiments that train many small networks: what each choice is worth."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.experiments import small
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row, load
from rnnbook.recurrent import ModelConfig

KINDS = ("rnn", "gru", "lstm")
LSTM = ModelConfig("lstm", 128, 1, 32)


def product(**settings: Any) -> list[Case]:
    """All combinations of some settings, as cases."""
    return [
        dict(zip(settings, values, strict=True)) for values in itertools.product(*settings.values())
    ]


def rates_cases() -> list[Case]:
    rates = (2.5e-3, 5e-3, 1e-2, 2e-2, 4e-2, 8e-2, 1.6e-1)
    return product(kind=KINDS, num_layers=(1, 2, 3), learning_rate=rates, seed=(9,))


def rates(kind: str, num_layers: int, learning_rate: float, seed: int) -> Row:
    """A network of the middle size. No other experiment uses this seed."""
    size = small.hidden_size_for(122_000, kind, num_layers)
    model = ModelConfig(kind, size, num_layers, 32)  # type: ignore[arg-type]
    return small.train(model, seed=seed, learning_rate=learning_rate)


@cache
def best_rate(kind: str = "lstm", num_layers: int = 1) -> float:
    """The learning rate that the experiment ``rates`` found best for such a network.

    Raises :class:`ExperimentError` if that experiment has not been run.
    """
    rows = load("rates").where(kind=kind, num_layers=num_layers)
    trained = [row for row in rows if row["loss"] is not None]
    return float(min(trained, key=lambda row: row["loss"])["learning_rate"])


def architectures_cases() -> list[Case]:
    sizes = (45_000, 122_000, 375_000)
    return product(budget=sizes, num_layers=(1, 2, 3), kind=KINDS, seed=SEEDS)


def architectures(kind: str, num_layers: int, budget: int, seed: int) -> Row:
    """Equal numbers of parameters, each kind and depth at its own learning rate."""
    size, rate = small.hidden_size_for(budget, kind, num_layers), best_rate(kind, num_layers)
    model = ModelConfig(kind, size, num_layers, 32)  # type: ignore[arg-type]
    row = small.train(model, seed=seed, learning_rate=rate)
    return {"hidden_size": size, "learning_rate": rate, "ngram": small.ngram_loss()[1], **row}


def optimizers_cases() -> list[Case]:
    rates = {
        "sgd": (0.3, 1.0, 3.0, 10.0),
        "adagrad": (0.03, 0.1, 0.3, 1.0),
        "rmsprop": (0.003, 0.01, 0.03, 0.1),
        "adamw": (0.01, 0.03, 0.1, 0.3),
        "muon": (0.01, 0.03, 0.1, 0.3),
    }
    return [
        {"optimizer": name, "learning_rate": rate, "seed": seed}
        for name, found in rates.items()
        for rate in found
        for seed in SEEDS
    ]


def optimizers(optimizer: str, learning_rate: float, seed: int) -> Row:
    return small.train(
        LSTM, seed=seed, optimizer=optimizer, learning_rate=learning_rate, characters=400_000
    )


def learning_rate_cases() -> list[Case]:
    return product(learning_rate=(1e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1, 1.0, 3.0), seed=SEEDS)


def learning_rate(learning_rate: float, seed: int) -> Row:
    return small.train(
        LSTM, seed=seed, optimizer="adamw", learning_rate=learning_rate, characters=400_000
    )


def sequence_length_cases() -> list[Case]:
    return product(seq_len=(10, 25, 50, 100, 200), seed=SEEDS)


def sequence_length(seq_len: int, seed: int) -> Row:
    return small.train(LSTM, seed=seed, seq_len=seq_len, learning_rate=best_rate())


def dropout_cases() -> list[Case]:
    return product(text=(100_000, 1_000_000), dropout=(0.0, 0.2, 0.5), seed=SEEDS)


def dropout(text: int, dropout: float, seed: int) -> Row:
    """Fifteen passes over the short text, one and a half over the long."""
    model = ModelConfig("lstm", 192, 1, 32)
    row = small.train(
        model, seed=seed, text=text, dropout=dropout, characters=1_500_000, seq_len=64,
        batch_size=64, learning_rate=best_rate(),
    )  # fmt: skip
    return {**row, "ngram": small.ngram_loss(text)[1]}


def weight_decay_cases() -> list[Case]:
    return product(text=(100_000, 1_000_000), weight_decay=(0.0, 0.05, 0.5), seed=SEEDS)


def weight_decay(text: int, weight_decay: float, seed: int) -> Row:
    return small.train(LSTM, seed=seed, text=text, weight_decay=weight_decay,
                       learning_rate=best_rate())  # fmt: skip


def clipping_cases() -> list[Case]:
    return product(radius=(0.6, 1.5, 3.0), clip=(1.0, 1e9), learning_rate=(0.3, 1.0), seed=SEEDS)


def clipping(radius: float, clip: float, learning_rate: float, seed: int) -> Row:
    """A plain RNN by SGD, its W_hh scaled to a spectral radius, with and without clipping."""

    def scale(weights: Mapping[str, NDArray[np.float32]]) -> None:
        W_hh = weights["layers.0.W_hh"]
        W_hh *= radius / np.abs(np.linalg.eigvals(W_hh)).max()

    return small.train(
        ModelConfig("rnn", 128, 1, 32), seed=seed, optimizer="sgd", clip=clip, seq_len=50,
        learning_rate=learning_rate, characters=300_000, change=scale,
    )  # fmt: skip


def initialisation_cases() -> list[Case]:
    """One of the two is as usual: a forget bias of 1, or a scale of 1."""
    biases = product(forget_bias=(-1.0, 0.0, 1.0, 3.0), scale=(1.0,), seed=SEEDS)
    return biases + product(forget_bias=(1.0,), scale=(0.2, 3.0), seed=SEEDS)


def initialisation(forget_bias: float, scale: float, seed: int) -> Row:
    """An LSTM whose first weights are scaled and whose forget gates start open or shut."""

    def change(weights: Mapping[str, NDArray[np.float32]]) -> None:
        size = LSTM.hidden_size
        weights["layers.0.W_hh"][:] *= scale
        weights["layers.0.W_xh"][:] *= scale
        weights["layers.0.b_h"][size : 2 * size] = forget_bias

    return small.train(
        LSTM, seed=seed, change=change, learning_rate=best_rate(), characters=600_000
    )


def sizes_cases() -> list[Case]:
    return product(text=(100_000, 300_000, 1_000_000), hidden_size=(64, 128, 256), seed=SEEDS)


def sizes(text: int, hidden_size: int, seed: int) -> Row:
    """Always a million characters read; a shorter text is read more often."""
    row = small.train(ModelConfig("lstm", hidden_size, 1, 32), seed=seed, text=text,
                      learning_rate=best_rate())  # fmt: skip
    return {**row, "ngram": small.ngram_loss(text)[1]}


def random_settings_cases() -> list[Case]:
    return product(kind=("rnn", "lstm"), seed=range(30))


def random_settings(kind: str, seed: int) -> Row:
    """Settings drawn as somebody might draw them who has read no advice."""
    rng = np.random.default_rng([29, seed])
    drawn: dict[str, Any] = {
        "optimizer": str(rng.choice(["sgd", "adagrad", "rmsprop", "adamw"])),
        "learning_rate": float(10 ** rng.uniform(-4, 0)),
        "seq_len": int(rng.choice([10, 25, 50, 100])),
        "batch_size": int(rng.choice([8, 32, 64])),
        "clip": float(rng.choice([1.0, 5.0, 1e9])),
    }
    size = int(rng.choice([32, 64, 128, 256]))
    model = ModelConfig(kind, size, int(rng.choice([1, 2])), 32)  # type: ignore[arg-type]
    row = small.train(model, seed=seed, text=300_000, characters=300_000, **drawn)
    return {**row, "drawn": {**drawn, "hidden_size": size}, "ngram": small.ngram_loss(300_000)[1]}


_make = partial(Experiment, corpus=small.corpus, over="trainings")
EXPERIMENTS = (
    _make("rates", "Which learning rate suits the RNN, the GRU and the LSTM?",
          rates_cases, rates),
    _make("architectures", "RNN, GRU or LSTM, and how deep, at equal numbers of parameters?",
          architectures_cases, architectures),
    _make("optimizers", "Which optimiser is best, each at its best learning rate?",
          optimizers_cases, optimizers),
    _make("learning_rate", "How far can Adam's learning rate go up before training diverges?",
          learning_rate_cases, learning_rate),
    _make("sequence_length", "How far back need the gradient go, and what does it cost?",
          sequence_length_cases, sequence_length),
    _make("dropout", "When does dropout help?", dropout_cases, dropout),
    _make("weight_decay", "When does weight decay help?", weight_decay_cases, weight_decay),
    _make("clipping", "What does clipping the gradient prevent?", clipping_cases, clipping),
    _make("initialisation", "How much do the first weights and the forget bias matter?",
          initialisation_cases, initialisation),
    _make("sizes", "More text or a larger network?", sizes_cases, sizes),
    _make("random_settings", "What share of settings drawn at random reach a useful loss?",
          random_settings_cases, random_settings),
)  # fmt: skip
