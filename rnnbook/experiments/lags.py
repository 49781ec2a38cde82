"""How the gradient, and what a character matters, fade with distance."""

from __future__ import annotations

import itertools

import numpy as np

from rnnbook import checkpoints, inspection
from rnnbook.experiments import held_out
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.text import Ids

MODELS = {"rnn": "shakespeare-rnn", "gru": "shakespeare-gru", "lstm": "shakespeare"}
LAGS = (1, 2, 5, 10, 20, 50, 100)
_WINDOWS = 64


def cases() -> list[Case]:
    settings = itertools.product(MODELS, ("trained", "fresh"), SEEDS)
    return [{"kind": kind, "weights": weights, "seed": seed} for kind, weights, seed in settings]


def run(kind: str, weights: str, seed: int) -> Row:
    """The gradient of a loss by the lag of what was read, and what an ablation does there.

    Trained weights are those of a shipped model, fresh ones those that its training would
    begin with, another draw a seed. ``gradient`` holds the mean norms at lags 1 to 100;
    ``relative_50`` is the norm at lag 50 over that at lag 1; ``decay`` is the factor from one
    lag to the next, between 5 and 50; ``bits_50`` what a character changed 50 before does.
    """
    from rnnbook.torch_networks.inspection import decay_per_character, gradient_by_lag
    from rnnbook.torch_networks.rnn import TorchModel

    checkpoint = checkpoints.load(MODELS[kind])
    vocab, config = checkpoint.vocab, checkpoint.config
    if weights == "trained":
        model = TorchModel.from_weights(vocab, config, checkpoint.weights)
    else:
        model = TorchModel(vocab, config, np.random.default_rng(seed))
    windows = _windows(MODELS[kind], seed)  # (N, 101)
    norms = gradient_by_lag(model, windows)
    mean = norms.mean(axis=0)
    reader = NumpyModel(vocab, config, model.to_weights())
    bits = inspection.memory(reader, windows[:, :-1], LAGS).mean(axis=0)
    return {
        "hidden_size": config.hidden_size,
        "decay": round(decay_per_character(norms), 5),
        **{f"relative_{lag}": float(f"{mean[lag - 1] / mean[0]:.4g}") for lag in LAGS},
        **{f"bits_{lag}": float(f"{bits[k]:.4g}") for k, lag in enumerate(LAGS)},
        "gradient": [float(f"{value:.4g}") for value in mean],
    }


def _windows(name: str, seed: int) -> Ids:
    """Windows (N, 101) of the held-out part, drawn by the seed."""
    ids = held_out.network(name).vocab.encode(held_out.parts(name)[1])
    starts = np.random.default_rng(seed).integers(len(ids) - max(LAGS), size=_WINDOWS)
    return ids[starts[:, None] + np.arange(max(LAGS) + 1)]


EXPERIMENTS = (
    Experiment(
        "gradient_lag",
        "How does the gradient fade with distance?",
        cases,
        run,
        over="draws: of passages read by one network, and of its first weights",
    ),
)
