"""Ordinary widgets in a page that has no kernel: a sentence instead of a dead control."""

from __future__ import annotations

from html import escape
from typing import Any

from ipywidgets import Widget


class KernelOnly:
    """Shows ``widget`` where a kernel answers it, and ``note`` in the built page."""

    def __init__(self, widget: Widget, note: str):
        self.widget = widget
        self.note = note

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        bundle = self.widget._repr_mimebundle_(**kwargs)
        data, metadata = bundle if isinstance(bundle, tuple) else (bundle or {}, {})
        html = f'<p class="rnnbook-note">{escape(self.note)}</p>'
        return {**data, "text/html": html}, metadata


def kernel_only(widget: Widget, note: str) -> KernelOnly:
    """``widget`` in JupyterLab and Voila; in the built page, ``note`` says what it does there."""
    return KernelOnly(widget, note)
