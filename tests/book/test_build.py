"""When a build is repeated, and when computed cells are kept."""

from __future__ import annotations

import json
import os
from pathlib import Path

import nbformat
import pytest
from jupyter_cache import get_cache
from paths import ROOT

from rnnbook.book import build
from rnnbook.book.fonts import icon_characters, math_characters, without_truetype

NAME = "toybook"  # the graph of imports is of a package that Python finds


def notebook(*cells: str) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": [cell]} for cell in cells]})


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with a book that has been built."""
    files = {
        "_config.yml": "title: t",
        "book/_toc.yml": "root: index",
        "book/index.md": "# t",
        "book/text.ipynb": notebook("from toybook import text", "text.A"),
        "book/figure.ipynb": notebook("%matplotlib inline\nfrom toybook.widgets import Sampler"),
        "book/ledger.ipynb": notebook("from toybook import claims"),
        "book/rates.ipynb": notebook("from toybook import experiments\nexperiments.load('rates')"),
        "book/speed.ipynb": notebook(
            "from toybook import experiments\nexperiments.load('rates')",
            "experiments.benchmark('speed')",
        ),
        "book/speeds.ipynb": notebook(
            "from toybook import experiments\nexperiments.load('rates')",
            "list(experiments.benchmarks())",
        ),
        "book/program.ipynb": notebook("import os\nos.system('python -m toybook list')"),
        "book/results/rates.json": "[]",
        "book/results/sizes.json": "[]",
        "benchmarks/size.py": "",
        "benchmarks/results/size.json": "[]",
        "benchmarks/results/speed.json": "[]",
        "toybook/__init__.py": "",
        "toybook/text.py": "A = 1",
        "toybook/checkpoints.py": "def load():\n    from toybook import text",
        "toybook/claims.py": "from toybook import experiments",
        "toybook/experiments.py": "",
        "toybook/unused.py": "",
        "toybook/widgets/__init__.py": "from toybook.widgets.sampler import Sampler",
        "toybook/widgets/sampler.py": "from toybook import checkpoints\nSampler = 1",
        "toybook/widgets/sampler.js": "1",
        "toybook/models/m.safetensors": "w",
        "toybook/book/__init__.py": "",
        "toybook/book/book.css": "p {}",
        "book/_build/html/index.html": "<p>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(build, "PACKAGE", NAME)
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / build.STAMP).write_text(build._book_key(tmp_path))
    return tmp_path


def test_what_is_built_is_not_built_again(checkout: Path) -> None:
    assert build.is_current(checkout)


@pytest.mark.parametrize(
    ("name", "run_again"),
    [
        (
            "toybook/__init__.py",
            {"text", "figure", "ledger", "rates", "speed", "speeds", "program"},
        ),
        ("toybook/text.py", {"text", "figure", "program"}),  # imported within a function, too
        ("toybook/unused.py", {"program"}),
        ("toybook/widgets/sampler.js", {"figure", "program"}),
        ("toybook/models/m.safetensors", {"figure", "program"}),
        ("toybook/book/book.css", {"program"}),
        ("book/results/rates.json", {"ledger", "rates", "speed", "speeds", "program"}),
        ("book/results/sizes.json", {"ledger", "program"}),
        ("benchmarks/results/speed.json", {"speed", "speeds"}),
        ("benchmarks/results/size.json", {"speeds"}),
        ("benchmarks/size.py", {"speeds"}),
        ("book/index.md", set()),
        ("book/_toc.yml", set()),
    ],
)
def test_a_change_runs_those_chapters_again_that_may_use_it(
    checkout: Path, name: str, run_again: set[str]
) -> None:
    before = build._cells_keys(checkout)
    (checkout / name).write_text("changed = 1")
    after = build._cells_keys(checkout)
    assert {chapter for chapter in after if after[chapter] != before[chapter]} == run_again
    assert not build.is_current(checkout)


def test_new_releases_run_everything_again(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = build._cells_keys(checkout)
    monkeypatch.setattr(build, "_releases", lambda: "another")
    after = build._cells_keys(checkout)
    assert all(after[chapter] != before[chapter] for chapter in before)


def test_a_chapter_that_imports_more_depends_on_more(checkout: Path) -> None:
    before = build._cells_keys(checkout)
    (checkout / "book/text.ipynb").write_text(notebook("from toybook import checkpoints"))
    after = build._cells_keys(checkout)
    assert after.pop("text") != before.pop("text") and after == before


def test_only_the_cells_of_changed_chapters_are_forgotten(checkout: Path) -> None:
    cache = get_cache(checkout / build.CACHE)
    for name in ("text", "rates"):
        cell = nbformat.v4.new_code_cell(f"{name} = 1", execution_count=1)
        path = checkout / "book" / f"{name}.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        cache.cache_notebook_file(path, check_validity=False)
    keys = {"text": "1", "rates": "2"}
    (checkout / build.CACHE_KEYS).write_text(json.dumps(keys))

    def kept() -> set[str]:
        return {Path(record.uri).stem for record in cache.list_cache_records()}

    build._forget(checkout, keys)
    assert kept() == {"text", "rates"}
    build._forget(checkout, {**keys, "rates": "3"})
    assert kept() == {"text"}
    build._forget(checkout, {"rates": "3"})  # a chapter that is no more
    assert kept() == set()


@pytest.mark.parametrize("keys", [None, "3f2b", "12", "[]"])
def test_cells_of_an_unknown_make_are_forgotten(checkout: Path, keys: str | None) -> None:
    (checkout / build.CACHE).mkdir()
    if keys is not None:
        (checkout / build.CACHE_KEYS).write_text(keys)
    build._forget(checkout, {"text": "1"})
    assert not (checkout / build.CACHE).exists()


def test_a_book_without_pages_is_built_again(checkout: Path) -> None:
    (checkout / build.HTML / "index.html").unlink()
    assert not build.is_current(checkout)


def test_elsewhere_the_build_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No book here"):
        build.find_root(tmp_path)


def test_no_style_sheet_names_a_font_that_is_left_out() -> None:
    face = '@font-face{src:url(../a.woff2) format("woff2"),url(../a.ttf) format("truetype")}'
    assert without_truetype(face) == '@font-face{src:url(../a.woff2) format("woff2")}'
    quoted = "@font-face{src:url('a.woff2') format('woff2'), url('a.ttf') format('truetype')}"
    assert without_truetype(quoted) == "@font-face{src:url('a.woff2') format('woff2')}"


def test_fonts_keep_what_the_pages_show() -> None:
    characters = math_characters(["<p>é</p><math><mi>h</mi><mo>&#x2299;</mo></math>"])
    assert {"h", "ℎ", "⊙"} <= characters and "é" not in characters
    style = '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-car:before{content:"\\f1b9"}'
    style += 'html{--pst-icon-tip:"\\f0eb"}'
    assert icon_characters(['<i class="fa-solid fa-bars">'], [], [style]) == {"\uf0c9", "\uf0eb"}


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_build_runs_what_changed_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = tmp_path / "log.txt"
    cells = {
        "text": "from toybook import text\nprint(text.A)",
        "other": "from toybook import other\nprint(other.B)",
    }
    sources = {
        "_config.yml": (ROOT / "_config.yml").read_text(encoding="utf-8"),
        "CITATION.cff": (ROOT / "CITATION.cff").read_text(encoding="utf-8"),
        "book/_toc.yml": "format: jb-book\nroot: index\nchapters:\n- file: text\n- file: other\n",
        "book/index.md": "# Title\n\nWords.\n",
        "book/references.bib": "",
        "toybook/__init__.py": "",
        "toybook/text.py": "A = 'first value'",
        "toybook/other.py": "B = 1",
    }
    for name, text in sources.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name, code in cells.items():
        noted = f"with open({str(log)!r}, 'a') as log:\n    log.write('{name} ')\n{code}"
        cell = [nbformat.v4.new_markdown_cell(f"# {name}"), nbformat.v4.new_code_cell(noted)]
        kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3"}}
        nbformat.write(
            nbformat.v4.new_notebook(cells=cell, metadata=kernel),
            tmp_path / "book" / f"{name}.ipynb",
        )
    monkeypatch.setattr(build, "PACKAGE", NAME)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path), prepend=os.pathsep)

    def ran() -> list[str]:
        log.write_text("")
        assert build.build(tmp_path) == 0
        return sorted(log.read_text().split())

    assert ran() == ["other", "text"]
    (tmp_path / "book" / "index.md").write_text("# Title\n\nOther words.\n")
    assert ran() == []
    (tmp_path / "toybook" / "text.py").write_text("A = 'second value'")
    assert ran() == ["text"]
    page = (tmp_path / build.HTML / "text.html").read_text(encoding="utf-8")
    assert "second value" in page and "first value" not in page
    assert build.is_current(tmp_path)
