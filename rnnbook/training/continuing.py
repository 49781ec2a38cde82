"""Training a finished network further, on its own text or on another.

The network, and the symbols that it knows, are those of the checkpoint that it goes on
from. The learning rate warms up and falls again, the optimiser starts afresh, and what
is kept at the end is never worse on the validation part than what it began with.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from rnnbook.checkpoints import Checkpoint, load
from rnnbook.corpora import Corpus
from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.training.config import TrainingConfig, defaults_for
from rnnbook.training.run import differences, listed


@dataclass(frozen=True)
class Parent:
    """The finished network that a training goes on from."""

    name: str
    checkpoint: Checkpoint

    @classmethod
    def load(cls, name: str | os.PathLike[str]) -> Parent:
        """A checkpoint file, or a shipped model. Raises :class:`CheckpointError`."""
        return cls(Path(name).name, load(name))

    def describe(self) -> dict[str, Any]:
        """What the new checkpoint tells of it: name, run, losses, steps, corpus."""
        info = self.checkpoint.info
        return {
            "name": self.name,
            "run": info.get("run"),
            "validation_loss": info.get("validation_loss"),
            "steps": info.get("steps"),
            "corpus": self._corpus().get("name"),
        }

    def _corpus(self) -> Mapping[str, Any]:
        corpus = self.checkpoint.info.get("corpus")
        return corpus if isinstance(corpus, dict) else {}

    def has_read(self, corpus: Corpus) -> bool:
        """Whether it was trained on this very text."""
        return self._corpus().get("sha256") == corpus.sha256

    def defaults(self, corpus: Corpus, minutes: float | None = None) -> TrainingConfig:
        """On its own text, the settings that it was trained with; on another, those that suit it.

        The time is the usual one, and the steps that it already made count for nothing.
        """
        config = defaults_for(len(corpus.text), minutes, len(self.checkpoint.vocab))[1]
        told = self.checkpoint.info.get("training")
        if not self.has_read(corpus) or not isinstance(told, dict):
            return config
        names = {item.name for item in fields(config)} - {"minutes", "steps", "sample_steps"}
        try:
            return replace(config, **{name: told[name] for name in names & told.keys()})
        except (TypeError, TrainingError):  # not what this package writes
            return config

    def check(self, corpus: Corpus, model_config: ModelConfig, config: TrainingConfig) -> None:
        """Raise :class:`TrainingError` for another network, or a text that it cannot go on with."""
        if differ := differences(self.checkpoint.config, model_config):
            raise TrainingError(
                f"{self.name} cannot go on with {listed(differ)}: a network keeps its size; "
                "leave that out, or train a new one without --continue-from"
            )
        if unknown := self.checkpoint.vocab.unknown(corpus.text):
            shown = " ".join(repr(char) for char in unknown[:8])
            more = f" and {len(unknown) - 8} more" if len(unknown) > 8 else ""
            raise TrainingError(
                f"{corpus.name} has {len(unknown)} symbols that {self.name} does not know: "
                f"{shown}{more}; replace them in the text, or train a new network without "
                "--continue-from"
            )
        self._check_split(corpus, config)

    def _check_split(self, corpus: Corpus, config: TrainingConfig) -> None:
        """What it was trained on must not become what it is validated on."""
        told = self.checkpoint.info.get("training")
        before = told.get("validation_fraction") if isinstance(told, dict) else None
        if not self.has_read(corpus) or not isinstance(before, float):
            return
        if config.validation_fraction > before:
            raise TrainingError(
                f"{self.name} was trained on all but the last {before:g} of {corpus.name}, so "
                f"--validation-fraction can be at most {before:g} here"
            )
