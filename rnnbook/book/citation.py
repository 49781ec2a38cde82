"""How to cite the book, from the file that machines read.

A Sphinx extension. The directive ``{citation}`` becomes a sentence and an entry for BibTeX,
both made of ``CITATION.cff``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FILE = "CITATION.cff"


def authors(found: Mapping[str, Any]) -> list[str]:
    """The authors' names, given name first; a group is one name."""
    return [
        one.get("name") or f"{one['given-names']} {one['family-names']}" for one in found["authors"]
    ]


def sentence(found: Mapping[str, Any]) -> str:
    """The citation as it stands in a list of references."""
    year = str(found.get("date-released", ""))[:4]
    parts = [", ".join(authors(found)), *([year] if year else []), found["title"]]
    parts.append(f"Version {found['version']}")
    parts.extend(found[key] for key in ("doi", "repository-code", "url") if key in found)
    return ". ".join(parts) + "."


def bibtex(found: Mapping[str, Any]) -> str:
    """The entry for BibTeX. A group's name is kept together by braces of its own."""
    names = [
        f"{{{one['name']}}}" if "name" in one else f"{one['family-names']}, {one['given-names']}"
        for one in found["authors"]
    ]
    fields = {
        "title": f"{{{found['title']}}}",
        "author": " and ".join(names),
        "version": found["version"],
        "year": str(found.get("date-released", ""))[:4],
        "url": found.get("repository-code") or found.get("url", ""),
        "license": found.get("license", ""),
    }
    lines = "".join(f"  {key} = {{{text}}},\n" for key, text in fields.items() if text)
    return f"@software{{rnnbook,\n{lines}}}"


class _Citation(SphinxDirective):
    def run(self) -> list[nodes.Node]:
        path = Path(self.env.srcdir).parent / FILE
        self.env.note_dependency(str(path))
        found = yaml.safe_load(path.read_text(encoding="utf-8"))
        block = nodes.literal_block(text=bibtex(found), language="bibtex")
        return [nodes.paragraph(text=sentence(found)), block]


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.add_directive("citation", _Citation)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
