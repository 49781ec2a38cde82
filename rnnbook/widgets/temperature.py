"""Two temperatures side by side: what happens to the distribution, and what to the text.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import traitlets

from rnnbook import sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets
from rnnbook.widgets.figure import WritingFigure, load


class Temperature(WritingFigure):
    """One network, one prompt and one seed at two temperatures.

    ``model`` is as for :class:`Sampler`. The traits ``prompt``, ``temperature`` (left),
    ``other`` (right), ``seed`` and ``length`` can be linked to other widgets.

    Raises as :class:`Sampler` does.
    """

    _esm = assets.module("temperature")
    _css = assets.style()
    _widget = "temperature"
    _shared = (
        "name", "prompt", "temperature", "other", "seed", "length", "_vocab", "_logits", "_texts"
    )  # fmt: skip

    temperature = traitlets.Float(0.5).tag(sync=True)
    other = traitlets.Float(1.2).tag(sync=True)
    _texts = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        *,
        prompt: str | None = None,
        temperatures: tuple[float, float] = (0.5, 1.2),
        seed: int = 0,
        length: int = 200,
    ):
        checkpoint = load(model)
        prompt = sampling.default_prompt(checkpoint.vocab) if prompt is None else prompt
        network = checkpoint.model()
        texts = [
            sampling.sample(
                network, prompt, length, temperature=value, rng=np.random.default_rng(seed)
            )
            for value in temperatures
        ]
        logits, _ = network.read(checkpoint.vocab.encode(prompt)[None], network.initial_state())
        super().__init__(
            model,
            checkpoint,
            prompt=prompt,
            temperature=temperatures[0],
            other=temperatures[1],
            seed=seed,
            length=length,
            _vocab=list(checkpoint.vocab.chars),
            _logits=[round(float(logit), 4) for logit in logits[0, -1]],
            _texts=texts,
        )

    @traitlets.validate("other")
    def _valid_other(self, proposal: Any) -> float:
        return self._valid_temperature(proposal)

    def _still(self) -> str:
        left, right = self._texts
        return f"Temperature {self.temperature}:\n{left}\n\nTemperature {self.other}:\n{right}"
