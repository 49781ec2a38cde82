"""The trainings behind the book's models, by name: ``rnnbook train --preset NAME``.

Every preset fixes its number of steps, so that a slow machine comes to the same
result, only later; on another processor the last digits of every sum differ. The
settings were chosen on a part of the training text that was held out from it, never
on the validation part.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rnnbook.recurrent import ModelConfig


@dataclass(frozen=True)
class Preset:
    """A corpus, a network, and what differs from the default settings of a training."""

    corpus: str
    network: ModelConfig
    settings: dict[str, Any] = field(default_factory=dict)
    storage: str = "float16"


_LSTM = ModelConfig("lstm", hidden_size=384)
_SMALL = ModelConfig("lstm", hidden_size=256)
_LARGE = ModelConfig("lstm", hidden_size=768)
_MIDDLE = ModelConfig("lstm", hidden_size=512)
_TINY = ModelConfig("lstm", hidden_size=128, embedding_size=32)
_LONG = {"batch_size": 128, "precision": "auto"}
_FIRST_STEPS = (100, 300, 500, 700, 1200, 2000)  # those that the post shows samples of

PRESETS = {
    "shakespeare": Preset("shakespeare", _LSTM, {"steps": 1600, "dropout": 0.1}),
    # twice the units, and several times as many characters read
    "shakespeare-large": Preset(
        "shakespeare", _LARGE, {"steps": 4500, "dropout": 0.3, **_LONG}, "int8"
    ),
    "war-and-peace-large": Preset(
        "war-and-peace", _LARGE, {"steps": 2200, "dropout": 0.3, **_LONG}, "int8"
    ),
    # two thirds more parameters than the small ones, and more characters read
    "c-large": Preset("c", _MIDDLE, {"steps": 800, "dropout": 0.4, **_LONG}, "int8"),
    "python-large": Preset("python", _MIDDLE, {"steps": 1000, "dropout": 0.1, **_LONG}, "int8"),
    "wikipedia-large": Preset(
        "wikipedia", _MIDDLE, {"steps": 1000, "dropout": 0.1, **_LONG}, "int8"
    ),
    # as many parameters as the LSTM, within two in a hundred
    "shakespeare-gru": Preset(
        "shakespeare", ModelConfig("gru", hidden_size=448), {"steps": 1600, "dropout": 0.1}
    ),
    "shakespeare-rnn": Preset(
        "shakespeare",
        ModelConfig("rnn", hidden_size=776),
        {"steps": 1600, "dropout": 0.1, "learning_rate": 0.01},
    ),
    "shakespeare-untrained": Preset("shakespeare", _LSTM, {"steps": 0}),
    "python": Preset("python", _LSTM, {"steps": 1300, "dropout": 0.1}),
    "c": Preset("c", _LSTM, {"steps": 700, "dropout": 0.3}),
    "wikipedia": Preset("wikipedia", _LSTM, {"steps": 1300, "dropout": 0.1}),
    "latex": Preset("latex", _LSTM, {"steps": 600, "dropout": 0.4}),
    "latex-formulas": Preset("latex-formulas", _SMALL, {"steps": 500, "dropout": 0.1}),
    "war-and-peace": Preset(
        "war-and-peace",
        _LSTM,
        {"steps": 2000, "dropout": 0.2, "sample_steps": _FIRST_STEPS},
    ),
    "sherlock": Preset("sherlock", _LSTM, {"steps": 1500, "dropout": 0.4}, "int8"),
    "names": Preset("names", _SMALL, {"steps": 700, "dropout": 0.3}),
    "music": Preset("music", _LSTM, {"steps": 700, "dropout": 0.3}),
    "hafez": Preset("hafez", _SMALL, {"steps": 1000, "dropout": 0.5}, "int8"),
    "king-james": Preset("king-james", _LSTM, {"steps": 2000, "dropout": 0.1}, "int8"),
    "numbers-de": Preset("numbers-de", _TINY, {"steps": 600, "dropout": 0.1}),
    "numbers-en": Preset("numbers-en", _TINY, {"steps": 600, "dropout": 0.1}),
    "numbers-fr": Preset("numbers-fr", _TINY, {"steps": 600, "dropout": 0.1}),
}
