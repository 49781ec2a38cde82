"""The rooms of the package: what each holds, what it imports, where a concept is computed.

A room is a module or a package at the first level of ``rnnbook``. ``book/rooms.toml`` says
what each holds and which term of the glossary lives in which file; the imports are read from
the source. :mod:`rnnbook.book.map` draws what is found here.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import grimp
import networkx

ROOT = Path(__file__).parents[2]
PACKAGE = "rnnbook"


@dataclass(frozen=True)
class Place:
    """Where a concept is computed: a file of the package, and what it is called there."""

    file: str  # relative to the package's folder
    name: str = ""

    @classmethod
    def parse(cls, text: str) -> Place:
        return cls(*text.split("::", 1))


@dataclass(frozen=True)
class Room:
    """A module or package at the first level."""

    name: str
    holds: str
    concepts: Mapping[str, Place]

    @property
    def path(self) -> str:
        """As it is written in the tree: ``text.py``, or ``corpora/``."""
        is_folder = (ROOT / PACKAGE / self.name).is_dir()
        return f"{self.name}/" if is_folder else f"{self.name}.py"


def load(path: Path = ROOT / "book" / "rooms.toml") -> dict[str, Room]:
    """All rooms by name, in the order of the file."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    return {
        name: Room(
            name,
            entry["holds"],
            {term: Place.parse(place) for term, place in entry["concepts"].items()},
        )
        for name, entry in content.items()
    }


class Imports:
    """Which module imports which, as ``grimp`` reads it from the source."""

    def __init__(self, package: str = PACKAGE):
        self.package = package

    @cached_property
    def graph(self) -> grimp.ImportGraph:
        return grimp.build_graph(self.package, cache_dir=None)

    def modules(self) -> networkx.DiGraph:
        """An arrow from each module to each that it imports."""
        graph = self.graph
        arrows = networkx.DiGraph()
        arrows.add_nodes_from(sorted(graph.modules))
        for module in sorted(graph.modules):
            imported = sorted(graph.find_modules_directly_imported_by(module))
            arrows.add_edges_from((module, other) for other in imported)
        return arrows

    def rooms(self) -> networkx.DiGraph:
        """An arrow from each room to each that it imports."""
        arrows = networkx.DiGraph()
        for module, imported in self.modules().edges:
            here, there = _room(module), _room(imported)
            if here and there and here != there:
                arrows.add_edge(here, there)
        return arrows


def _room(module: str) -> str | None:
    """The room that a module is in; None for the package itself and its program."""
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and parts[1] != "__main__" else None
