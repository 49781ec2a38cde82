"""Notebooks as HTML whose figures live: ``jupyter nbconvert --to rnnbook NOTEBOOK``.

nbconvert's own HTML takes a figure for a widget, and asks another host for the scripts that
show widgets. This exporter takes the form that the figure left for pages without a kernel
(:mod:`rnnbook.widgets.portable`), leaves the widgets' states out, and asks nobody for anything
but MathJax, which formulas need: give ``--HTMLExporter.mathjax_url=`` a place of your own.
"""

from __future__ import annotations

import copy
from typing import Any

from nbconvert import HTMLExporter
from nbformat import NotebookNode
from traitlets.config import Config

_PRIORITY = (
    "text/html", "text/markdown", "image/svg+xml", "text/latex", "image/png", "image/jpeg",
    "text/plain",
)  # fmt: skip


class LiveExporter(HTMLExporter):
    """HTML with the live figures of this book, and no widget that would need a kernel."""

    export_from_notebook = "HTML with live figures"

    @property
    def default_config(self) -> Config:
        config = super().default_config.copy()
        config.NbConvertBase.display_data_priority = list(_PRIORITY)
        config.HTMLExporter.require_js_url = ""
        config.HTMLExporter.jquery_url = ""
        return config

    def from_notebook_node(  # type: ignore[override]
        self, nb: NotebookNode, resources: dict[str, Any] | None = None, **kw: Any
    ) -> tuple[str, dict[str, Any]]:
        """The page of a notebook that was run."""
        nb = copy.deepcopy(nb)
        nb.metadata.pop("widgets", None)  # the weights of every figure, once more
        return super().from_notebook_node(nb, resources, **kw)
