"""What a checkpoint tells of the training that it came from.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rnnbook.evaluation import Loss
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import count_parameters
from rnnbook.sampling import default_prompt, sample
from rnnbook.text import start_of_test
from rnnbook.training.run import Run, versions


def info(
    run: Run,
    step: int,
    log_probs: NDArray[np.float64] | None = None,
    blocks: Loss | None = None,
) -> dict[str, Any]:
    """The ``info`` of a checkpoint after ``step``.

    The last one has losses: of ``log_probs``, ln P (N - 1,) of the validation part, and of
    ``blocks``.
    """
    return {
        "run": run.id,
        **({"parent": run.parent} if run.parent else {}),
        "corpus": run.corpus,
        "parameters": count_parameters(run.model_config, len(run.vocab)),
        "training": asdict(run.config),
        "steps": step,
        "planned_steps": run.steps,
        "characters_read": step * run.config.batch_size * run.config.seq_len,
        "seconds": round(run.seconds, 1),
        "command": run.command,
        "ngram": run.ngram,
        "history": run.history,
        "versions": versions(),
        **(_so_far(run) if log_probs is None else _measured(run, log_probs, blocks)),
    }


def _so_far(run: Run) -> dict[str, Any]:
    if not math.isfinite(run.best_validation):
        return {}  # nothing was measured yet: JSON has no word for that
    measured = "so far, on the first characters of the validation part"
    return {"validation_loss": run.best_validation, "measured": measured}


def _measured(run: Run, log_probs: NDArray[np.float64], blocks: Loss | None) -> dict[str, Any]:
    half = start_of_test(len(log_probs))
    return {
        "validation_loss": float(-log_probs.mean()),
        **({"test_loss": float(-log_probs[half:].mean())} if half < len(log_probs) else {}),
        "measured": (
            f"on all {len(log_probs):,} predictions of the validation part (the last "
            f"{run.config.validation_fraction:.0%} of the text), with the state carried"
        ),
        "block_loss": blocks.nats if blocks is not None else None,
    }


def draw_sample(model: NumpyModel, seed: int, length: int = 300) -> str:
    """The sample that a training keeps: temperature 0.8, a fixed seed."""
    prompt = default_prompt(model.vocab)
    return sample(model, prompt, length, temperature=0.8, rng=np.random.default_rng(seed))
