"""What every page of the built book shares: our style sheet, and less to load.

A Sphinx extension. The theme draws its icons twice, by a script of 1.5 MB and by a
font; the font alone is enough, so the script goes.
"""

from __future__ import annotations

import re
from importlib import resources
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

ICON_SCRIPT = "_static/scripts/fontawesome.js"
UNUSED = ("*.map", "scripts/fontawesome.js*", "sphinx-thebe*", "webpack-macros.html")


def add_style(app: Sphinx) -> None:
    """Put ``book.css`` beside the pages."""
    if app.builder.format != "html":
        return
    style = resources.files("rnnbook.book").joinpath("book.css").read_bytes()
    folder = Path(app.outdir) / "_static" / "rnnbook"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "book.css").write_bytes(style)
    app.add_css_file("rnnbook/book.css", priority=900)


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Take the icon script out of the pages, and what no page asks for out of the folder."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    tag = re.compile(rf'\s*<script[^>]*src="[^"]*{re.escape(ICON_SCRIPT)}[^"]*"></script>')
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        lighter = tag.sub("", html)
        if lighter != html:
            page.write_text(lighter, encoding="utf-8")
    for pattern in UNUSED:
        for file in (out / "_static").rglob(pattern):
            file.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("builder-inited", add_style)
    app.connect("build-finished", lighten)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
