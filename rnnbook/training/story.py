"""What a checkpoint tells of the training that it came from.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import Any

import numpy as np

from rnnbook.evaluation import Loss
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import count_parameters
from rnnbook.sampling import default_prompt, sample
from rnnbook.training.run import Run, versions


def info(
    run: Run, step: int, loss: Loss | None = None, blocks: Loss | None = None
) -> dict[str, Any]:
    """The ``info`` of a checkpoint after ``step``; the last one has its ``loss`` and ``blocks``."""
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
        **(_so_far(run) if loss is None else _measured(run, loss, blocks)),
    }


def _so_far(run: Run) -> dict[str, Any]:
    if not math.isfinite(run.best_validation):
        return {}  # nothing was measured yet: JSON has no word for that
    measured = "so far, on the first characters of the validation part"
    return {"validation_loss": run.best_validation, "measured": measured}


def _measured(run: Run, loss: Loss, blocks: Loss | None) -> dict[str, Any]:
    return {
        "validation_loss": loss.nats,
        "measured": (
            f"on all {loss.characters:,} predictions of the validation part (the last "
            f"{run.config.validation_fraction:.0%} of the text), with the state carried"
        ),
        "block_loss": blocks.nats if blocks is not None else None,
    }


def draw_sample(model: NumpyModel, seed: int, length: int = 300) -> str:
    """The sample that a training keeps: temperature 0.8, a fixed seed."""
    prompt = default_prompt(model.vocab)
    return sample(model, prompt, length, temperature=0.8, rng=np.random.default_rng(seed))
