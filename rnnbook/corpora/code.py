"""Programs: Python's standard library, the C of Cython, and this book with its package."""

from __future__ import annotations

import hashlib
import json
import sysconfig
from pathlib import Path

from rnnbook.corpora.folders import fold_rare, package_folder
from rnnbook.errors import CorpusError, TextError
from rnnbook.text import read_text


def python() -> str:
    """The standard library's modules, without tests; rare symbols become ``\\ufffd``."""
    folder = Path(sysconfig.get_path("stdlib"))
    skipped = {"test", "tests", "idle_test", "site-packages", "lib2to3", "__pycache__"}
    paths = [
        path
        for path in sorted(folder.glob("**/*.py"))
        if not skipped.intersection(path.relative_to(folder).parts)
    ]
    sources = []
    for path in paths:
        try:
            sources.append(read_text(path))
        except TextError:  # a module in another encoding
            continue
    return fold_rare("\n\n".join(sources), keep=96)


def c() -> str:
    """The C that Cython puts into every module it writes, one file after another."""
    folder = package_folder("Cython") / "Utility"
    paths = sorted(path for path in folder.iterdir() if path.suffix in (".c", ".h"))
    return "\n".join(read_text(path) for path in paths)


#: The checkout that the package lies in, if it is not installed without one.
_CHECKOUT = Path(__file__).parents[2]
_SOURCES = ("book/*.md", "book/*.ipynb", "book/appendix/*.md", "book/appendix/*.ipynb",
            "rnnbook/**/*.py", "rnnbook/**/*.js")  # fmt: skip


def book() -> str:
    """The book's own source: its chapters, prose and code, and its package, Python and JavaScript.

    The files stand in an order that looks random and is not: by the digest of their
    names, so that a new file moves no other. The text changes as the book does.

    Raises :class:`CorpusError` if the package is installed without its checkout.
    """
    if not (_CHECKOUT / "book" / "_toc.yml").exists():
        raise CorpusError(
            "the corpus 'book' is the book's own source, and rnnbook is installed here without "
            "it; clone the repository, and in it: python -m pip install -e ."
        )
    found = {
        path.relative_to(_CHECKOUT).as_posix(): path
        for pattern in _SOURCES
        for path in _CHECKOUT.glob(pattern)
    }
    order = sorted(found, key=lambda name: hashlib.sha256(name.encode()).digest())
    sources = (_source(found[name]).strip() for name in order)
    return fold_rare("\n\n".join(source for source in sources if source) + "\n", keep=96)


def _source(path: Path) -> str:
    """A file's text; of a notebook, its cells, an empty line between two."""
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".ipynb":
        return text
    return "\n\n".join("".join(cell["source"]) for cell in json.loads(text)["cells"])
