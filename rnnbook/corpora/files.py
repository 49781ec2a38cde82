"""Texts of one's own: files, folders of them, and standard input.

Taught in the chapter *Text as numbers*.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from rnnbook.errors import CorpusError
from rnnbook.text import read_text, text_of

STANDARD_INPUT = "-"
STANDARD_INPUT_NAME = "standard input"


def read(name: str | os.PathLike[str], encoding: str | None = None) -> list[tuple[str, str]]:
    """Name and text of what is at a path: one file, or all ``.txt`` files of a folder.

    ``-`` is standard input. Names are those of files alone, or lead down from the folder:
    they end up in checkpoints, where no path of this machine belongs.

    Raises :class:`CorpusError` if there is nothing, and :class:`TextError` if it is no text.
    """
    if str(name) == STANDARD_INPUT:
        return [(STANDARD_INPUT_NAME, _read_standard_input(encoding))]
    path = Path(name)
    if not path.is_dir():
        return [(path.name, read_text(path, encoding))]
    found = paths(name)
    if not found:
        raise CorpusError(
            f"{path} is a folder without .txt files; name the files that are to be read"
        )
    return [(p.relative_to(path).as_posix(), read_text(p, encoding)) for p in found]


def paths(name: str | os.PathLike[str]) -> list[Path]:
    """The files that are read at a path; none for what is no path."""
    path = Path(name)
    if not path.is_dir():
        return [path] if path.exists() and str(name) != STANDARD_INPUT else []
    found = sorted(path.rglob("*.txt"), key=lambda one: one.relative_to(path).parts)
    return [one for one in found if one.is_file() and not _is_hidden(one.relative_to(path))]


def _is_hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _read_standard_input(encoding: str | None) -> str:
    if int(os.environ.get("WORLD_SIZE") or 1) > 1:
        raise CorpusError(
            "several processes cannot share one standard input; put the text into a file"
        )
    return text_of(sys.stdin.buffer.read(), STANDARD_INPUT_NAME, encoding)


def join(texts: list[str]) -> str:
    """One text after the other; each but the last ends its last line."""
    ended = [text if text.endswith("\n") else text + "\n" for text in texts[:-1]]
    return "".join([*ended, texts[-1]])
