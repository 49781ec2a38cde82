"""What the live figures share in Python: a model, its weights, and a static form."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from html import escape
from pathlib import Path
from typing import Any, ClassVar

import anywidget
import numpy as np
import traitlets
from numpy.typing import NDArray

from rnnbook import checkpoints, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.drawings import Drawing
from rnnbook.errors import TextError
from rnnbook.language_model import Trace
from rnnbook.recurrent import GATES, LINEAR
from rnnbook.widgets import assets, portable


class LiveFigure(anywidget.AnyWidget):
    """A figure that lives in the reader's browser, with a kernel behind it or without.

    Subclasses say which script shows it.
    """

    _widget: ClassVar[str]  # the figure's name in ``assets.FIGURES``
    _shared: ClassVar[tuple[str, ...]]  # the traits that a page's figure starts from

    text = traitlets.Unicode("").tag(sync=True)

    @property
    def _has_files(self) -> bool:
        """Whether the pages of the built book have the weights in a file beside them."""
        return True

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """The widget for a front end with a kernel, and its static form for a page without."""
        bundle = super()._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        return {**data, "text/html": self.static_html()}, metadata

    def static_html(self, *, held_as: str | None = None) -> str:
        """The figure as it stands in a page without a kernel: its first picture, and its state.

        ``held_as`` is the name under which the page itself holds the network's weights, as
        :mod:`rnnbook.packed` writes them. Without it, the markup brings along all that it
        needs, unless it is made for a page with files beside it: see
        :mod:`rnnbook.widgets.portable`.
        """
        if held_as is not None:
            return self._markup({"name": held_as})
        beside = portable.files_are_beside()
        if self._has_files and beside:
            return self._markup({})
        changes, weights = self._brought()
        figure = self._markup(changes)
        if beside:  # scripts are there, and a network of one's own is not
            return weights + figure
        return weights + portable.whole(figure, self._widget, self._widget in assets.PLAIN)

    def _brought(self) -> tuple[dict[str, Any], str]:
        """What is other in the state of a figure that brings its networks, and these networks."""
        return {}, ""

    def state(self, *, held_as: str) -> dict[str, Any]:
        """What a page's figure starts from, by the names of its traits; ``held_as`` as above."""
        return self._state({"name": held_as})

    def _state(self, changes: Mapping[str, Any]) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self._shared} | dict(changes)

    def _markup(self, changes: Mapping[str, Any]) -> str:
        """The element that ``boot.js`` brings to life."""
        state = self._state(changes)
        plain = "data-plain " if self._widget in assets.PLAIN else ""
        return (
            f'<div class="rnnbook-figure" data-widget="{self._widget}" {plain}'
            f"data-state='{_attribute(json.dumps(state, separators=(',', ':')))}'>"
            f'<div class="rnnbook-still">{self._still_html()}</div></div>'
        )

    def _still_html(self) -> str:
        """What stands in the page before the figure lives, as markup."""
        return f'<pre class="rnnbook-text">{escape(self._still())}</pre>'

    def _still(self) -> str:
        """The text that stands in the page before the figure lives."""
        return self.text


def drawn(drawing: Drawing, more: str = "") -> str:
    """A drawing as it stands before a script fills it, with words for those who cannot see it:
    what it shows, and ``more``."""
    words = escape(f"{drawing.alt} {more}".rstrip())
    return f'{drawing.svg(live=True)}<p class="rnnbook-unseen">{words}</p>'


def _attribute(text: str) -> str:
    """A text between single quotes; JSON has many double ones, which can stay as they are."""
    return escape(text, quote=False).replace("'", "&#x27;")


class ModelFigure(LiveFigure):
    """A live figure of a trained network."""

    name = traitlets.Unicode().tag(sync=True)
    # the checkpoints by name, for a page whose kernel has them and whose folder has not
    _weights: traitlets.Dict[str, bytes] = traitlets.Dict().tag(sync=True)

    def __init__(
        self, model: str | os.PathLike[str] | Checkpoint, checkpoint: Checkpoint, **traits: Any
    ):
        is_checkpoint = isinstance(model, Checkpoint)
        self._is_shipped = not is_checkpoint and str(model) in checkpoints.shipped()
        self._checkpoint = checkpoint
        self._own_name = "of your own" if is_checkpoint else Path(str(model)).stem
        name = str(model) if self._is_shipped else "of your own"
        super().__init__(_weights={name: sent(name, checkpoint)}, name=name, **traits)

    @property
    def _has_files(self) -> bool:
        return self._is_shipped

    def _brought(self) -> tuple[dict[str, Any], str]:
        name, weights = portable.network(self._checkpoint, self._own_name)
        return {"name": name}, weights


