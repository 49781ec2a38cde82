"""The sampler: the one live figure that every chapter can use.

Taught with in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import traitlets

from rnnbook import sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets
from rnnbook.widgets.figure import LiveFigure, load

#: The figure's sliders end here, in characters.
MAX_LENGTH = 1000


class Sampler(LiveFigure):
    """A network that writes while the reader moves its temperature.

    ``model`` is the name of a shipped checkpoint, the path of another, or a
    :class:`Checkpoint`. The network runs in JavaScript: in JupyterLab, in Voila, and
    in the built page, where no kernel is. The traits ``prompt``, ``temperature``,
    ``length``, ``seed`` and ``text`` can be linked to other widgets. The same seed
    gives the text that :func:`rnnbook.sampling.sample` gives.

    Raises :class:`SamplingError` for a setting out of range,
    :class:`UnknownCharacterError` for a prompt that the network cannot read, and
    :class:`CheckpointError` if there is no such model.
    """

    _esm = assets.module("sampler")
    _css = assets.style()

    _widget = "sampler"
    _shared = ("prompt", "temperature", "length", "seed", "text", "_vocab", "_logits", "_surprise")

    prompt = traitlets.Unicode("\n").tag(sync=True)
    temperature = traitlets.Float(0.8).tag(sync=True)
    length = traitlets.Int(300).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    _vocab = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _logits = traitlets.List(traitlets.Float()).tag(sync=True)
    _surprise = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        *,
        prompt: str = "\n",
        temperature: float = 0.8,
        length: int = 300,
        seed: int = 0,
    ):
        checkpoint = load(model)
        network = checkpoint.model()
        draws = list(
            sampling.generate(
                network, prompt, length, temperature=temperature, rng=np.random.default_rng(seed)
            )
        )
        logits, _ = network.read(checkpoint.vocab.encode(prompt)[None], network.initial_state())
        super().__init__(
            model,
            checkpoint,
            prompt=prompt,
            temperature=temperature,
            length=length,
            seed=seed,
            text="".join(draw.char for draw in draws),
            _vocab=list(checkpoint.vocab.chars),
            _logits=[round(float(logit), 4) for logit in logits[0, -1]],
            _surprise=[round(draw.surprise, 2) for draw in draws],
        )

    @traitlets.validate("temperature")
    def _valid_temperature(self, proposal: Any) -> float:
        sampling.check_settings(proposal["value"])
        return float(proposal["value"])

    @traitlets.validate("length")
    def _valid_length(self, proposal: Any) -> int:
        sampling.check_length(proposal["value"])
        return int(proposal["value"])

    @traitlets.validate("seed")
    def _valid_seed(self, proposal: Any) -> int:
        sampling.check_seed(proposal["value"])
        return int(proposal["value"])

    def _still(self) -> str:
        return self.prompt.lstrip("\n") + self.text
