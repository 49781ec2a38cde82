"""A cell at work: one unit of a trained LSTM or GRU, its numbers flowing through the drawing.

Taught in the chapter *Long memory*.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import traitlets

from rnnbook import checkpoints, drawings
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError, TextError
from rnnbook.recurrent import GATES
from rnnbook.widgets import assets, portable
from rnnbook.widgets.figure import ModelFigure, drawn, load, sent

#: The figure reads at most so many characters.
LONGEST = 200
#: What a cell does with one character, in the order of its drawing.
STAGES = {"lstm": drawings.LSTM_STAGES[1:], "gru": drawings.GRU_STAGES[1:]}


class Cell(ModelFigure):
    """One unit, one character and one step of its cell at a time, with the real numbers.

    ``models`` are the names of shipped networks, LSTMs or GRUs, among which the reader chooses,
    and ``units`` the unit of each that is shown first. The traits ``name``, ``text``, ``unit``,
    ``at`` (the character, from 0) and ``step`` (of the cell, from 0) can be linked to other
    widgets.

    Raises :class:`CheckpointError` for a model that is not shipped or has no gates,
    :class:`UnknownCharacterError` for a character that one of them cannot read,
    :class:`TextError` for an empty text or one of more than 200 characters, and
    :class:`traitlets.TraitError` for a unit, a character or a step that is not there.
    """

    _esm = assets.module("cell")
    _css = assets.style()
    _widget = "cell"
    _shared = ("name", "text", "unit", "at", "step", "layer", "_networks", "_drawings", "_values")

    unit = traitlets.Int(0).tag(sync=True)
    at = traitlets.Int(0).tag(sync=True)
    step = traitlets.Int(0).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)  # always the lowest: only that one reads characters
    # each network: its name, kind, number of units, and the unit that is shown first
    _networks: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    _drawings: traitlets.Dict[str, str] = traitlets.Dict().tag(sync=True)
    # a quantity of the first network's unit: its values (T,)
    _values: traitlets.Dict[str, list[float]] = traitlets.Dict().tag(sync=True)

    def __init__(
        self,
        text: str,
        *,
        models: tuple[str, ...] = ("shakespeare", "shakespeare-gru"),
        units: tuple[int, ...] = (0, 0),
        at: int = 0,
    ):
        loaded = {model: _with_gates(model) for model in models}
        self._loaded = loaded
        first = loaded[models[0]]
        super().__init__(
            models[0],
            first,
            _networks=[
                {"name": name, "kind": found.config.kind, "units": found.config.hidden_size,
                 "unit": unit}
                for (name, found), unit in zip(loaded.items(), units, strict=True)
            ],
            _drawings={
                kind: _drawing(kind).svg(live=True)
                for kind in dict.fromkeys(found.config.kind for found in loaded.values())
            },
        )  # fmt: skip
        self._weights = {name: sent(name, found) for name, found in loaded.items()}
        self.text, self.unit = text, units[0]
        self.at, self.step = at, len(STAGES[first.config.kind]) - 1
        self._values = _values_of(first, text, units[0])

    def _brought(self) -> tuple[dict[str, Any], str]:
        named = {name: portable.network(found, name) for name, found in self._loaded.items()}
        networks = [{**one, "name": named[one["name"]][0]} for one in self._networks]
        weights = "".join(weights for _, weights in named.values())
        return {"name": named[self.name][0], "_networks": networks}, weights

    def _network(self) -> dict[str, Any]:
        return next(one for one in self._networks if one["name"] == self.name)

    @traitlets.validate("name")
    def _valid_name(self, proposal: Any) -> str:
        known = [one["name"] for one in self._networks]
        if known and proposal["value"] not in known:
            raise CheckpointError(f"the figure offers {', '.join(known)}, no {proposal['value']!r}")
        return str(proposal["value"])

    @traitlets.validate("text")
    def _valid_text(self, proposal: Any) -> str:
        text = str(proposal["value"])
        if not 1 <= len(text) <= LONGEST:
            raise TextError(f"the figure reads 1 to {LONGEST} characters, not {len(text):,}")
        for checkpoint in self._loaded.values():
            checkpoint.vocab.encode(text)
        return text

    @traitlets.validate("unit", "at", "step")
    def _valid_place(self, proposal: Any) -> int:
        name, value = proposal["trait"].name, int(proposal["value"])
        network = self._network()
        count = {
            "unit": network["units"], "at": len(self.text), "step": len(STAGES[network["kind"]]),
        }[name]  # fmt: skip
        if not 0 <= value < count:
            raise traitlets.TraitError(f"{name} is 0 to {count - 1} here, not {value}")
        return value

    def _still_html(self) -> str:
        return drawn(_drawing(self._network()["kind"])) + super()._still_html()


def _with_gates(model: str) -> Checkpoint:
    if model not in checkpoints.shipped():
        raise CheckpointError(f"the figure shows shipped models; {model!r} is none")
    checkpoint = load(model)
    if checkpoint.config.kind not in STAGES:
        raise CheckpointError(f"{model!r} has no gates; take an LSTM or a GRU")
    return checkpoint


def _drawing(kind: str) -> drawings.Drawing:
    return (drawings.lstm if kind == "lstm" else drawings.gru)(live=True)


def _values_of(checkpoint: Checkpoint, text: str, unit: int) -> dict[str, list[float]]:
    """The gates, h and c of a unit of the lowest layer."""
    trace = checkpoint.model().trace(text)
    found = {name: trace.gates[name] for name in GATES[checkpoint.config.kind]}
    found["h"] = trace.hidden
    if trace.cell is not None:
        found["c"] = np.asarray(trace.cell)
    return {name: np.round(array[0, :, unit], 4).tolist() for name, array in found.items()}
