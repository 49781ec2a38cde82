"""Training: from a text to a checkpoint.

:func:`train` is a generator that yields :class:`Progress`. Settings are in
:mod:`~rnnbook.training.config`, files in :mod:`~rnnbook.training.outputs`, and what
computes gradients in :mod:`~rnnbook.training.trainer`: only that, ``muon`` and
``processes`` import torch, and nothing imports them before a training starts.

Taught in the chapters *A trained LSTM*, *Training for real* and *Watching it learn*.
"""

from rnnbook.training.config import (
    OPTIMIZERS,
    TrainingConfig,
    check_length,
    defaults_for,
    learning_rate_at,
    with_settings,
)
from rnnbook.training.continuing import Parent
from rnnbook.training.interrupts import Interrupts
from rnnbook.training.log import parse_line, read_log
from rnnbook.training.opening import open_session, train
from rnnbook.training.outputs import check_out, lock_path, log_path, read_state, state_path
from rnnbook.training.presets import PRESETS, Preset
from rnnbook.training.run import Progress, Run, versions
from rnnbook.training.session import Session
from rnnbook.training.story import draw_sample

__all__ = [
    "OPTIMIZERS",
    "PRESETS",
    "Interrupts",
    "Parent",
    "Preset",
    "Progress",
    "Run",
    "Session",
    "TrainingConfig",
    "check_length",
    "check_out",
    "defaults_for",
    "draw_sample",
    "learning_rate_at",
    "lock_path",
    "log_path",
    "open_session",
    "parse_line",
    "read_log",
    "read_state",
    "state_path",
    "train",
    "versions",
    "with_settings",
]