class WritingFigure(ModelFigure):
    """A live figure of a network that writes: a prompt, a temperature, a length and a seed.

    Each is checked as :mod:`rnnbook.sampling` checks it, whoever sets it.
    """

    prompt = traitlets.Unicode("\n").tag(sync=True)
    temperature = traitlets.Float(0.8).tag(sync=True)
    length = traitlets.Int(300).tag(sync=True)
    seed = traitlets.Int(0).tag(sync=True)
    _vocab = traitlets.List(traitlets.Unicode()).tag(sync=True)
    _logits = traitlets.List(traitlets.Float()).tag(sync=True)  # after the prompt

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


class ReadingFigure(ModelFigure):
    """A live figure of a network that reads a text, unit by unit."""

    _longest: ClassVar[int]  # characters that the figure reads

    layer = traitlets.Int(0).tag(sync=True)
    _kind = traitlets.Unicode().tag(sync=True)
    _units = traitlets.Int().tag(sync=True)
    _layers = traitlets.Int().tag(sync=True)

    def __init__(
        self,
        model: str | os.PathLike[str] | Checkpoint,
        checkpoint: Checkpoint,
        text: str,
        **traits: Any,
    ):
        self._can_read = checkpoint.vocab
        super().__init__(
            model,
            checkpoint,
            _kind=checkpoint.config.kind,
            _units=checkpoint.config.hidden_size,
            _layers=checkpoint.config.num_layers,
            **traits,
        )
        self.text = text

    @traitlets.validate("text")
    def _valid_text(self, proposal: Any) -> str:
        text = str(proposal["value"])
        if not 1 <= len(text) <= self._longest:
            raise TextError(
                f"the figure reads 1 to {self._longest:,} characters, not {len(text):,}; "
                "give it a piece of the text"
            )
        self._can_read.encode(text)
        return text

    def _number(self, name: str, value: Any) -> int:
        """A unit or a layer that is there."""
        count = self._units if name == "unit" else self._layers
        if not 0 <= value < count:
            raise traitlets.TraitError(f"there are {name}s 0 to {count - 1}, no {name} {value}")
        return int(value)

    @traitlets.validate("layer")
    def _valid_layer(self, proposal: Any) -> int:
        return self._number("layer", proposal["value"])

    def _quantity(self, value: Any) -> str:
        """A quantity that every unit of this network has."""
        known = quantities(self._kind)
        if value not in known:
            raise traitlets.TraitError(
                f"a unit of this network has {', '.join(known)}, no {value!r}"
            )
        return str(value)


def quantities(kind: str) -> tuple[str, ...]:
    """What can be shown of a unit: ``"h"``, the LSTM's ``"c"`` and the gates or factors."""
    if kind in LINEAR:
        return ("h", *LINEAR[kind])
    cell = ("c",) if kind == "lstm" else ()
    return ("h", *cell, *(GATES[kind] if kind != "rnn" else ()))


def values_of(trace: Trace, quantity: str, layer: int) -> NDArray[np.floating]:
    """A quantity of all units of a layer (T, H); the cell state as tanh c, as it is shown."""
    if quantity == "c":
        assert trace.cell is not None
        return np.tanh(trace.cell[layer])
    return (trace.hidden if quantity == "h" else trace.gates[quantity])[layer]


def sent(name: str, checkpoint: Checkpoint) -> bytes:
    """A network for a page with a kernel: a shipped one as it is stored, another in float16."""
    if name in checkpoints.shipped():
        return checkpoints.shipped_path(name).read_bytes()
    return checkpoint.to_bytes("float16")


def load(model: str | os.PathLike[str] | Checkpoint) -> Checkpoint:
    """The checkpoint itself, or the one of that name or path."""
    return model if isinstance(model, Checkpoint) else checkpoints.load(model)
