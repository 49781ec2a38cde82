"""Build the book: ``python -m rnnbook.book.build``, from anywhere inside the checkout.

A build that is up to date is not repeated. The results of a chapter's cells are
kept until something that they were computed from changes: the chapter, a module
that it uses, a file that it reads, or the releases installed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from jupyter_cache import get_cache

from rnnbook.book import dependencies, execution
from rnnbook.book.address import BASE_URL, REPOSITORY
from rnnbook.book.dependencies import files as _files
from rnnbook.files import write_atomically
from rnnbook.streams import standard_streams
from rnnbook.widgets import portable

PACKAGE = "rnnbook"
OUTPUT = Path("book", "_build")
HTML = OUTPUT / "html"
CACHE = execution.CACHE
STAMP = OUTPUT / ".built"  # the key of everything that the finished build was made from
CACHE_KEYS = OUTPUT / ".computed-with"  # a chapter's name -> the key of all that its cells use
# Jupyter Book ends a failed build with a traceback of its own; what failed stands above it.
PROGRAM = """
import sys
from jupyter_book.cli.main import main
try:
    main()
except RuntimeError:
    sys.exit(1)
"""
ARGUMENTS = ("build", "book", "--config", "_config.yml", "--path-output", "book")
NOISE = ("Kernel is running over TCP without encryption",)
STRICT = ("--warningiserror", "--nitpick", "--keep-going")


def main() -> int:
    """Build if need be, say where the book is, and return the exit code."""
    root = find_root(Path.cwd())
    if is_current(root):
        print("The book is up to date.")
    else:
        code = build(root)
        if code:
            print("The book was not built: see the warnings and errors above.", file=sys.stderr)
            return code
    index = (root / HTML / "index.html").resolve()
    print(f"Open the book: {index}\n          or:  {index.as_uri()}")
    return 0


def find_root(start: Path) -> Path:
    """The checkout that ``start`` lies in: the nearest folder with a ``_config.yml``."""
    for folder in (start, *start.parents):
        if (folder / "_config.yml").is_file() and (folder / "book" / "_toc.yml").is_file():
            return folder
    sys.exit("No book here. Go to the folder that holds _config.yml and book/, and try again.")


def is_current(root: Path) -> bool:
    """Whether the built book was made from what is there now."""
    return (root / HTML / "index.html").is_file() and _read(root / STAMP) == _book_key(root)


def build(root: Path) -> int:
    """Build from the sources; keep computed cells where nothing they use has changed."""
    key, keys = _book_key(root), _cells_keys(root)
    (root / STAMP).unlink(missing_ok=True)
    _forget(root, keys)
    # Pages are always written anew: Sphinx repeats no warning of a page that it keeps.
    for old in (root / HTML, root / OUTPUT / ".doctrees"):
        shutil.rmtree(old, ignore_errors=True)
    (root / OUTPUT).mkdir(parents=True, exist_ok=True)
    write_atomically(root / CACHE_KEYS, lambda path: _write(path, json.dumps(keys, indent=1)))
    chapters = [sys.executable, "-m", execution.__name__]
    pages = [sys.executable, "-c", PROGRAM, *ARGUMENTS, *STRICT]
    code = _run(chapters, cwd=root) or _run(pages, cwd=root)
    if code == 0:
        write_atomically(root / STAMP, lambda path: _write(path, key))
    return code


def _forget(root: Path, keys: Mapping[str, str]) -> None:
    """Drop the computed cells of the chapters whose keys are not those of last time."""
    known = _known_keys(root)
    if not known:
        shutil.rmtree(root / CACHE, ignore_errors=True)
    elif (root / CACHE).is_dir():
        cache = get_cache(root / CACHE)
        for record in cache.list_cache_records():
            name = Path(record.uri).stem
            if name not in keys or known.get(name) != keys[name]:
                cache.remove_cache(record.pk)


def _known_keys(root: Path) -> dict[str, str]:
    """The keys of last time; none if an older release of this program wrote something else."""
    try:
        known = json.loads(_read(root / CACHE_KEYS) or "{}")
    except ValueError:
        return {}
    return known if isinstance(known, dict) else {}


def _run(command: list[str], cwd: Path) -> int:
    """Run it and show what it prints, plainly; repeat its warnings at the end."""
    banner, warnings = False, []
    with subprocess.Popen(
        command, cwd=cwd, env=_environment(), text=True, encoding="utf-8",
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        for line in process.stdout or ():
            line = re.sub(r"\x1b\[[\d;]*m", "", line)
            banner = banner or line.startswith("Finished generating")
            if not (banner or line.strip("=\n") == "" or any(note in line for note in NOISE)):
                print(line, end="", flush=True)
            if ": WARNING: " in line:
                warnings.append(line)
    if warnings:
        print("\nTo mend:\n", *warnings, sep="", end="", flush=True)
    return process.returncode


def _environment() -> dict[str, str]:
    """The variables for the build and its kernels: this interpreter's kernel, our settings."""
    prefix = Path(sys.prefix) / "share" / "jupyter"
    known = os.environ.get("JUPYTER_PATH")
    path = os.pathsep.join([str(prefix), *([known] if known else [])])
    return {
        **os.environ,
        "JUPYTER_PATH": path,
        "JUPYTER_PREFER_ENV_PATH": "1",
        portable.VARIABLE: "1",  # the pages have scripts and weights in files beside them
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _cells_keys(root: Path) -> dict[str, str]:
    """For each notebook, the key of all that its cells use beside their own source."""
    package, releases = dependencies.Package(root / PACKAGE), _releases()
    return {
        path.stem: _digest(root, dependencies.used_by(path, package), extra=releases)
        for path in _files(root / "book")
        if path.suffix == ".ipynb"
    }


def _book_key(root: Path) -> str:
    folders = (root / "book", root / PACKAGE, root / "benchmarks")
    own = [root / name for name in ("_config.yml", "CITATION.cff") if (root / name).is_file()]
    sources = [*own, *(path for folder in folders for path in _files(folder))]
    addresses = (os.environ.get(name, "") for name in (BASE_URL, REPOSITORY))
    return _digest(root, sources, extra="\n".join([_releases(), *addresses]))


def _releases() -> str:
    """Python's release and that of every package installed."""
    installed = {f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}
    return "\n".join([sys.version, *sorted(installed)])


def _digest(root: Path, paths: Iterable[Path], *, extra: str) -> str:
    digest = hashlib.sha256(extra.encode())
    for path in paths:
        digest.update(f"\0{path.relative_to(root).as_posix()}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _read(path: Path) -> str | None:
    return path.read_text() if path.is_file() else None


def _write(path: Path, text: str) -> None:
    path.write_text(text)


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main())
