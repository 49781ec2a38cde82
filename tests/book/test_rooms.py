"""The map of the package, and the ways between chapters and modules, hold in both directions."""

from __future__ import annotations

import ast
import re
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

import networkx
import pytest

from rnnbook.book import chapters, rooms
from rnnbook.book import map as package_map
from rnnbook.book.dependencies import Package, code_of
from rnnbook.book.rooms import PACKAGE, ROOT, Imports

BOOK = ROOT / "book"
HELD = rooms.load()
IMPORTS = Imports()
TERM = re.compile(r"^(\S.*)\n  \S", re.MULTILINE)
TAUGHT = re.compile(r"\b(?:Taught|Used) in the chapters? ((?:\*[^*]+\*(?:, and |, | and )?)+)")
LIVES = re.compile(r"^## Where this lives\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
CHAPTERS = [chapter for chapter in chapters.load(BOOK) if chapter.page is not None]


def glossary() -> list[str]:
    text = (BOOK / "glossary.md").read_text(encoding="utf-8")
    return TERM.findall(text.partition(":sorted:")[2])


def names_in(path: Path) -> set[str]:
    """All that is defined or imported in a module, at any depth."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)):
            found.add(node.name)
        elif isinstance(node, ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            found.update(target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return found


def file_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    file, package = path.with_suffix(".py"), path / "__init__.py"
    return next((found for found in (file, package) if found.is_file()), None)


def resolves(name: str) -> bool:
    """Whether a dotted name is a module, or something that a module defines or imports."""
    parts = name.split(".")
    for k in range(len(parts), 0, -1):
        file = file_of(".".join(parts[:k]))
        if file is not None:
            return set(parts[k:]) <= names_in(file)
    return False


def module_of(name: str) -> str:
    """The module that a dotted name is in."""
    parts = name.split(".")
    while file_of(".".join(parts)) is None:
        parts.pop()
    return ".".join(parts)


def title(page: str) -> str:
    return chapters.headings(chapters.prose(chapters.source_of(BOOK, page)))[0]


def lives(page: str) -> list[str]:
    """The names of the package in the table at a chapter's end."""
    found = LIVES.search(chapters.prose(chapters.source_of(BOOK, page)))
    return re.findall(rf"`({PACKAGE}(?:\.\w+)+)`", found[1]) if found else []


def taught_in(module: str) -> list[str]:
    """The chapters that a module's docstring names."""
    tree = ast.parse(file_of(module).read_text(encoding="utf-8"))
    text = " ".join((ast.get_docstring(tree) or "").split())
    return [name for found in TAUGHT.findall(text) for name in re.findall(r"\*([^*]+)\*", found)]


@cache
def modules_of(page: str) -> set[str]:
    """All modules that a chapter's code may use."""
    return Package(ROOT / PACKAGE).modules_of(code_of(BOOK / f"{page}.ipynb"))


def test_no_modules_import_each_other() -> None:
    groups = networkx.strongly_connected_components(IMPORTS.modules())
    assert [sorted(group) for group in groups if len(group) > 1] == []


def test_every_room_is_on_the_map_and_no_other() -> None:
    folder = ROOT / PACKAGE
    files = {path.stem for path in folder.glob("[!_]*.py")}
    packages = {path.parent.name for path in folder.glob("*/__init__.py")}
    assert set(HELD) == files | packages


def test_the_map_is_that_of_the_imports() -> None:
    assert [path.name for path in package_map.stale()] == [], "run `make map`"


def test_the_drawing_shows_each_room_and_each_arrow_points_down() -> None:
    arrows = networkx.DiGraph([("top", "low"), ("top", "middle"), ("middle", "low")])
    arrows.add_edge("top", "other")
    held = {name: rooms.Room(name, "<b> & it", {}) for name in arrows}
    root = ElementTree.fromstring(package_map.drawing(arrows, held))
    svg = "{http://www.w3.org/2000/svg}"
    tops = {text.text: float(text.get("y")) for text in root.iter(f"{svg}text")}
    assert set(tops) == set(arrows)
    assert all(tops[upper] < tops[lower] for upper, lower in arrows.edges)
    assert len(list(root.iter(f"{svg}path"))) == 3, "top to low goes by the middle"
    assert "middle imports low" in root.find(f"{svg}desc").text


@pytest.mark.parametrize("term", glossary())
def test_a_concept_is_found_from_the_map_in_one_step(term: str) -> None:
    places = [(room, room.concepts[term]) for room in HELD.values() if term in room.concepts]
    assert len(places) == 1, f"{term} has {len(places)} places in book/rooms.toml"
    ((room, place),) = places
    path = ROOT / PACKAGE / place.file
    assert path.is_file() and place.file.split("/")[0].removesuffix(".py") == room.name
    assert place.name in names_in(path), f"{place.name} is not in {place.file}"
    guide = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    link = f"[{place.file}]({PACKAGE}/{place.file}): "
    (told,) = (line for line in guide.splitlines() if link in line)
    after = told.partition(link)[2].partition(";")[0]
    assert term in after.rstrip(".").split(", ")


def test_the_map_has_no_concept_that_the_glossary_lacks() -> None:
    assert {term for room in HELD.values() for term in room.concepts} == set(glossary())


@pytest.mark.parametrize("page", [chapter.page for chapter in CHAPTERS])
def test_what_a_chapter_says_of_where_this_lives_is_there(page: str) -> None:
    assert [name for name in lives(page) if not resolves(name)] == []


def test_a_module_is_taught_in_chapters_that_use_it() -> None:
    pages = {title(chapter.page): chapter.page for chapter in CHAPTERS}
    wrong = []
    for module in IMPORTS.graph.modules:
        for name in taught_in(module):
            page = pages.get(name)
            if page is None or not {module, *inside(module)} & used_or_named(page):
                wrong.append(f"{module} is not taught in *{name}*")
    assert wrong == []


def inside(module: str) -> set[str]:
    """The modules inside a package."""
    return {other for other in IMPORTS.graph.modules if other.startswith(f"{module}.")}


def used_or_named(page: str) -> set[str]:
    """What a chapter's code uses, or its table names: a package with all that is in it."""
    named = {module_of(name) for name in lives(page) if resolves(name)}
    return modules_of(page) | named | {other for module in named for other in inside(module)}


def test_a_chapter_sends_its_readers_to_modules_that_name_it() -> None:
    wrong = []
    for chapter in CHAPTERS:
        own = title(chapter.page)
        for name in lives(chapter.page):
            taught = taught_in(module_of(name))
            if taught and own not in taught:
                wrong.append(f"{chapter.page} names {name}, which names {', '.join(taught)}")
    assert wrong == []
