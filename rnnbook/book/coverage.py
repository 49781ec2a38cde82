"""Where the book speaks of what its sources speak of: a table, and what a test holds it to.

A Sphinx extension. The directive ``{coverage} SOURCE`` becomes the table of a source's
topics, each with a link to its section. A section that is named and not there fails the
build; a topic without one is marked as still to come.
"""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from rnnbook.book import chapters
from rnnbook.book.tables import simple_table

FILE = "coverage.toml"


@dataclass(frozen=True)
class Topic:
    """A topic of a source, and the chapter or the page of the appendix that it belongs to."""

    source: str
    topic: str
    chapter: int | None = None
    page: str | None = None
    section: str | None = None

    def place(self, known: Sequence[chapters.Chapter]) -> str | None:
        """The page that speaks of the topic; None while there is no section to name."""
        if self.section is None or self.chapter is None:
            return self.page
        return known[self.chapter - 1].page


def load(book: Path) -> tuple[Topic, ...]:
    """All topics that ``coverage.toml`` in the book's folder names.

    Raises :class:`TypeError` for an entry with a key that is not known or that is missing.
    """
    found = tomllib.loads((book / FILE).read_text(encoding="utf-8"))["topic"]
    return tuple(Topic(**one) for one in found)


def to_come(topics: Sequence[Topic], known: Sequence[chapters.Chapter]) -> list[Topic]:
    """The topics that no section of the book speaks of yet."""
    return [topic for topic in topics if topic.place(known) is None]


class _CoverageTable(nodes.General, nodes.Element):
    """The table, until all headings are known."""


class _Coverage(SphinxDirective):
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        book = Path(self.env.srcdir)
        for name in (FILE, chapters.FILE):
            self.env.note_dependency(str(book / name))
        own = [topic for topic in load(book) if topic.source == self.arguments[0]]
        if not own:
            raise self.error(f"{FILE} has no topic of the source {self.arguments[0]!r}")
        return [_CoverageTable(topics=own)]


def _resolve(app: Sphinx, doctree: nodes.document, here: str) -> None:
    for node in list(doctree.findall(_CoverageTable)):
        known = chapters.load(Path(app.srcdir))
        rows = [_row(app, here, topic, known) for topic in node["topics"]]
        node.replace_self(simple_table(("Topic", "Chapter", "Section"), rows))


def _row(
    app: Sphinx, here: str, topic: Topic, known: Sequence[chapters.Chapter]
) -> list[list[nodes.Node]]:
    place = topic.place(known)
    if topic.chapter is not None:
        name = chapters.named(app, here, known[topic.chapter - 1])
    else:
        assert topic.page is not None
        name = [chapters.link_to(app, here, topic.page)]
    section: nodes.Node = nodes.emphasis("", chapters.TO_COME)
    if place is not None:
        section = chapters.link_to(app, here, place, topic.section)
    return [[nodes.Text(topic.topic)], name, [section]]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.setup_extension("rnnbook.book.chapters")
    app.add_node(_CoverageTable)
    app.add_directive("coverage", _Coverage)
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
