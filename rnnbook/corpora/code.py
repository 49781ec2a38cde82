"""Programs: Python's standard library, and the C of Cython."""

from __future__ import annotations

import sysconfig
from pathlib import Path

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
