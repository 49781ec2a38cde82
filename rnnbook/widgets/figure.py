"""What the live figures share in Python: a model, its weights, and a static form."""

from __future__ import annotations

import json
import os
from html import escape
from typing import Any, ClassVar

import anywidget
import traitlets

from rnnbook import checkpoints
from rnnbook.checkpoints import Checkpoint
from rnnbook.errors import CheckpointError


class LiveFigure(anywidget.AnyWidget):
    """A figure of a text that a network writes or reads in the reader's browser.

    Subclasses say which script shows it.
    """

    _widget: ClassVar[str]  # the figure's name in ``assets.MODULES``
    _shared: ClassVar[tuple[str, ...]]  # the traits that a page's figure starts from

    name = traitlets.Unicode(read_only=True).tag(sync=True)
    text = traitlets.Unicode("").tag(sync=True)
    _weights = traitlets.Bytes(b"").tag(sync=True)

    def __init__(
        self, model: str | os.PathLike[str] | Checkpoint, checkpoint: Checkpoint, **traits: Any
    ):
        is_checkpoint = isinstance(model, Checkpoint)
        self._is_shipped = not is_checkpoint and str(model) in checkpoints.shipped()
        super().__init__(_weights=checkpoint.to_bytes("float16"), **traits)
        self.set_trait("name", str(model) if self._is_shipped else "of your own")

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
        state = {name: getattr(self, name) for name in ("name", *self._shared)}
        return (
            f'<div class="rnnbook-figure" data-widget="{self._widget}" '
            f'data-state="{escape(json.dumps(state))}">'
            f'<div class="rnnbook-still"><pre class="rnnbook-text">{escape(self._still())}</pre>'
            "</div></div>"
        )

    def _still(self) -> str:
        """The text that stands in the page before the figure lives."""
        return self.text


def load(model: str | os.PathLike[str] | Checkpoint) -> Checkpoint:
    """The checkpoint itself, or the one of that name or path."""
    return model if isinstance(model, Checkpoint) else checkpoints.load(model)
