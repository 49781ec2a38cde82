"""Build the book: ``python -m rnnbook.book.build``, from anywhere inside the checkout.

A build that is up to date is not repeated. The results of a chapter's cells are
kept until something that they were computed from changes: the chapter, the
package, its weights, a file beside the chapters, or the releases installed.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from rnnbook.files import write_atomically

OUTPUT = Path("book", "_build")
HTML = OUTPUT / "html"
CACHE = OUTPUT / ".jupyter_cache"
STAMP = OUTPUT / ".built"  # the key of everything that the finished build was made from
CACHE_KEY = OUTPUT / ".computed-with"  # the key of everything that a cell may use
CHAPTERS = (".ipynb", ".md")
IGNORED = ("__pycache__", "_build", ".ipynb_checkpoints", ".virtual_documents")
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
    key, computed_with = _book_key(root), _cells_key(root)
    (root / STAMP).unlink(missing_ok=True)
    if _read(root / CACHE_KEY) != computed_with:
        shutil.rmtree(root / CACHE, ignore_errors=True)
    # Pages are always written anew: Sphinx repeats no warning of a page that it keeps.
    for old in (root / HTML, root / OUTPUT / ".doctrees"):
        shutil.rmtree(old, ignore_errors=True)
    (root / OUTPUT).mkdir(parents=True, exist_ok=True)
    write_atomically(root / CACHE_KEY, lambda path: _write(path, computed_with))
    code = _run([sys.executable, "-c", PROGRAM, *ARGUMENTS, *STRICT], cwd=root)
    if code == 0:
        write_atomically(root / STAMP, lambda path: _write(path, key))
    return code


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
        "MPLBACKEND": "module://matplotlib_inline.backend_inline",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }


def _cells_key(root: Path) -> str:
    package = [p for p in _files(root / "rnnbook") if p.parent != root / "rnnbook" / "book"]
    beside = [p for p in _files(root / "book") if p.suffix not in CHAPTERS]
    return _digest(root, [*package, *beside], extra=_releases())


def _book_key(root: Path) -> str:
    sources = [root / "_config.yml", *_files(root / "book"), *_files(root / "rnnbook")]
    return _digest(root, sources, extra=_releases())


def _releases() -> str:
    """Python's release and that of every package installed."""
    installed = {f"{d.name}=={d.version}" for d in importlib.metadata.distributions()}
    return "\n".join([sys.version, *sorted(installed)])


def _files(folder: Path) -> list[Path]:
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part in IGNORED for part in path.parts)
    ]


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
    sys.exit(main())
