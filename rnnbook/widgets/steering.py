"""Steering: a slider holds a unit while the network writes.

Taught in the chapter *Looking inside*.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from rnnbook import sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError, TextError
from rnnbook.inspection.steering import held_at, quotations, spread, write_held
from rnnbook.recurrent import LINEAR
from rnnbook.widgets import assets
from rnnbook.widgets.figure import WritingFigure, load

#: The largest dose, in standard deviations.
STRONGEST = 6


class Steering(WritingFigure):
    """One network, one prompt and one seed, left alone and with a unit held.

    ``units`` says by name which units can be held, and with which sign, as
    :func:`rnnbook.inspection.find_unit` finds both; a positive dose pushes a unit that way. Its
    mean and its standard deviation are taken on ``text``. ``model`` is as for :class:`Sampler`.
    The traits ``prompt``, ``which`` (the place of the unit in ``units``), ``dose``,
    ``temperature``, ``seed`` and ``length`` can be linked to other widgets.

    Raises as :class:`Sampler` does, :class:`TextError` without a unit, for one that is not there
    and for an empty text, :class:`CheckpointError` for a linear recurrence, whose units cannot be
    held, and :class:`traitlets.TraitError` for a dose or a place that is not there.
    """

    _esm = assets.module("steering")
    _css = assets.style()
    _widget = "steering"
    _shared = (
        "name", "prompt", "temperature", "which", "dose", "seed", "length", "_strongest", "_held",
        "_texts",
    )  # fmt: skip

    which = traitlets.Int(0).tag(sync=True)
    dose = traitlets.Float(4.0).tag(sync=True)
    _strongest = traitlets.Int(STRONGEST).tag(sync=True)
    # {"name", "layer", "column", "sign", "values": by state [mean, standard deviation]}
    _held = traitlets.List(traitlets.Dict()).tag(sync=True)
    _texts = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint,
        units: Mapping[str, tuple[int, int]],
        text: str,
        *,
        prompt: str | None = None,
        dose: float = 4.0,
        temperature: float = 0.8,
        seed: int = 0,
        length: int = 300,
    ):
        checkpoint = load(model)
        config = checkpoint.config
        if config.kind in LINEAR:
            raise CheckpointError("the figure holds units of an RNN, a GRU or an LSTM")
        if not units or not text:
            raise TextError("name one unit at least, and a text on which it is measured")
        count = config.num_layers * config.hidden_size
        for name, (unit, _) in units.items():
            if not 0 <= unit < count:
                raise TextError(f"{name}: there are units 0 to {count - 1}, no unit {unit}")
        prompt = sampling.default_prompt(checkpoint.vocab) if prompt is None else prompt
        network = checkpoint.model().in_double()  # as the page computes
        trace = network.trace(text)
        super().__init__(
            model, checkpoint, prompt=prompt, temperature=temperature, seed=seed, length=length,
            _vocab=list(checkpoint.vocab.chars),
            _held=[
                {"name": name, "layer": unit // config.hidden_size,
                 "column": unit % config.hidden_size, "sign": int(sign),
                 "values": {name: list(two) for name, two in spread(trace, unit).items()}}
                for name, (unit, sign) in units.items()
            ],
        )  # fmt: skip
        self.dose = dose
        unit, sign = next(iter(units.values()))
        at = held_at(trace, unit, sign * dose)
        self._texts = [
            write_held(
                network, [prompt], length, unit=unit, at=values, temperature=temperature,
                rng=np.random.default_rng(seed),
            )[0]
            for values in (None, at)
        ]  # fmt: skip

    @traitlets.validate("dose")
    def _valid_dose(self, proposal: Any) -> float:
        if not -STRONGEST <= proposal["value"] <= STRONGEST:
            raise traitlets.TraitError(
                f"a dose is {-STRONGEST} to {STRONGEST} standard deviations, "
                f"not {proposal['value']}"
            )
        return float(proposal["value"])

    @traitlets.validate("which")
    def _valid_which(self, proposal: Any) -> int:
        if not 0 <= proposal["value"] < len(self._held):
            raise traitlets.TraitError(
                f"there are units 0 to {len(self._held) - 1} to hold, no {proposal['value']}"
            )
        return int(proposal["value"])

    def marks(self) -> list[dict[str, float]]:
        """Quotation marks opened and closed per 1,000 characters, left alone and held."""
        return [quotations([self.prompt], [text]) for text in self._texts]

    def _still(self) -> str:
        alone, held = self._texts
        name = self._held[self.which]["name"]
        return f"Left alone:\n{alone}\n\nHeld, {name}, dose {self.dose:+g}:\n{held}"
