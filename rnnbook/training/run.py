"""What a training is, and its files: the state to resume from, and the log.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

import json
import math
import os
import platform
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from rnnbook import __version__
from rnnbook.errors import CheckpointError
from rnnbook.files import write_atomically
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
    """Everything about a training except the network: what a resume needs to know."""

    model_config: ModelConfig
    config: TrainingConfig
    vocab: Vocab
    corpus: dict[str, object]
    command: str
    ngram: dict[str, float] = field(default_factory=dict)  # order and loss
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
        content = json.loads(text)
        content["model_config"] = ModelConfig(**content["model_config"])
        config = content["config"]
        content["config"] = TrainingConfig(
            **{**config, "sample_steps": tuple(config["sample_steps"])}
        )
        content["vocab"] = Vocab(content["vocab"])
        if content["best_validation"] is None:
            content["best_validation"] = math.inf
        return cls(**content)


def state_path(out: str | os.PathLike[str]) -> Path:
    """Where an unfinished training to ``out`` keeps what it needs to go on."""
    return Path(out).with_suffix(".training.safetensors")


def log_path(out: str | os.PathLike[str]) -> Path:
    """Where a training to ``out`` logs its progress, a JSON object a line."""
    return Path(out).with_suffix(".log.jsonl")


def read_state(path: Path) -> tuple[str, dict[str, NDArray[Any]]]:
    """The run as JSON and the arrays of an unfinished training.

    Raises :class:`CheckpointError` if the file is not one.
    """
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            return file.metadata()["rnnbook-training"], arrays
    except (SafetensorError, OSError, KeyError, TypeError) as error:
        raise CheckpointError(f"{path} is not an unfinished training of rnnbook") from error


def versions() -> dict[str, str]:
    """The versions that a result depends on."""
    from importlib.metadata import version

    return {
        "rnnbook": __version__,
        "python": platform.python_version(),
        "numpy": np.__version__,
        "torch": version("torch"),
    }


def read_log(path: str | os.PathLike[str]) -> list[Progress]:
    """The progress that a training logged."""
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    return [Progress(**json.loads(line)) for line in lines]


def restore_log(path: Path, step: int, history: list[dict[str, Any]]) -> None:
    """The log as it was at the step that a training resumes from.

    What was logged later is dropped. A validation that was saved, and not yet logged when
    the process was killed, is put back.
    """
    logged = []
    if path.exists():
        logged = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    kept = {entry["step"]: entry for entry in [*history, *logged] if 0 < entry["step"] <= step}
    if kept or path.exists():
        text = "".join(json.dumps(kept[at]) + "\n" for at in sorted(kept))
        write_atomically(path, lambda temporary: _write(temporary, text.encode()))


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)
