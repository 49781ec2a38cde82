"""Tunes in ABC, a notation that is text."""

from __future__ import annotations

import re

from rnnbook.corpora.folders import package_folder, shuffled

_COLLECTIONS = ("oneills1850", "airdsAirs", "ryansMammoth")
_LEFT_OUT = re.compile(r"^(?:[ZNBSFDAOHCPW]:|%|I:)")  # who wrote it down, from where, and remarks


def music() -> str:
    """Traditional tunes of three collections, shuffled, an empty line between two."""
    folder = package_folder("music21") / "corpus"
    tunes = []
    for collection in _COLLECTIONS:
        for path in sorted((folder / collection).glob("*.abc")):
            tunes += _tunes(path.read_text(encoding="latin-1"))
    return "\n\n".join(shuffled(tunes)) + "\n"


def _tunes(book: str) -> list[str]:
    """The tunes of a book: from ``X:``, the number, to the next empty line or number."""
    tunes: list[list[str]] = []
    for line in book.splitlines():
        if line.startswith("X:"):
            tunes.append([])
        if tunes and line.strip() and not _LEFT_OUT.match(line):
            tunes[-1].append(re.sub(r"^([A-Z]:)\s+", r"\1", line.split("%")[0].rstrip()))
    return ["\n".join(tune) for tune in tunes if sum(len(line) > 2 for line in tune) > 4]
