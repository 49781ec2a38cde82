"""Find the unit: which one follows a property of the text, and how much of that is chance.

Taught in the chapter *Looking inside*.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import traitlets
from numpy.typing import NDArray

from rnnbook import inspection, numpy_networks, recurrent
from rnnbook.checkpoints import Checkpoint
from rnnbook.widgets import assets
from rnnbook.widgets.figure import ReadingFigure, load, values_of

#: The figure reads at most so many characters.
LONGEST = 1500
_SHOWN = 8


class UnitFinder(ReadingFigure):
    """The units of a network, ranked by how well they follow a property of a text.

    ``property`` is a name in ``inspection.PROPERTIES`` or ``inspection.COUNTS``;
    ``pattern`` is a regular expression instead. ``quantity`` is as for :class:`Reader`.
    Beside the units stands the best one of a network with random weights.

    Raises as :class:`Reader` does, :class:`traitlets.TraitError` for a property that
    is not there, and :class:`TextError` where a property holds everywhere or nowhere.
    """

    _esm = assets.module("unit_finder")
    _css = assets.style()
    _widget = "unit_finder"
    _longest = LONGEST
    _shared = (
        "name", "text", "property", "pattern", "quantity", "_kind", "_units", "_layers",
        "_labels", "_values", "_ranked", "_untrained", "_counts",
    )  # fmt: skip

    property = traitlets.Unicode("").tag(sync=True)
    pattern = traitlets.Unicode("").tag(sync=True)
    quantity = traitlets.Unicode("c").tag(sync=True)
    _labels = traitlets.List(traitlets.Int()).tag(sync=True)
    _values = traitlets.List(traitlets.Float()).tag(sync=True)
    _ranked: traitlets.List[dict[str, Any]] = traitlets.List().tag(sync=True)
    _untrained = traitlets.Float().tag(sync=True)
    _counts = traitlets.Bool().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint = "shakespeare",
        text: str = "",
        *,
        property: str = "late in the line",
        pattern: str = "",
        quantity: str = "c",
    ):
        checkpoint = load(model)
        super().__init__(model, checkpoint, text)
        self.property, self.pattern, self.quantity = "" if pattern else property, pattern, quantity
        labels = self._compute_labels()
        network = checkpoint.model()
        trained = values_of(network.trace(text), quantity, 0)
        weights = recurrent.untrained_weights(
            checkpoint.config, len(checkpoint.vocab), np.random.default_rng(0)
        )
        random = numpy_networks.network(checkpoint.vocab, checkpoint.config, weights)
        ranked = inspection.rank_units(trained, labels)
        untrained = inspection.rank_units(values_of(random.trace(text), quantity, 0), labels)[0]
        self._labels = [int(label) for label in labels]
        self._counts = bool(labels.max() > 1)
        self._values = [round(float(value), 2) for value in trained[:, ranked[0].unit]]
        self._ranked = [
            {"unit": found.unit, "sign": found.sign, "score": round(found.score, 4)}
            for found in ranked[:_SHOWN]
        ]
        self._untrained = round(untrained.score, 4)

    def _compute_labels(self) -> NDArray[Any]:
        if self.pattern:
            return inspection.matches(self.text, self.pattern)
        return {**inspection.PROPERTIES, **inspection.COUNTS}[self.property](self.text)

    @traitlets.validate("property")
    def _valid_property(self, proposal: Any) -> str:
        known = [*inspection.PROPERTIES, *inspection.COUNTS]
        if proposal["value"] not in ("", *known):
            raise traitlets.TraitError(f"a property is one of {', '.join(known)}, not "
                                       f"{proposal['value']!r}")  # fmt: skip
        return str(proposal["value"])

    @traitlets.validate("quantity")
    def _valid_quantity(self, proposal: Any) -> str:
        return self._quantity(proposal["value"])
