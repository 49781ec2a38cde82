"""Forgetting: one unit's factor along a text, and what it leaves of each earlier character.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import traitlets

from rnnbook import checkpoints
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import TextError
from rnnbook.inspection import forgetting
from rnnbook.widgets import assets, portable
from rnnbook.widgets.figure import ModelFigure, load, sent

#: The figure reads at most so many characters.
LONGEST = 300


class Forgetting(ModelFigure):
    """What one unit of each network keeps, character by character, of what it held.

    ``models`` are one network or two, each as for :class:`Sampler`; ``units`` a unit of each.
    The traits ``text``, ``units`` and ``layer`` (from 0; a network with fewer layers shows its
    last) can be linked to other widgets.

    Raises :class:`TextError` for a network whose memory has no factor, or a text that is empty or
    longer than 300 characters, :class:`UnknownCharacterError` for a character that one of the
    networks cannot read, and :class:`traitlets.TraitError` for a unit or a layer that is not there.
    """

    _esm = assets.module("forgetting")
    _css = assets.style()
    _widget = "forgetting"
    _shared = ("name", "text", "units", "layer", "_networks", "_factors")

    units = traitlets.List(traitlets.Int()).tag(sync=True)
    layer = traitlets.Int(0).tag(sync=True)
    # each network: {"name", "kind", "units", "layers"}
    _networks = traitlets.List(traitlets.Dict()).tag(sync=True)
    _factors: traitlets.List[list[float]] = traitlets.List().tag(sync=True)  # (networks, T)

    def __init__(
        self,
        text: str,
        *,
        models: Sequence[str | os.PathLike[str] | Checkpoint] = ("shakespeare",),
        units: Sequence[int] | None = None,
        layer: int = 0,
    ):
        if not 1 <= len(models) <= 2:
            raise TextError("the figure shows one network, or two side by side")
        self._loaded = [load(model) for model in models]
        named = _names(models)
        networks: list[dict[str, Any]] = [
            {
                "name": name,
                "kind": found.config.kind,
                "units": found.config.hidden_size,
                "layers": found.config.num_layers,
            }
            for name, found in zip(named, self._loaded, strict=True)
        ]
        self._sizes = networks  # for the checks of what is set below
        super().__init__(models[0], self._loaded[0], _networks=networks)
        self._is_shipped = all(name in checkpoints.shipped() for name in named)
        self._weights = {
            name: sent(name, found) for name, found in zip(named, self._loaded, strict=True)
        }
        self.name = named[0]
        self.text, self.layer = text, layer
        self.units = [0] * len(models) if units is None else list(units)
        self._factors = [self._row(k) for k in range(len(models))]

    def _row(self, k: int) -> list[float]:
        """The factors (T,) of the chosen unit of one network."""
        network, found = self._networks[k], self._loaded[k]
        trace = found.model().trace(self.text)
        of_layer = min(self.layer, network["layers"] - 1)
        factors = forgetting.factors(network["kind"], trace.gates)[of_layer, :, self.units[k]]
        return [round(float(value), 3) for value in factors]

    def _brought(self) -> tuple[dict[str, Any], str]:
        networks, weights = [], []
        for network, found in zip(self._networks, self._loaded, strict=True):
            name, element = network["name"], ""
            if not (name in checkpoints.shipped() and portable.files_are_beside()):
                name, element = portable.network(found, name)
            networks.append({**network, "name": name})
            weights.append(element)
        return {"name": networks[0]["name"], "_networks": networks}, "".join(dict.fromkeys(weights))

    @traitlets.validate("text")
    def _valid_text(self, proposal: Any) -> str:
        text = str(proposal["value"])
        if not 1 <= len(text) <= LONGEST:
            raise TextError(f"the figure reads 1 to {LONGEST} characters, not {len(text):,}")
        for found in self._loaded:
            found.vocab.encode(text)
        return text

    @traitlets.validate("units")
    def _valid_units(self, proposal: Any) -> list[int]:
        units = proposal["value"]
        if len(units) != len(self._sizes):
            raise traitlets.TraitError(f"a unit of each network: {len(self._sizes)} numbers")
        for unit, network in zip(units, self._sizes, strict=True):
            if not 0 <= unit < network["units"]:
                raise traitlets.TraitError(
                    f"{network['name']} has units 0 to {network['units'] - 1}, no unit {unit}"
                )
        return list(units)

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: Any) -> int:
        most = max(network["layers"] for network in self._sizes) - 1
        if not 0 <= proposal["value"] <= most:
            raise traitlets.TraitError(f"there are layers 0 to {most}, no {proposal['value']}")
        return int(proposal["value"])

    def _still(self) -> str:
        lines = []
        for network, unit, row in zip(self._networks, self.units, self._factors, strict=True):
            lines += [f"{network['name']}, unit {unit}: what it keeps of what it held", ""]
            bars = {
                "text": "".join(map(_sign, self.text)),
                "kept": _bars(row),
                "left": _bars(forgetting.left(np.array(row))),
            }
            for start in range(0, len(self.text), _WIDE):
                lines += [f"{name}  {bar[start : start + _WIDE]}" for name, bar in bars.items()]
                lines.append("")
            half, tenth = (forgetting.reach(np.array(row), share) for share in (0.5, 0.1))
            lines += [f"Half is gone {_back(half)}, nine tenths {_back(tenth)}.", ""]
        return "\n".join(lines)


_WIDE = 40  # characters of a line, in the form without a browser


def _bars(values: Any) -> str:
    return "".join(" ▁▂▃▄▅▆▇█"[round(8 * min(1.0, max(0.0, value)))] for value in values)


def _back(count: int | None) -> str:
    return "nowhere in this text" if count is None else f"{count} characters before the end"


def _names(models: Sequence[str | os.PathLike[str] | Checkpoint]) -> list[str]:
    """A name for each network: that of a shipped one, or whose it is."""
    names: list[str] = []
    for model in models:
        if not isinstance(model, Checkpoint) and str(model) in checkpoints.shipped():
            names.append(str(model))
        else:
            names.append("of your own" if "of your own" not in names else "of your own, too")
    return names


def _sign(char: str) -> str:
    return {"\n": "⏎", " ": "␣", "\t": "⇥"}.get(char, char)
