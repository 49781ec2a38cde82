"""The gallery: networks of the book, each as one file to take along.

A Sphinx extension. It writes a page of :mod:`rnnbook.page` for each network of
:data:`GALLERY` beside the pages of the book. The directive ``{gallery}`` becomes the list of
them, with the file's size and the first lines that the network writes in it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rnnbook import checkpoints, page, sampling

FOLDER = "gallery"
#: The networks, and the titles of their pages.
GALLERY = {
    "shakespeare": "A voice: a network that read Shakespeare",
    "music": "A tune: a network that read Irish music",
    "python": "Code: a network that read Python's library",
    "hafez": "Persian verse: a network that read Hafez",
    "names": "Names: a network that read the census",
}
_LINES = 4


def write(app: Sphinx) -> None:
    """Write the pages, before Sphinx looks for what the book links to."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, title in GALLERY.items():
        text = page.build([(name, checkpoints.load(name))], title=title)
        (folder / f"{name}.html").write_text(text, encoding="utf-8")


def first_lines(name: str) -> str:
    """The first lines that a network writes in its page."""
    import numpy as np

    checkpoint = checkpoints.load(name)
    text = sampling.sample(
        checkpoint.model(),
        sampling.default_prompt(checkpoint.vocab),
        300,
        temperature=0.8,
        rng=np.random.default_rng(0),
    )
    return "\n".join(text.strip("\n").splitlines()[:_LINES])


class _Gallery(SphinxDirective):
    has_content = False

    def run(self) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        root = "../" * self.env.docname.count("/")
        for name, title in GALLERY.items():
            address = f"{root}_static/{FOLDER}/{name}.html"
            link = nodes.reference("", title, refuri=address, internal=False)
            file = Path(self.env.app.outdir) / "_static" / FOLDER / f"{name}.html"
            size = f", {file.stat().st_size / 1e6:.1f} MB" if file.is_file() else ""
            block = nodes.literal_block(text := first_lines(name), text, language="text")
            found += [nodes.paragraph("", "", link, nodes.Text(f"{size}. It begins:")), block]
        return found


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_directive("gallery", _Gallery)
    app.connect("builder-inited", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
