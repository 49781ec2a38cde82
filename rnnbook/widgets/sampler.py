"""The sampler: the one live figure that every chapter can use.

Taught with in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import json
import os
from html import escape
from typing import Any

import anywidget
import numpy as np
import traitlets

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError
from rnnbook.widgets import assets

#: The figure's sliders end here, in characters.
MAX_LENGTH = 1000
_SHARED = ("name", "prompt", "temperature", "length", "seed", "text")


class Sampler(anywidget.AnyWidget):
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

    name = traitlets.Unicode(read_only=True).tag(sync=True)
    prompt = traitlets.Unicode("\n").tag(sync=True)
    temperature = traitlets.Float(0.8).tag(sync=True)
    length = traitlets.Int(300).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    _vocab = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _logits = traitlets.List(traitlets.Float()).tag(sync=True)
    _surprise = traitlets.List(traitlets.Float()).tag(sync=True)
    _weights = traitlets.Bytes(b"").tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        *,
        prompt: str = "\n",
        temperature: float = 0.8,
        length: int = 300,
        seed: int = 0,
    ):
        is_checkpoint = isinstance(model, Checkpoint)
        checkpoint = model if isinstance(model, Checkpoint) else checkpoints.load(model)
        self._is_shipped = not is_checkpoint and str(model) in checkpoints.shipped()
        network = checkpoint.model()
        draws = list(
            sampling.generate(
                network, prompt, length, temperature=temperature, rng=np.random.default_rng(seed)
            )
        )
        logits, _ = network.read(checkpoint.vocab.encode(prompt)[None], network.initial_state())
        super().__init__(
            prompt=prompt,
            temperature=temperature,
            length=length,
            seed=seed,
            text="".join(draw.char for draw in draws),
            _vocab=list(checkpoint.vocab.chars),
            _logits=[round(float(logit), 4) for logit in logits[0, -1]],
            _surprise=[round(draw.surprise, 2) for draw in draws],
            _weights=checkpoint.to_bytes("float16"),
        )
        self.set_trait("name", str(model) if self._is_shipped else "of your own")

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

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget for a front end with a kernel, and its static form for a page without."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        if self._is_shipped:
            data = {**data, "text/html": self.static_html()}
        return data, metadata

    def static_html(self) -> str:
        """The figure as it stands in a page: its first picture, and its state for ``boot.js``.

        Raises :class:`CheckpointError` for a model that is not shipped: a page could
        not find its weights.
        """
        if not self._is_shipped:
            raise CheckpointError("only a shipped model can live in a page without a kernel")
        state = {name: getattr(self, name) for name in _SHARED}
        state |= {"_vocab": self._vocab, "_logits": self._logits, "_surprise": self._surprise}
        picture = escape(self.prompt.lstrip("\n") + self.text)
        return (
            '<div class="rnnbook-figure" data-widget="sampler" '
            f'data-state="{escape(json.dumps(state))}">'
            f'<div class="rnnbook-still"><pre class="rnnbook-text">{picture}</pre></div></div>'
        )
