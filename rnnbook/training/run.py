"""What a training is, besides its network: all that a resume needs to know.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import json
import math
import platform
import secrets
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

import numpy as np

from rnnbook import __version__
from rnnbook.checkpoints import Storage
from rnnbook.checkpoints import header as headers
from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.training.config import TrainingConfig


@dataclass(frozen=True)
class Progress:
    """Where a training is. Losses are in nats per character."""

    step: int
    steps: int | None  # planned in all; None until the speed has been measured
    loss: float  # training loss, averaged over the last hundred steps or so
    learning_rate: float
    characters: int  # read so far
    seconds: float  # of training so far, resumed parts included
    validation_loss: float | None = None
    sample: str | None = None


@dataclass
class Run:
    """Everything about a training except the network. ``id`` is in each of its files."""

    model_config: ModelConfig
    config: TrainingConfig
    vocab: Vocab
    corpus: dict[str, object]
    command: str
    id: str = field(default_factory=lambda: secrets.token_hex(6))
    storage: Storage = "float32"
    replaces: str = ""  # the run whose finished checkpoint lies where this one's will
    parent: dict[str, Any] = field(default_factory=dict)  # the network that it goes on from
    ngram: dict[str, float] = field(default_factory=dict)  # order and loss
    step: int = 0  # when it was saved last
    steps: int | None = None
    loss: float | None = None
    first_loss: float | None = None
    best_validation: float = math.inf
    seconds: float = 0.0
    history: list[dict[str, Any]] = field(default_factory=list)

    def to_json(self) -> str:
        content = {**asdict(self), "vocab": list(self.vocab.chars)}
        content["best_validation"] = (
            None if math.isinf(self.best_validation) else (self.best_validation)
        )
        return json.dumps(content, sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> Run:
        content = headers.json_object(text)
        content["model_config"] = ModelConfig(**content["model_config"])
        config = content["config"]
        content["config"] = TrainingConfig(
            **{**config, "sample_steps": tuple(config["sample_steps"])}
        )
        content["vocab"] = Vocab(content["vocab"])
        if content["best_validation"] is None:
            content["best_validation"] = math.inf
        return cls(**content)

    def check_same(self, model_config: ModelConfig, config: TrainingConfig, storage: str) -> None:
        """Raise :class:`TrainingError` if this run has other settings than these; it names them."""
        if config.precision == "auto":  # settled when this run began
            config = replace(config, precision=self.config.precision)
        differ = [
            *differences(self.model_config, model_config),
            *differences(self.config, config),
            *([f"--storage {storage} (it has {self.storage})"] if storage != self.storage else []),
        ]
        if differ:
            raise TrainingError(
                f"the unfinished training cannot go on with {listed(differ)}: leave that "
                "out, or start another training with another --out"
            )


def differences(mine: Any, given: Any) -> list[str]:
    """The settings in which two configurations differ, as options: what is given, what is mine."""
    found = []
    for name in (item.name for item in fields(mine)):
        here, there = getattr(mine, name), getattr(given, name)
        if here != there:
            option = "--" + name.replace("_", "-")
            has = "none" if here is None or here == () else _shown(here)
            found.append(f"{option} {_shown(there)} (it has {has})")
    return found


def listed(parts: list[str]) -> str:
    """One thing, two with "and" between them, or more."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _shown(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, tuple) else str(value)


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from importlib.metadata import version

    return {
        "rnnbook": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": version("torch"),
    }
