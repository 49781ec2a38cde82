"""What the pages say once they have an address: previews, a sitemap, buttons that launch.

A Sphinx extension. The address that the book will have, ``html_baseurl``, and the address of
its repository, ``rnnbook_repository``, are settings, or the variables RNNBOOK_BASE_URL and
RNNBOOK_REPOSITORY. Without the first, previews name neither page nor picture, for both must be
whole addresses; with the second, every chapter has buttons that open it in Binder and Colab.
"""

from __future__ import annotations

import os
import re
from html import escape
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape as escape_xml

from sphinx.application import Sphinx
from sphinx.config import Config

from rnnbook import theme
from rnnbook.book.page import describe

BASE_URL, REPOSITORY = "RNNBOOK_BASE_URL", "RNNBOOK_REPOSITORY"
CARD = "_static/rnnbook/card.png"
CARD_SIZE = (12.0, 6.3)  # inches at 100 dots: the size that previews ask for
SITEMAP = "sitemap.xml"
COLAB_BRANCH = "colab"  # its notebooks install the package first: see rnnbook.book.colab
COLAB = re.compile(r"(colab\.research\.google\.com/github/[^/\"]+/[^/\"]+/blob/)[^/\"]+(?=/)")


def configure(app: Sphinx, config: Config) -> None:
    """Read both addresses, and turn the buttons on if there is a repository to launch from."""
    base = os.environ.get(BASE_URL) or config.html_baseurl
    config.html_baseurl = base.rstrip("/") + "/" if base else ""
    repository = os.environ.get(REPOSITORY) or config.rnnbook_repository
    if repository:
        config.html_theme_options = {
            **config.html_theme_options,
            "repository_url": repository.rstrip("/"),
            "repository_branch": config.rnnbook_branch,
            "path_to_docs": "book",
            "use_repository_button": True,
            "launch_buttons": {
                "binderhub_url": "https://mybinder.org",
                "colab_url": "https://colab.research.google.com",
                "notebook_interface": "jupyterlab",
            },
        }


def add_preview(app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any) -> None:
    """Say what a preview of the page shows, in the terms of the Open Graph protocol."""
    book = app.config.html_title or app.config.project
    said = {
        "og:type": "website" if name == app.config.root_doc else "article",
        "og:site_name": book,
        "og:title": context.get("title") or book,
        "og:description": describe(app, name, context, tree),
    }
    if app.config.html_baseurl:
        said["og:url"] = app.config.html_baseurl + app.builder.get_target_uri(name)
        said["og:image"] = app.config.html_baseurl + CARD
        said["og:image:alt"] = book
    tags = [f'<meta property="{key}" content="{escape(text)}"/>' for key, text in said.items()]
    tags.append('<meta name="twitter:card" content="summary_large_image"/>')
    context["metatags"] = context.get("metatags", "") + "\n    " + "\n    ".join(tags)


def write_files(app: Sphinx, error: Exception | None) -> None:
    """Write the sitemap and the picture of the previews, if the book has an address."""
    if error or app.builder.format != "html" or not app.config.html_baseurl:
        return
    out = Path(app.outdir)
    addresses = [
        app.config.html_baseurl + app.builder.get_target_uri(name)
        for name in sorted(app.env.found_docs)
    ]
    (out / SITEMAP).write_text(sitemap(addresses), encoding="utf-8")
    draw_card(app.config.html_title or app.config.project, out / CARD)


def lead_to_colab(html: str) -> str:
    """The page, its button leading to the notebooks that Colab can run."""
    return COLAB.sub(rf"\1{COLAB_BRANCH}", html)


def write_buttons(app: Sphinx, error: Exception | None) -> None:
    """Let the buttons for Colab lead to its branch."""
    if (
        error
        or app.builder.format != "html"
        or not app.config.html_theme_options.get("launch_buttons")
    ):
        return
    for page in Path(app.outdir).rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        page.write_text(lead_to_colab(html), encoding="utf-8")


def sitemap(addresses: list[str]) -> str:
    """The sitemap of pages at these addresses, as sitemaps.org defines it."""
    entries = "".join(f"  <url><loc>{escape_xml(one)}</loc></url>\n" for one in addresses)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{entries}</urlset>\n'
    )


def draw_card(title: str, path: Path) -> None:
    """The title on a dark ground, its characters coloured as a unit colours a text."""
    from matplotlib.figure import Figure

    colours = theme.CSS_VARIABLES["dark"]
    figure = Figure(figsize=CARD_SIZE, dpi=100, facecolor=colours["paper"])
    width = 0.86 / max(len(title), 1)
    for place, char in enumerate(title):
        ground = theme.DIVERGING[place % len(theme.DIVERGING)]
        x = 0.07 + (place + 0.5) * width
        box = {"facecolor": ground, "edgecolor": "none", "boxstyle": "square,pad=0.25"}
        ink = theme.INKS[int(ground in (theme.DIVERGING[0], theme.DIVERGING[-1]))]
        figure.text(x, 0.55, char, ha="center", va="center", size=26, color=ink,
                    family="monospace", bbox=box)  # fmt: skip
    figure.text(0.07, 0.36, "An executable book", size=24, color=colours["muted"])
    figure.savefig(path, facecolor=colours["paper"])


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_config_value("rnnbook_repository", "", "html", str)
    app.add_config_value("rnnbook_branch", "main", "html", str)
    app.connect("config-inited", configure)
    app.connect("html-page-context", add_preview)
    app.connect("build-finished", write_files)
    app.connect("build-finished", write_buttons)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
