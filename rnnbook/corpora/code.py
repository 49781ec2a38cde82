"""Programs: Python's standard library, the C of Cython, and this book with its package."""

from __future__ import annotations

import hashlib
import sysconfig
from pathlib import Path

from rnnbook.corpora import chapters
from rnnbook.corpora.folders import fold_rare, package_folder
from rnnbook.errors import TextError
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


_PACKAGE = Path(__file__).parents[1]


def book() -> str:
    """The book's own source: its chapters, prose and code, and its package, Python and JavaScript.

    The files stand in an order that looks random and is not: by the digest of their
    names, so that a new file moves no other. The text changes as the book does.
    """
    found = {f"book/{path.name}": path for path in chapters.FOLDER.glob("*.md")}
    for pattern in ("**/*.py", "**/*.js"):
        paths = _PACKAGE.glob(pattern)
        found |= {f"rnnbook/{path.relative_to(_PACKAGE).as_posix()}": path for path in paths}
    texts = {f"book/{name}.ipynb": chapters.text(name) for name in chapters.names()}
    texts |= {name: path.read_text(encoding="utf-8") for name, path in found.items()}
    order = sorted(texts, key=lambda name: hashlib.sha256(name.encode()).digest())
    sources = (texts[name].strip() for name in order)
    return fold_rare("\n\n".join(source for source in sources if source) + "\n", keep=96)
