"""What the dashboard knows: the settings, the model, and what was written so far."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import SamplingError
from rnnbook.language_model import State
from rnnbook.numpy_model import NumpyModel
from rnnbook.text import Ids

Array = NDArray[np.floating]

#: The longest text a visitor may ask for, in characters.
MAX_LENGTH = 1000
#: The longest prompt, in characters.
MAX_PROMPT = 500
#: Checkpoints of the reader's own, as paths with ``os.pathsep`` between them.
OWN_MODELS = "RNNBOOK_MODELS"


@dataclass(frozen=True)
class Settings:
    """What a visitor has chosen. Raises ``SamplingError`` for what is out of range."""

    model: str
    prompt: str
    temperature: float
    length: int
    seed: int

    def __post_init__(self) -> None:
        sampling.check_settings(self.temperature)
        sampling.check_length(self.length)
        sampling.check_seed(self.seed)
        if self.length > MAX_LENGTH or len(self.prompt) > MAX_PROMPT:
            raise SamplingError(
                f"here a text has at most {MAX_LENGTH} characters and a prompt {MAX_PROMPT}"
            )


def models() -> list[str]:
    """The reader's own checkpoints, if the launcher was given some, then the shipped ones."""
    own = os.environ.get(OWN_MODELS, "").split(os.pathsep)
    return list(dict.fromkeys([*filter(None, own), *checkpoints.shipped()]))


@lru_cache(maxsize=4)
def load(name: str) -> tuple[Checkpoint, NumpyModel]:
    """A shipped checkpoint and its network, kept for the next time."""
    checkpoint = checkpoints.load(name)
    return checkpoint, checkpoint.model()


@dataclass
class Writing:
    """One text in the making: the settings it began with, and what was drawn so far."""

    settings: Settings
    chars: list[str] = field(default_factory=list)
    surprise: list[float] = field(default_factory=list)  # nats, one a character
    probs: NDArray[np.float64] | None = None  # (V,), what the last character was drawn from
    hidden: list[Array] = field(default_factory=list)  # (H,) after each character read, top layer
    _state: State | None = None  # before the last character is read

    @property
    def text(self) -> str:
        return "".join(self.chars)

    @property
    def read(self) -> str:
        """The characters that :attr:`hidden` belongs to."""
        return (self.settings.prompt + self.text)[: len(self.hidden)]

    def draws(self) -> Iterator[str]:
        """Draw the characters; the same settings give the same ones.

        The prompt and the settings are checked before the first is drawn.
        """
        chosen = self.settings
        _, model = load(chosen.model)
        draws = sampling.generate(
            model,
            chosen.prompt,
            chosen.length,
            temperature=chosen.temperature,
            rng=np.random.default_rng(chosen.seed),
        )
        self.hidden = list(model.trace(chosen.prompt).hidden[-1])  # T times (H,)
        for draw in draws:
            if self.chars:
                self.hidden.append(draw.state["h"][-1, 0])
            self.chars.append(draw.char)
            self.surprise.append(draw.surprise)
            self.probs, self._state = draw.probs, draw.state
            yield draw.char

    def finish(self) -> Array:
        """Read the last character too. Returns the logits (V,) for what may come next."""
        _, model = load(self.settings.model)
        logits, state = model.step(model.vocab.encode(self.chars[-1]), self._state or {})
        self.hidden.append(state["h"][-1, 0])
        return logits[0]


def next_logits(name: str, read: str) -> Array:
    """Logits (V,) for the character after ``read``.

    Raises :class:`SamplingError` if nothing was read, and
    :class:`UnknownCharacterError` for characters that the model does not know.
    """
    if not read:
        raise SamplingError("the prompt is empty; give at least one character")
    _, model = load(name)
    logits, _ = model.read(model.vocab.encode(read)[None], model.initial_state())
    last: Array = logits[0, -1]
    return last


@lru_cache(maxsize=4)
def lively_units(name: str, number: int) -> Ids:
    """The units of the top layer that change most, by number.

    Measured on one text of the model's own, so that the rows of a heatmap stay the
    same units whatever is written.
    """
    _, model = load(name)
    start = "\n" if "\n" in model.vocab else model.vocab[0]
    text = sampling.sample(model, start, 200, rng=np.random.default_rng(0))
    spread = model.trace(text).hidden[-1].std(axis=0)  # (H,)
    return np.sort(np.argsort(-spread, kind="stable")[:number])


def label(name: str) -> str:
    """How a model is called in the list: ``Shakespeare (LSTM)``."""
    kind = load(name)[0].config.kind.upper()
    return f"{Path(name).stem.capitalize()} ({kind})"


def card(name: str) -> dict[str, str]:
    """What is known of a model: its corpus, its size, its loss and the n-gram's.

    Losses are in nats per character. What a checkpoint does not tell is left out.
    """
    checkpoint, _ = load(name)
    config, info = checkpoint.config, checkpoint.info
    corpus, ngram = info.get("corpus", {}), info.get("ngram", {})
    number = sum(weight.size for weight in checkpoint.weights.values())
    facts = {"Corpus": str(corpus.get("name", "not told"))}
    if "characters" in corpus:
        facts["Its characters"] = f"{corpus['characters']:,}"
    facts["Units"] = str(config.hidden_size)
    if config.num_layers > 1:
        facts["Units"] = f"{config.num_layers} layers of {config.hidden_size}"
    facts["Parameters"] = f"{info.get('parameters', number):,}"
    if "validation_loss" in info:
        facts["Loss (nats/character)"] = f"{info['validation_loss']:.3f}"
    if "loss" in ngram:
        facts[f"Loss of the {ngram.get('order', 'n')}-gram"] = f"{ngram['loss']:.3f}"
    return facts
