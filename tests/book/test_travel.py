"""Chapters travel: a notebook needs the package and nothing that lies beside it in the checkout."""

from __future__ import annotations

import ast
import contextlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

import pytest
from chapters import BOOK, code_cells
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from paths import ROOT

from rnnbook import corpora, experiments
from rnnbook.corpora import chapters
from rnnbook.errors import CorpusError, ExperimentError

QUICK = ("benchmarks", "reproduce")  # they read every kind of file that travels


def opened(source: str) -> Iterator[str]:
    """What a cell opens by a path relative to the folder that it happens to run in."""
    code = re.sub(r"^\s*[%!].*$", "", source, flags=re.MULTILINE)
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call):
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("Path", "open", "listdir", "scandir", "getcwd", "cwd"):
                yield ast.unparse(node)
        elif isinstance(node, ast.Constant) and _is_beside(str(node.value)):
            yield node.value


def _is_beside(text: str) -> bool:
    looks_like_a_file = re.fullmatch(r"[\w./-]*\w\.\w+", text)
    return text.startswith(("../", "./")) or bool(looks_like_a_file and (BOOK / text).is_file())


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ('Path("../results")', ["Path('../results')", "../results"]),
        ('open("input.txt")', ["open('input.txt')"]),
        ('json.load("results/units.json")', ["results/units.json"]),
        ('source("this-book.ipynb")', ["this-book.ipynb"]),
        ('Path().glob("*.ipynb")', ["Path()"]),
        ('experiments.load("units")["results"]', []),
        ("%matplotlib inline\nprint('a / b', 'results')", []),
    ],
)  # fmt: skip
def test_a_path_beside_the_book_is_noticed(cell, found):
    assert sorted(opened(cell)) == sorted(found)


@pytest.mark.parametrize("name", chapters.names())
def test_no_cell_opens_what_lies_beside_the_chapter(name):
    found = {cell: list(opened("".join(code["source"]))) for cell, code in code_cells(name).items()}
    assert not {cell: paths for cell, paths in found.items() if paths}


def test_what_chapters_read_is_found_by_its_name():
    names = experiments.benchmarks()
    assert names["sampling"] and experiments.benchmark("sampling")["results"]
    assert set(names) == {path.stem for path in (ROOT / "benchmarks" / "results").glob("*.json")}
    with pytest.raises(ExperimentError, match=r"run: python benchmarks/nothing\.py"):
        experiments.benchmark("nothing")
    kinds = {kind for kind, _ in chapters.cells("sampling")}
    assert kinds == {"markdown", "code"} and "temperature" in chapters.text("sampling")
    with pytest.raises(CorpusError, match=r"no chapter 'nothing'; it has .*, sampling, "):
        chapters.text("nothing")


def brought(*distributions: str) -> set[str]:
    """The modules that come with these distributions and with all that they need."""
    wanted, found = list(distributions), set()
    while wanted:
        name = canonicalize_name(wanted.pop())
        if name in found:
            continue
        found.add(name)
        with contextlib.suppress(metadata.PackageNotFoundError):  # of another system
            for line in metadata.requires(name) or []:
                one = Requirement(line)
                if not one.marker or one.marker.evaluate({"extra": ""}):
                    wanted.append(one.name)
    owners = metadata.packages_distributions()
    return {
        module for module, names in owners.items() if found & set(map(canonicalize_name, names))
    }


# Imports what a chapter imports, and asks for what it asks for, without the modules that are
# named; prints how that ended.
IMPORTS = """
import ast, sys
sys.modules.update(dict.fromkeys(sys.argv[1].split(","), None))
from rnnbook.corpora import chapters
for name in sys.argv[2:]:
    try:
        for kind, source in chapters.cells(name):
            tree = ast.parse("" if kind != "code" else source.replace("%matplotlib", "#"))
            for node in ast.walk(tree):
                if isinstance(node, (ast.Import, ast.ImportFrom)) or (
                    isinstance(node, ast.Expr) and "extras.require" in ast.unparse(node)
                ):
                    exec(ast.unparse(node), {"extras": __import__("rnnbook.extras").extras})
    except ImportError as error:
        print(name, type(error).__name__, error)
"""


@pytest.mark.slow
def test_a_chapter_says_what_it_needs_beyond_the_package():
    core = brought("rnnbook", "ipykernel") | {"rnnbook"} | set(sys.stdlib_module_names)
    hidden = sorted(set(metadata.packages_distributions()) - core)
    assert {"sklearn", "num2words", "sacrebleu", "gensim", "statsmodels"} <= set(hidden)
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS, ",".join(hidden), *chapters.names()],
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    said = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    for line in said.values():
        assert line.startswith("MissingLibraryError this chapter needs ")
    wanted = {name: line.partition("-m pip install ")[2] for name, line in said.items()}
    assert wanted == {  # the others need the package alone
        "beyond": "'rnnbook[corpora,experiments]'",
        "inside": "'rnnbook[corpora,experiments]'",
        "voices": "'rnnbook[book,corpora]'",
    }


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., str]:
    """Runs Python with the package as a wheel has it, in a folder with nothing else."""
    place = tmp_path_factory.mktemp("travel")
    source, package = place / "source", place / "package"
    unwanted = shutil.ignore_patterns(
        ".*", "*.egg-info", "_build", "build", "dist", "__pycache__", "tests"
    )
    shutil.copytree(ROOT, source, ignore=unwanted)
    build = [sys.executable, "setup.py", "--quiet", "build", "--build-base", place / "build"]
    subprocess.run(
        [*build, "--build-lib", package], cwd=source, check=True, capture_output=True, text=True
    )
    shutil.rmtree(source)
    environment = {**os.environ, "PYTHONPATH": str(package), "PYTHONDONTWRITEBYTECODE": "1"}

    def run(folder: Path, *arguments: str) -> str:
        done = subprocess.run(
            [sys.executable, *arguments], cwd=folder, env=environment,
            capture_output=True, text=True,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr[-3000:]
        return done.stdout

    assert run(place, "-c", "import rnnbook; print(rnnbook.__path__[0])").startswith(str(package))
    return run


@pytest.mark.slow
class TestElsewhere:
    def test_quick_chapters_run_in_an_empty_folder(self, elsewhere, tmp_path):
        for name in QUICK:
            shutil.copy(BOOK / f"{name}.ipynb", tmp_path)
        files = [f"{name}.ipynb" for name in QUICK]
        options = ["--to", "notebook", "--execute", "--output-dir", "ran"]
        elsewhere(tmp_path, "-m", "nbconvert", *options, *files)
        assert sorted(path.name for path in (tmp_path / "ran").iterdir()) == sorted(files)
        assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*files, "ran"])
        # every table of every benchmark is there
        text = (tmp_path / "ran" / "reproduce.ipynb").read_text(encoding="utf-8")
        assert all(f"python benchmarks/{name}.py" in text for name in experiments.benchmarks())

    def test_the_book_reads_itself(self, elsewhere, tmp_path):
        code = (
            "import hashlib; from rnnbook import corpora; "
            "print(hashlib.sha256(corpora.load('book').text.encode()).hexdigest())"
        )
        found = elsewhere(tmp_path, "-c", code).strip()
        assert found == corpora.load("book").describe()["sha256"]
