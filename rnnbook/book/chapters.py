"""The chapters in reading order, whether written or still to come.

A Sphinx extension. ``{chapter}`7` `` in a page becomes a link to chapter 7, with its
number, or its title while there is no page to link to. Other pages of the appendix ask here
where a section is.
"""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.nodes import make_refnode

logger = logging.getLogger(__name__)

FILE = "chapters.toml"
TOC = "_toc.yml"
LISTED = re.compile(r"^ *- file: (\S+)", re.MULTILINE)
TO_COME = "to come"
HEADING = re.compile(r"^#+ +(.*?) *$", re.MULTILINE)
FENCE = re.compile(r"^(`{3,}|~{3,}).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Chapter:
    """A chapter by its number; ``page`` is the document that holds it, once it is in the book."""

    number: int
    title: str
    page: str | None


def load(book: Path) -> tuple[Chapter, ...]:
    """All chapters that ``chapters.toml`` in the book's folder names, in order.

    A page that ``_toc.yml`` does not list is not in the book: its chapter is to come.
    """
    found = tomllib.loads((book / FILE).read_text(encoding="utf-8"))["chapter"]
    listed = set(LISTED.findall((book / TOC).read_text(encoding="utf-8")))
    pages = [one.get("page") if one.get("page") in listed else None for one in found]
    return tuple(
        Chapter(number, one["title"], page)
        for number, (one, page) in enumerate(zip(found, pages, strict=True), 1)
    )


def prose(page: Path) -> str:
    """The Markdown of a chapter, without what is code: a notebook's or a page's."""
    if page.suffix == ".ipynb":
        cells = json.loads(page.read_text(encoding="utf-8"))["cells"]
        parts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown"]
        text = "\n\n".join(parts)
    else:
        text = page.read_text(encoding="utf-8")
    return FENCE.sub("", text)


def headings(text: str) -> list[str]:
    """The headings of a page's prose as a reader sees them, its title first."""
    return [heading.replace("`", "").replace("*", "") for heading in HEADING.findall(text)]


def source_of(book: Path, page: str) -> Path:
    """The file of a page: a notebook, or Markdown."""
    notebook = book / f"{page}.ipynb"
    return notebook if notebook.is_file() else book / f"{page}.md"


def link_to(app: Sphinx, here: str, page: str, section: str | None = None) -> nodes.reference:
    """A link from one page to another, or to a section of it by its heading.

    A section that is not there is a warning, which fails the build.
    """
    title = section or app.env.titles[page].astext()
    anchor = "" if section is None else _anchor(app.env, here, page, section)
    return make_refnode(app.builder, here, page, anchor, nodes.Text(title))


def _anchor(env: BuildEnvironment, here: str, page: str, section: str) -> str:
    for entry in env.tocs[page].findall(nodes.reference):
        if entry.astext() == section:
            return str(entry["anchorname"]).removeprefix("#")
    logger.warning("%s has no section “%s”", page, section, location=here, type="chapters")
    return ""


class _Pending(nodes.Inline, nodes.Element):
    """A chapter's name, until all titles are known."""


class _ChapterRole(SphinxRole):
    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        self.env.note_dependency(str(Path(self.env.srcdir, FILE)))
        known = load(Path(self.env.srcdir))
        if not self.text.isdecimal() or not 1 <= int(self.text) <= len(known):
            message = f"chapters are numbered 1 to {len(known)}, not {self.text}"
            return [], [self.inliner.reporter.error(message, line=self.lineno)]
        return [_Pending(chapter=known[int(self.text) - 1])], []


def named(app: Sphinx, here: str, chapter: Chapter) -> list[nodes.Node]:
    """The chapter's number and name: a link, or a title with the remark that it is to come."""
    number = nodes.Text(f"{chapter.number} ")
    if chapter.page is None:
        remark = [nodes.Text(f"{chapter.title} ("), nodes.emphasis("", TO_COME), nodes.Text(")")]
        return [number, *remark]
    link = link_to(app, here, chapter.page)
    link.insert(0, number)
    return [link]


def _resolve(app: Sphinx, doctree: nodes.document, here: str) -> None:
    for node in list(doctree.findall(_Pending)):
        node.replace_self(named(app, here, node["chapter"]))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_node(_Pending)
    app.add_role("chapter", _ChapterRole())
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
