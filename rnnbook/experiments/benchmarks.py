"""What the benchmarks measured: times, and the quality that can be had in a time.

The programs lie in the repository's folder ``benchmarks``; their results, and what each of them
measures, travel in the package.
"""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from typing import Any

from rnnbook.errors import ExperimentError
from rnnbook.experiments.places import BENCHMARKS, IS_CHECKOUT, PROGRAMS

#: Of an installed package: what each benchmark measures, which a checkout reads from the programs.
TITLES = "titles.json"


def benchmarks() -> dict[str, str]:
    """The names of all benchmarks, with what each measures."""
    if IS_CHECKOUT:
        return titles(PROGRAMS)
    found: dict[str, str] = json.loads((BENCHMARKS / TITLES).read_text(encoding="utf-8"))
    return found


def benchmark(name: str, folder: Path = BENCHMARKS) -> dict[str, Any]:
    """What a benchmark measured, with its date, its machine and the releases.

    Raises :class:`ExperimentError` if there is no such result.
    """
    try:
        found: dict[str, Any] = json.loads((folder / f"{name}.json").read_text(encoding="utf-8"))
    except OSError as error:
        raise ExperimentError(
            f"there is no result of a benchmark {name!r}; in a checkout of the book, run: "
            f"python benchmarks/{name}.py"
        ) from error
    return found


def titles(folder: Path) -> dict[str, str]:
    """What each program in a folder measures: the beginning of its docstring."""
    found = {}
    for path in sorted(folder.glob("[a-z]*.py")):
        told = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
        found[path.stem] = re.split(": `|[.]$", told.partition("\n")[0])[0]
    return found
