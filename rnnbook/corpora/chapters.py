"""The book's own chapters as texts: in a checkout its own, in an installed package a copy."""

from __future__ import annotations

import json
from pathlib import Path

from rnnbook.errors import CorpusError

_PACKAGE = Path(__file__).parents[1]
_CHECKOUT = _PACKAGE.parent / "book"
#: Where the chapters lie.
FOLDER = _CHECKOUT if (_CHECKOUT / "_toc.yml").is_file() else _PACKAGE / "chapters"


def names() -> list[str]:
    """The names of all notebooks of the book, in the order of the alphabet."""
    return sorted(path.stem for path in FOLDER.glob("*.ipynb"))


def cells(name: str) -> list[tuple[str, str]]:
    """The kind, ``markdown`` or ``code``, and the text of every cell of a chapter.

    Raises :class:`CorpusError` if there is no chapter of that name.
    """
    path = FOLDER / f"{name}.ipynb"
    if not path.is_file():
        raise CorpusError(f"the book has no chapter {name!r}; it has {', '.join(names())}")
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return [(cell["cell_type"], "".join(cell["source"])) for cell in found]


def text(name: str) -> str:
    """The text of a chapter: its cells, an empty line between two."""
    return "\n\n".join(source for _, source in cells(name))
