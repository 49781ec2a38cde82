"""What the cells of a chapter were computed from: modules of the package, and files of data.

The modules are those that the chapter imports, and those that they import in turn, as
``grimp`` reads them from the source. With a package come the files in its folder that are
no modules. What cannot be told is taken for used: a chapter that starts the package as a
program uses all of it.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path

import grimp

IGNORED = ("__pycache__", "_build", ".ipynb_checkpoints", ".virtual_documents")
#: Folders of the package that hold no modules, and the modules that read them.
READERS = {"models": "checkpoints"}
MAGIC = re.compile(r"^\s*[%!].*$", re.MULTILINE)
#: What a chapter may ask of the experiments without reading a result of every one.
HARMLESS = {"Interval", "benchmark", "benchmarks", "deviations", "difference", "interval"}
#: Modules that read all results.
READ_ALL = {"claims"}


class Package:
    """A package's modules, who imports whom, and the files that come with them."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.name = folder.name

    @cached_property
    def _graph(self) -> grimp.ImportGraph:
        return grimp.build_graph(self.name, cache_dir=None)

    def modules_of(self, code: str) -> set[str]:
        """The modules that code imports, with all that these need."""
        if self._starts_programs(code):
            return set(self._graph.modules)
        todo, found = set(self._imported(code)), set()
        while todo:
            module = todo.pop()
            found.add(module)
            parent = module.rpartition(".")[0]
            near = {*self._graph.find_modules_directly_imported_by(module), *filter(None, [parent])}
            todo |= near - found
        return found

    def _imported(self, code: str) -> Iterator[str]:
        known = self._graph.modules
        for node in ast.walk(_parsed(code)):
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
            else:
                continue
            yield from (name for name in names if name in known)

    def _starts_programs(self, code: str) -> bool:
        named = re.compile(rf"\b{self.name}\b(?!-)")
        magic = any(named.search(line) for line in MAGIC.findall(code))
        program = re.compile(rf"^{self.name}(\.\w+)*$|-m {self.name}\b")
        return magic or any(program.search(text) for text in _strings(_parsed(code)))

    def files_of(self, modules: set[str]) -> list[Path]:
        """The source of modules, and what else lies in the folders of the packages among them."""
        return [
            path
            for path in files(self.folder)
            if (self._module(path) if path.suffix == ".py" else self._owner(path)) in modules
        ]

    def _module(self, path: Path) -> str:
        parts = path.relative_to(self.folder.parent).with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def _owner(self, path: Path) -> str:
        reader = READERS.get(path.relative_to(self.folder).parts[0])
        if reader is not None:
            return f"{self.name}.{reader}"
        package = next(folder for folder in path.parents if (folder / "__init__.py").is_file())
        return self._module(package / "__init__.py")


def used_by(chapter: Path, package: Package) -> list[Path]:
    """All files of the package and beside the chapters that a chapter's cells may use."""
    code = code_of(chapter)
    modules = package.modules_of(code)
    found = {*package.files_of(modules), *_named_files(code, chapter.parent)}
    if f"{package.name}.experiments" in modules:
        own = {module.rpartition(".")[2] for module in modules}
        found.update(_results(code, chapter.parent / "results", bool(own & READ_ALL)))
        found.update(_benchmarks(code, chapter.parent.parent / "benchmarks"))
    return sorted(found)


def code_of(chapter: Path) -> str:
    """The code cells of a notebook, one after the other."""
    cells = json.loads(chapter.read_text(encoding="utf-8")).get("cells", [])
    return "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")


def files(folder: Path) -> list[Path]:
    """All files in a folder, without those that programs leave behind."""
    return [
        path
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not any(part in IGNORED for part in path.parts)
    ]


def _parsed(code: str) -> ast.Module:
    return ast.parse(MAGIC.sub("", code))


def _strings(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _named_files(code: str, here: Path) -> Iterator[Path]:
    """The files, and those in the folders, that strings of the code name."""
    for text in _strings(_parsed(code)):
        if not re.fullmatch(r"[\w./-]*[\w-]", text):
            continue
        path = (here / text).resolve()
        if path.is_file():
            yield path
        elif path.is_dir() and path not in here.resolve().parents:
            yield from files(path)


def _results(code: str, folder: Path, reads_all: bool) -> Iterable[Path]:
    """The results that the code loads by name; all of them if it may load others."""
    names, others = set(), reads_all
    for node in ast.walk(_parsed(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "experiments.load":
            if node.args and isinstance(node.args[0], ast.Constant):
                names.add(node.args[0].value)
            else:
                others = True
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) == "experiments":
            others = others or node.attr not in {"load", *HARMLESS}
    if others or not names:
        return files(folder)
    return [path for path in files(folder) if path.stem in names]


def _benchmarks(code: str, folder: Path) -> Iterator[Path]:
    """The results of benchmarks that the code reads; all, with the programs, if it may read others.

    A chapter reads one by ``experiments.benchmark("NAME")``.
    """
    names: list[str] = []
    mentions = 0
    for node in ast.walk(_parsed(code)):
        if isinstance(node, ast.Attribute):
            mentions += ast.unparse(node) in {"experiments.benchmark", "experiments.benchmarks"}
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "experiments.benchmark":
            names += [ast.literal_eval(one) for one in node.args if isinstance(one, ast.Constant)]
    if mentions > len(names):
        yield from files(folder)
    else:
        yield from (folder / "results" / f"{name}.json" for name in names)
