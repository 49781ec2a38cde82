"""Training: from a text to a checkpoint.

:func:`train` is a generator that yields :class:`Progress`. Settings are in
:mod:`~rnnbook.training.config`, files in :mod:`~rnnbook.training.run`, and what
computes gradients in :mod:`~rnnbook.training.trainer`: only that, ``muon`` and
``processes`` import torch, and nothing imports them before a training starts.

Taught in the chapters *Long memory*, *Training for real* and *Watching it learn*.
"""

from rnnbook.training.config import (
    OPTIMIZERS,
    TrainingConfig,
    check_length,
    defaults_for,
    learning_rate_at,
    with_settings,
)
from rnnbook.training.presets import PRESETS, Preset
from rnnbook.training.run import Progress, Run, log_path, read_log, state_path, versions
from rnnbook.training.session import draw_sample, train

__all__ = [
    "OPTIMIZERS",
    "PRESETS",
    "Preset",
    "Progress",
    "Run",
    "TrainingConfig",
    "check_length",
    "defaults_for",
    "draw_sample",
    "learning_rate_at",
    "log_path",
    "read_log",
    "state_path",
    "train",
    "versions",
    "with_settings",
]
