"""How the book is built: Sphinx extensions of our own, and the command that runs the build.

Nothing here is needed to read a chapter as a notebook.
"""

from __future__ import annotations

import sys

from rnnbook import extras
from rnnbook.errors import MissingLibraryError

#: What the commands of this folder need, and an installation without the extra lacks.
_NEEDED = ("jupyter_book", "jupyter_cache", "grimp", "playwright")


def _refuse_without_libraries() -> None:
    """End ``python -m rnnbook.book.build`` and its like in one line where a library is missing.

    While Python looks for the module that ``-m`` names, this package is imported, and the first
    of the arguments is ``-m``.
    """
    if sys.argv[:1] == ["-m"]:
        try:
            extras.require("building the book", *_NEEDED)
        except MissingLibraryError as error:
            sys.exit(f"rnnbook: {error}")


_refuse_without_libraries()
