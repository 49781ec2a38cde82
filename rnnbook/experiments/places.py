"""Where results lie: in a checkout the book's own, in an installed package a copy of them.

Nothing is ever written beside an installed package: what one measures there is one's own.
"""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parents[1]
_ROOT = _PACKAGE.parent
#: Whether this package is read from a checkout of the book.
IS_CHECKOUT = (_ROOT / "pyproject.toml").is_file() and (_ROOT / "book" / "_toc.yml").is_file()
#: The results of the book's own experiments, which its claims rest on.
RESULTS = _ROOT / "book" / "results" if IS_CHECKOUT else _PACKAGE / "results"
#: Where an experiment writes if nothing else is said.
OUTPUT = RESULTS if IS_CHECKOUT else Path("rnnbook-results")
#: The programs of the benchmarks, in a checkout.
PROGRAMS = _ROOT / "benchmarks"
#: What the benchmarks measured.
BENCHMARKS = PROGRAMS / "results" if IS_CHECKOUT else RESULTS / "benchmarks"
