"""``rnnbook book``: the built book, opened in a browser."""

from __future__ import annotations

import argparse
import webbrowser
from pathlib import Path

import rnnbook
from rnnbook.errors import BookError

INDEX = Path("book", "_build", "html", "index.html")


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "book",
        help="open the built book, or say how to build it",
        description="Open the pages that `make book` has built, in the browser of this machine.",
    )
    parser.add_argument("--where", action="store_true", help="only print where the pages are")
    parser.set_defaults(run=run_book)


def find_book(start: Path) -> Path:
    """The first page of the built book: of the checkout that a folder lies in, or of the one
    that this package was installed from.

    Raises :class:`~rnnbook.errors.BookError`, which says what to do, if there is none.
    """
    folders = [start, *start.parents, Path(rnnbook.__file__).resolve().parents[1]]
    checkouts = [folder for folder in folders if (folder / "book" / "_toc.yml").is_file()]
    if not checkouts:
        raise BookError(
            "there is no checkout of the book here: the package holds its networks and figures, "
            "and its chapters are in its repository. Clone that, and run: make book"
        )
    for folder in checkouts:
        if (folder / INDEX).is_file():
            return folder / INDEX
    raise BookError(f"the book is not built yet; in {checkouts[0]}, run: make book")


def run_book(options: argparse.Namespace) -> int:
    """Print where the book is, and open it."""
    index = find_book(Path.cwd())
    print(index.resolve().as_uri())
    if not options.where and not webbrowser.open(index.resolve().as_uri()):
        print("no browser could be opened here; open that address in one")
    return 0
