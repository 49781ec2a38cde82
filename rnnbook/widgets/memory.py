"""Memory: how much each earlier character still matters, for two networks side by side.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

from typing import Any

import traitlets

from rnnbook import checkpoints, inspection
from rnnbook.errors import CheckpointError
from rnnbook.widgets import assets, portable
from rnnbook.widgets.figure import ModelFigure, load, sent

#: The figure reads at most so many characters.
LONGEST = 100


class Memory(ModelFigure):
    """What each character of a text matters to two networks' guess after its end.

    Each character is replaced in turn, as :func:`rnnbook.inspection.influence` does.
    ``models`` are the names of two shipped checkpoints. The trait ``text`` can be
    linked to other widgets.

    Raises :class:`CheckpointError` for a model that is not shipped,
    :class:`UnknownCharacterError` for a character that one of them cannot read, and
    :class:`traitlets.TraitError` for an empty text or one of more than 100 characters.
    """

    _esm = assets.module("memory")
    _css = assets.style()
    _widget = "memory"
    _shared = ("name", "text", "_networks", "_bits")

    _networks = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _bits: traitlets.List[list[float]] = traitlets.List().tag(sync=True)

    def __init__(self, text: str, *, models: tuple[str, str] = ("shakespeare-rnn", "shakespeare")):
        for model in models:
            if model not in checkpoints.shipped():
                raise CheckpointError(f"the figure compares shipped models; {model!r} is none")
        loaded = {model: load(model) for model in models}
        bits = [
            inspection.influence(checkpoint.model(), checkpoint.vocab.encode(text))
            for checkpoint in loaded.values()
        ]
        super().__init__(
            models[0],
            loaded[models[0]],
            _networks=list(models),
            _bits=[[round(float(value), 6) for value in row] for row in bits],
        )
        self._weights = {name: sent(name, found) for name, found in loaded.items()}
        self._loaded = loaded
        self.text = text

    def _brought(self) -> tuple[dict[str, Any], str]:
        named = [portable.network(found, name) for name, found in self._loaded.items()]
        names, weights = zip(*named, strict=True)
        return {"name": names[0], "_networks": list(names)}, "".join(weights)

    @traitlets.validate("text")
    def _valid_text(self, proposal: Any) -> str:
        if not 1 <= len(proposal["value"]) <= LONGEST:
            raise traitlets.TraitError(f"the figure reads 1 to {LONGEST} characters")
        return str(proposal["value"])
