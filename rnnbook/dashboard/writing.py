"""One text in the making: what was drawn so far, and what the network thought."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from rnnbook import sampling
from rnnbook.dashboard import models
from rnnbook.dashboard.settings import MAX_TOTAL, Settings
from rnnbook.errors import SamplingError
from rnnbook.language_model import LanguageModel, State

Array = NDArray[np.floating]


@dataclass
class Writing:
    """A text: the settings it began with, and what was drawn so far.

    In one engine the same settings give the same text, at once or by going on; see
    :mod:`rnnbook.sampling` for what a seed promises beyond that.
    """

    settings: Settings
    chars: list[str] = field(default_factory=list)
    surprise: list[float] = field(default_factory=list)  # nats, one a character
    probs: NDArray[np.float64] | None = None  # (V,), what the last character was drawn from
    hidden: list[Array] = field(default_factory=list)  # (H,) after each character read, top layer
    logits: Array | None = None  # (V,), for the character after the last, once it is read
    _state: State | None = None  # before the last character is read

    def __post_init__(self) -> None:
        self._rng = np.random.default_rng(self.settings.seed)

    @property
    def text(self) -> str:
        return "".join(self.chars)

    @property
    def read(self) -> str:
        """The characters that :attr:`hidden` belongs to."""
        return (self.settings.prompt + self.text)[: len(self.hidden)]

    @property
    def _model(self) -> LanguageModel:
        return models.engine(self.settings.model, self.settings.engine)

    def draws(self) -> Iterator[str]:
        """Draw the characters, as many as the settings say.

        The prompt and the settings are checked at the call, before the first is drawn.
        """
        chosen = self.settings
        draws = self._generate(chosen.prompt, chosen.length, None)
        trace = models.load(chosen.model)[1].trace(chosen.prompt)
        self.hidden = list(trace.hidden[-1])  # T times (H,)
        return self._note(draws)

    def more(self, length: int) -> Iterator[str]:
        """Go on from where the text stands, as if it had never ended.

        Raises :class:`SamplingError` if the text would grow too long.
        """
        if len(self.chars) + length > MAX_TOTAL:
            raise SamplingError(f"a text has at most {MAX_TOTAL:,} characters here; begin another")
        if self.logits is None:
            self.finish()
        self.logits = None
        return self._note(self._generate(self.chars[-1], length, self._state))

    def _generate(self, prompt: str, length: int, state: State | None) -> Iterator[sampling.Draw]:
        chosen = self.settings
        return sampling.generate(
            self._model,
            prompt,
            length,
            temperature=chosen.temperature,
            top_k=chosen.top_k,
            top_p=chosen.top_p,
            rng=self._rng,
            state=state,
        )

    def _note(self, draws: Iterator[sampling.Draw]) -> Iterator[str]:
        for draw in draws:
            if len(self.read) < len(self.settings.prompt) + len(self.chars):
                self.hidden.append(_top(draw.state))
            self.chars.append(draw.char)
            self.surprise.append(draw.surprise)
            self.probs, self._state = draw.probs, draw.state
            yield draw.char

    def finish(self) -> Array:
        """Read the last character too. Returns the logits (V,) for what may come next."""
        if self.logits is None:
            logits, state = self._model.step(
                self._model.vocab.encode(self.chars[-1]), self._state or {}
            )
            self.hidden.append(_top(state))
            self.logits = np.asarray(logits[0])
        return self.logits


def _top(state: State) -> Array:
    """The top layer's hidden vector (H,) as an array, whatever the engine."""
    return np.asarray(state["h"][-1, 0])
