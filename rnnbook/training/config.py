"""How to train: the settings, what suits a text, the learning rate at every step.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from rnnbook.errors import TextError, TrainingError
from rnnbook.recurrent import LINEAR, Kind, ModelConfig

OPTIMIZERS = ("muon", "adamw", "rmsprop", "adagrad", "sgd")
PRECISIONS = ("auto", "float32", "bfloat16")


@dataclass(frozen=True)
class TrainingConfig:
    """How to train. Every field can be set from the command line.

    Raises :class:`TrainingError` on values that cannot be.
    """

    minutes: float | None = 4.5  # the whole command ends by then; planned at step 25
    steps: int | None = None  # or a number of steps, the same on every machine; 0: untrained
    batch_size: int = 64  # B, contiguous streams side by side
    seq_len: int = 64  # T, how far gradients flow back
    learning_rate: float = 2e-2  # the peak, after the warm-up
    final_learning_rate: float = 0.02  # of the peak, where the cosine ends
    warmup_steps: int = 50
    optimizer: str = "muon"  # muon, adamw, rmsprop, adagrad or sgd
    weight_decay: float = 0.05  # on matrices only, not on biases
    clip: float = 1.0  # largest norm of the gradient
    dropout: float = 0.25
    embedding_dropout: float = 0.0  # share of symbols that a window cannot tell apart
    weight_dropout: float = 0.0  # share of W_hh's entries that a window goes without
    reset: float = 0.02  # chance that a stream starts a window with an empty state
    average: float = 0.99  # decay of the exponential moving average of the weights
    validation_fraction: float = 0.1
    validations: int = 12  # how often the validation loss is measured on the way
    sample_steps: tuple[int, ...] = ()  # further steps at which to keep a sample
    precision: str = "float32"  # of the factors of products; auto: what is faster here
    seed: int = 0

    def __post_init__(self) -> None:
        rules = {
            "minutes": self.minutes is None or 0 < self.minutes < math.inf,
            "steps": self.steps is None or self.steps >= 0,
            "batch_size": self.batch_size >= 1,
            "seq_len": self.seq_len >= 1,
            "learning_rate": 0 < self.learning_rate < math.inf,
            "final_learning_rate": 0 <= self.final_learning_rate <= 1,
            "warmup_steps": self.warmup_steps >= 0,
            "optimizer": self.optimizer in OPTIMIZERS,
            "weight_decay": 0 <= self.weight_decay < math.inf,
            "clip": self.clip > 0,
            "dropout": 0 <= self.dropout < 1,
            "embedding_dropout": 0 <= self.embedding_dropout < 1,
            "weight_dropout": 0 <= self.weight_dropout < 1,
            "reset": 0 <= self.reset <= 1,
            "average": 0 <= self.average < 1,
            "validation_fraction": 0 < self.validation_fraction < 1,
            "validations": self.validations >= 1,
            "precision": self.precision in PRECISIONS,
            "seed": self.seed >= 0,
        }
        for name, holds in rules.items():
            if not holds:
                raise TrainingError(f"{name} cannot be {getattr(self, name)!r}")
        if self.minutes is None and self.steps is None:
            raise TrainingError("give the training a number of minutes or of steps")


#: The most logits, B T V, that a step computes by default.
_MOST_LOGITS = 2**24
#: Characters a second that a plan of the defaults reckons with: two cores, 384 units.
_TYPICAL_SPEED = 20_000


def defaults_for(
    num_characters: int,
    minutes: float | None = None,
    num_symbols: int = 100,
    kind: Kind = "lstm",
) -> tuple[ModelConfig, TrainingConfig]:
    """A network and settings that suit a text of this many characters, and a time.

    The rule of thumb for the size is a parameter a character (char-rnn's advice).
    The more often the text will be read in the time, the more dropout it takes
    not to learn it by heart. Thousands of symbols (V) make the weights to and from them
    many and a step slow: then the network and the batch are smaller.
    """
    minutes = TrainingConfig().minutes if minutes is None else minutes
    passes = 60 * (minutes or 0) * _TYPICAL_SPEED / max(1, num_characters)
    hidden_size = 128 if num_characters < 60_000 else 256 if num_characters < 400_000 else 384
    while hidden_size > 128 and num_symbols * (hidden_size + 64) > num_characters:
        hidden_size = {384: 256, 256: 128}[hidden_size]
    dropout = 0.1 if passes < 2 else 0.3 if passes < 8 else 0.4 if passes < 20 else 0.5
    seq_len = min(64, max(8, num_characters // 64))
    batch_size = min(64, max(1, num_characters // (4 * seq_len)))
    batch_size = min(batch_size, max(8, _MOST_LOGITS // (seq_len * num_symbols)))
    config = TrainingConfig(
        seq_len=seq_len, batch_size=batch_size, dropout=dropout, precision="auto"
    )
    # a recurrence whose gates do not read its state needs another one above it
    return ModelConfig(kind, hidden_size, 2 if kind in LINEAR else 1, 64), config


def learning_rate_at(step: int, steps: int | None, config: TrainingConfig) -> float:
    """The rate for the step after ``step``: linear warm-up, then half a cosine.

    Until the number of steps is planned, the rate warms up and stays.
    """
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    if steps is None:
        return config.learning_rate
    done = (step - config.warmup_steps) / max(1, steps - config.warmup_steps)
    cosine = 0.5 + 0.5 * math.cos(math.pi * min(1.0, done))
    share = config.final_learning_rate + (1 - config.final_learning_rate) * cosine
    return config.learning_rate * share


def check_length(num_train: int, num_validation: int, config: TrainingConfig) -> None:
    """Raise :class:`TextError` if a text is too short for these settings."""
    needed = max(config.seq_len + 1, 2 * config.batch_size)
    if num_train < needed or num_validation < 2:
        raise TextError(
            f"the text is too short: {num_train} characters are left to train on and "
            f"{num_validation} to validate on, but a sequence of {config.seq_len} in a batch "
            f"of {config.batch_size} needs {needed}; add text, or lower --seq-len or --batch-size"
        )


def with_settings(config, **settings):
    """A copy of a configuration with the settings that are not None."""
    return replace(config, **{name: value for name, value in settings.items() if value is not None})
