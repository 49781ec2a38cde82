"""The glossary's way back into the chapters.

A Sphinx extension. Under each term of a ``{glossary}`` it names the section in which the
book first uses the word: since no chapter uses a word before it is introduced, that is
where the term is explained.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from rnnbook.book import chapters

Place = tuple[str, str]  # a page and a heading of it
# A chapter's end, which explains nothing new.
END = re.compile(
    r"^## (Quiz|Check yourself|Exercises|Where this lives|Further reading)\n.*",
    re.MULTILINE | re.DOTALL,
)


def pattern(term: str) -> re.Pattern[str]:
    """The term as a word or words of a text, in the singular and in the plural."""
    words = r"\s+".join(map(re.escape, term.split()))
    words = re.sub(r"y$", r"(?:y|ies)", words)
    return re.compile(rf"(?<![\w-]){words}(?:s|es)?(?![\w-])", re.IGNORECASE)


def first_use(terms: Sequence[str], pages: Sequence[tuple[str, str]]) -> Place | None:
    """The first place of ``pages``, pairs of name and prose, that has one of the terms."""
    for name, text in pages:
        found = [match.start() for term in terms if (match := pattern(term).search(text))]
        if found:
            # a word in a heading is introduced below it
            line_end = text.find("\n", min(found))
            before = text[: len(text) if line_end < 0 else line_end]
            return name, chapters.headings(before)[-1]
    return None


def written(book: Path) -> list[tuple[str, str]]:
    """The chapters that there are, in reading order: name, and prose up to the exercises."""
    return [
        (chapter.page, END.sub("", chapters.prose(chapters.source_of(book, chapter.page))))
        for chapter in chapters.load(book)
        if chapter.page is not None
    ]


def _resolve(app: Sphinx, doctree: nodes.document, here: str) -> None:
    entries = [
        entry
        for glossary in doctree.findall(addnodes.glossary)
        for entry in glossary.findall(nodes.definition_list_item)
    ]
    pages = written(Path(app.srcdir)) if entries else []
    for entry in entries:
        terms = [term.astext() for term in entry.findall(nodes.term)]
        place = first_use(terms, pages)
        (definition,) = entry.findall(nodes.definition)
        if place is not None:
            definition += nodes.paragraph("", "→ ", _link(app, here, place))
        else:
            line = f"→ {chapters.TO_COME}"
            definition += nodes.paragraph("", "", nodes.emphasis("", line))


def _link(app: Sphinx, here: str, place: Place) -> nodes.reference:
    page, heading = place
    title = app.env.titles[page].astext()
    if heading == title:
        return chapters.link_to(app, here, page)
    link = chapters.link_to(app, here, page, heading)
    link.children = [nodes.Text(f"{title}: {heading}")]
    return link


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("doctree-resolved", _resolve)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
