"""The files behind the figures that run in the page.

A Sphinx extension. It writes the scripts, the style sheet and the weights of the
live figures beside the pages, and names in each page the two files that every page
needs: ``boot.js``, which fetches what a figure asks for when the reader first
touches it, and ``live.css``. Pages find the folder by
``document.documentElement.dataset.content_root``, so that the book works from
any address and from a folder on disk.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from rnnbook.widgets.static import write_assets

FOLDER = "rnnbook"


def write(app: Sphinx) -> None:
    """Write the assets before the pages: Sphinx puts a file's checksum into its address."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    write_assets(folder)
    app.add_js_file(f"{FOLDER}/boot.js", loading_method="defer")
    app.add_css_file(f"{FOLDER}/live.css")


def drop_widget_states(app: Sphinx, env: BuildEnvironment) -> None:
    """Keep the widgets' states, weights and all, out of the pages: nothing there reads them."""
    for metadata in getattr(env, "nb_metadata", {}).values():
        metadata.get("js_files", {}).pop("ipywidgets_state", None)


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("builder-inited", write)
    app.connect("env-updated", drop_widget_states)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
