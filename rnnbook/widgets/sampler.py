"""The sampler: the one live figure that every chapter can use.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError
from rnnbook.text import Vocab
from rnnbook.widgets import assets
from rnnbook.widgets.figure import WritingFigure, load, sent

#: The figure's sliders end here, in characters.
MAX_LENGTH = 1000


class Sampler(WritingFigure):
    """A network that writes while the reader moves its temperature.

    ``model`` is the name of a shipped checkpoint, the path of another, or a
    :class:`Checkpoint`. The network runs in JavaScript: in JupyterLab, in Voila, and
    in the built page, where no kernel is. The traits ``prompt``, ``temperature``,
    ``length``, ``seed``, ``top_k``, ``top_p`` and ``text`` can be linked to other widgets;
    ``top_k`` and ``top_p`` stand folded in the panel, and ``None`` leaves one out. The same seed
    gives the text that :func:`rnnbook.sampling.sample` gives, unless a draw is so close
    that rounding decides it.

    Raises :class:`SamplingError` for a setting out of range,
    :class:`UnknownCharacterError` for a prompt that the network cannot read, and
    :class:`CheckpointError` if there is no such model.
    """

    _esm = assets.module("sampler")
    _css = assets.style()

    _widget = "sampler"
    _shared = (
        "name", "prompt", "temperature", "length", "seed", "top_k", "top_p", "text",
        "_models", "_vocab", "_logits", "_surprise", "_guesses",
    )  # fmt: skip

    top_k = traitlets.Int(None, allow_none=True).tag(sync=True)
    top_p = traitlets.Float(None, allow_none=True).tag(sync=True)
    running = traitlets.Bool(False).tag(sync=True)
    _surprise = traitlets.List(traitlets.Float()).tag(sync=True)
    _models = traitlets.List(traitlets.Unicode()).tag(sync=True)
    # a character: the likeliest five there, as one text, and their percentages
    _guesses: traitlets.List[list[Any]] = traitlets.List().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        *,
        prompt: str | None = None,
        temperature: float = 0.8,
        length: int = 300,
        seed: int = 0,
        top_k: int | None = None,
        top_p: float | None = None,
        models: Sequence[str] = (),
    ):
        checkpoint = load(model)
        prompt = sampling.default_prompt(checkpoint.vocab) if prompt is None else prompt
        network = checkpoint.model()
        draws = list(
            sampling.generate(
                network,
                prompt,
                length,
                temperature=temperature,
                top_k=top_k,
                top_p=top_p,
                rng=np.random.default_rng(seed),
            )
        )
        text = "".join(draw.char for draw in draws)
        trace = network.trace(prompt + text)
        probs = trace.probs[len(prompt) - 1 :]  # (T + 1, V), before each character
        super().__init__(
            model,
            checkpoint,
            prompt=prompt,
            temperature=temperature,
            length=length,
            seed=seed,
            top_k=top_k,
            top_p=top_p,
            text=text,
            _models=list(dict.fromkeys([str(model), *models])) if models else [],
            _vocab=list(checkpoint.vocab.chars),
            _logits=[round(float(logit), 4) for logit in np.log(probs[0])],
            _surprise=[round(draw.surprise, 2) for draw in draws],
            _guesses=[likeliest(row, checkpoint.vocab) for row in probs[: len(text)]],
        )

    def _brought(self) -> tuple[dict[str, Any], str]:
        changes, weights = super()._brought()
        return {**changes, "_models": []}, weights  # of the others nothing is brought

    @traitlets.validate("top_k")
    def _valid_top_k(self, proposal: Any) -> int | None:
        sampling.check_settings(self.temperature, top_k=proposal["value"])
        return None if proposal["value"] is None else int(proposal["value"])

    @traitlets.validate("top_p")
    def _valid_top_p(self, proposal: Any) -> float | None:
        sampling.check_settings(self.temperature, top_p=proposal["value"])
        return None if proposal["value"] is None else float(proposal["value"])

    @traitlets.validate("_models")
    def _valid_models(self, proposal: Any) -> list[str]:
        unknown = set(proposal["value"]) - set(checkpoints.shipped())
        if unknown:
            raise CheckpointError(f"a reader can choose among shipped models only, not {unknown}")
        return list(proposal["value"])

    @traitlets.validate("name")
    def _valid_name(self, proposal: Any) -> str:
        name = str(proposal["value"])
        if name != self.name and self.name and name not in self._models:
            raise CheckpointError(f"the figure offers {', '.join(self._models)}, no {name!r}")
        return name

    @traitlets.observe("name")
    def _fetch(self, change: Any) -> None:
        """Another model was chosen: send its weights."""
        if change["old"]:
            checkpoint = checkpoints.load(change["new"])
            with self.hold_sync():
                self._weights = {change["new"]: sent(change["new"], checkpoint)}
                self._vocab = list(checkpoint.vocab.chars)

    def _still(self) -> str:
        return self.prompt.lstrip("\n") + self.text


def likeliest(probs: NDArray[np.floating], vocab: Vocab) -> list[Any]:
    """The five likeliest characters of probs (V,) as one text, and their chances in percent."""
    order = np.argsort(-probs, kind="stable")[:5]
    chances = [round(100 * float(probs[i])) for i in order]
    return ["".join(vocab[int(i)] for i in order), chances]
