"""What every page of the built book shares: our style sheet, and what the theme needs mended.

A Sphinx extension. The theme draws its icons twice, by a script of 1.5 MB and by a
font; the font alone is enough, so the script goes. Its download buttons open the
notebook as text; they should save it (from disk a browser shows it all the same). Its
title stands outside of every landmark, what unfolds a part of the contents has no name,
and docutils gives citations roles that no longer exist. What is folded away says what it is.
Search engines and readers of previews get a description of each page.
"""

from __future__ import annotations

import re
import textwrap
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from rnnbook.book import folds

FILES = ("book.css", "favicon.svg")
ICON_SCRIPT = re.compile(r'\s*<script[^>]*src="[^"]*/fontawesome\.js[^"]*"></script>')
DOWNLOAD = re.compile(r'(<a href="[^"]*_sources/[^"]*" target="_blank")')
BRAND = re.compile(r'<div class="sidebar-primary-item">(?=\s*<a class="navbar-brand)')
CITATION = re.compile(r' role="doc-biblioentry"|(?<=<div) role="list"(?= class="citation-list")')
UNFOLD = re.compile(r">([^<]+)(</a><details[^>]*><summary)(?=><span class=\"toctree-toggle\")")
DESCRIPTION = 160  # characters that a search engine shows
UNUSED = ("*.map", "scripts/fontawesome.js*", "images/logo_*", "*webpack-macros.html")
# From disk a page may not read another page, so that the results come without a summary.
SEARCH_ON_DISK = (
    'if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;'
)

# Paper is white, and nothing can be unfolded on it: while a page is printed it has its light theme,
# and what is folded away is open.
PRINT = """
(() => {
  const { dataset } = document.documentElement;
  const isDark = matchMedia("(prefers-color-scheme: dark)");
  let kept = null;
  let opened = [];
  const print = () => {
    kept ??= dataset.theme;
    dataset.theme = "light";
    const shut = [...document.querySelectorAll("article details.hide:not([open])")];
    for (const one of shut) one.open = true;
    opened = [...opened, ...shut];
  };
  const back = () => {
    if (kept === null) return;
    // to a browser paper is light, and a theme that follows the browser has followed it already
    const followed = isDark.matches ? "dark" : "light";
    dataset.theme = dataset.mode === "auto" ? followed : kept;
    kept = null;
    for (const one of opened) one.open = false;
    opened = [];
  };
  addEventListener("beforeprint", print);
  addEventListener("afterprint", back);
  matchMedia("print").addEventListener("change", ({ matches }) => (matches ? print() : back()));
})();
"""


def add_files(app: Sphinx) -> None:
    """Put the style sheet and the icon beside the pages."""
    if app.builder.format != "html":
        return
    folder = Path(app.outdir) / "_static" / "rnnbook"
    folder.mkdir(parents=True, exist_ok=True)
    for name in FILES:
        content = resources.files("rnnbook.book").joinpath(name).read_bytes()
        (folder / name).write_bytes(content)
    app.add_css_file("rnnbook/book.css", priority=900)


def add_icon(app: Sphinx, name: str, template: str, context: dict[str, Any], _: Any) -> None:
    """Name the page's icon: a browser asks for one at the root of the host otherwise."""
    address = context["pathto"]("_static/rnnbook/favicon.svg", 1)
    link = f'<link rel="icon" type="image/svg+xml" href="{address}"/>'
    context["metatags"] = context.get("metatags", "") + "\n    " + link


def add_description(
    app: Sphinx, name: str, template: str, context: dict[str, Any], tree: Any
) -> None:
    """Describe the page to search engines."""
    tag = f'<meta name="description" content="{escape(describe(app, name, context, tree))}"/>'
    context["metatags"] = context.get("metatags", "") + "\n    " + tag


def describe(app: Sphinx, name: str, context: dict[str, Any], tree: Any) -> str:
    """The page in its own first words, or by its title."""
    paragraphs = tree.findall(nodes.paragraph) if tree is not None else ()
    text = next((found for p in paragraphs if len(found := " ".join(p.astext().split())) > 40), "")
    text = text or f"{context.get('title', name)}: {app.config.html_title or app.config.project}"
    return textwrap.shorten(text, DESCRIPTION, placeholder=" …")


def mend(app: Sphinx, error: Exception | None) -> None:
    """Mend the finished pages, and remove files that no page asks for."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    for page in out.rglob("*.html"):
        html = page.read_text(encoding="utf-8")
        mended = DOWNLOAD.sub(r"\1 download", ICON_SCRIPT.sub("", html))
        mended = BRAND.sub(
            '<div class="sidebar-primary-item" role="region" aria-label="Title">', mended
        )
        mended = CITATION.sub("", mended)
        mended = folds.named(mended)
        mended = UNFOLD.sub(r'>\1\2 aria-label="Pages under \1"', mended)
        if mended != html:
            page.write_text(mended, encoding="utf-8")
    launches = bool(app.config.html_theme_options.get("launch_buttons"))
    for pattern in UNUSED:
        for file in (out / "_static").rglob(pattern):
            if not (launches and file.name.startswith("logo_")):  # a button's picture
                file.unlink()


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    # here, and not when the builder is there already: it would put each into the page twice
    for script in (SEARCH_ON_DISK, PRINT):
        app.add_js_file(None, body=script, priority=900)
    app.connect("builder-inited", add_files)
    app.connect("html-page-context", add_icon)
    app.connect("html-page-context", add_description)
    app.connect("build-finished", mend)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
