"""The chapters as Colab needs them: ``python -m rnnbook.book.colab FOLDER``.

Colab opens a single notebook on a machine that knows nothing of this package. So the
button in a page leads to the branch ``colab``, which holds the same notebooks with one
cell before the first: it fetches the repository and installs what the chapter imports.
The publishing workflow writes that branch.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path

import nbformat
import yaml
from nbformat import NotebookNode

from rnnbook import corpora
from rnnbook.book.address import REPOSITORY
from rnnbook.book.build import find_root
from rnnbook.streams import standard_streams

CELL_ID = "colab-first"
FIRST = """# Colab starts with an empty machine: this fetches the book and what it imports.
import sys

!git clone -q --depth 1 --branch {branch} {repository} /content/book-source
%pip install -q '/content/book-source[experiments]'
%pip install -q --no-deps '{latex}'
sys.path.insert(0, "/content/book-source")
%cd -q /content/book-source/book"""


def main(arguments: list[str]) -> int:
    """Write the notebooks into the folder that is named, and return the exit code."""
    root = find_root(Path.cwd())
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
    settings = settings["sphinx"]["config"]
    repository = os.environ.get(REPOSITORY) or settings["rnnbook_repository"]
    if len(arguments) != 1 or not repository:
        print(f"python -m rnnbook.book.colab FOLDER, with {REPOSITORY} set", file=sys.stderr)
        return 2
    folder = Path(arguments[0], "book")
    folder.mkdir(parents=True, exist_ok=True)
    for path in sorted((root / "book").glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        notebook = prepared(notebook, repository.rstrip("/"), settings["rnnbook_branch"])
        nbformat.write(notebook, folder / path.name)
    return 0


def prepared(notebook: NotebookNode, repository: str, branch: str) -> NotebookNode:
    """The notebook behind a cell that installs the package from ``branch`` of ``repository``.

    Raises :class:`ValueError` if the address or the branch is none, for both stand in a command.
    """
    if not re.fullmatch(r"https://[\w.-]+/[\w.-]+/[\w.-]+", repository):
        raise ValueError(f"{repository!r} is not the address of a repository")
    if not re.fullmatch(r"[\w./-]+", branch) or branch.startswith("-"):
        raise ValueError(f"{branch!r} is not the name of a branch")
    source = FIRST.format(repository=repository, branch=branch, latex=_mathematics())
    cell = nbformat.v4.new_code_cell(source, id=CELL_ID)
    return nbformat.from_dict({**notebook, "cells": [cell, *notebook.cells]})


@functools.cache
def _mathematics() -> str:
    """The release that the text of mathematics is read from, as pip is asked for it."""
    return "==".join(corpora.load("latex").source.split())


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main(sys.argv[1:]))
