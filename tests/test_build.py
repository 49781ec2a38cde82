"""When a build is repeated, and when computed cells are kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from rnnbook.book import build
from rnnbook.book.fonts import icon_characters, math_characters


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with a book that has been built."""
    files = {
        "_config.yml": "title: t",
        "book/_toc.yml": "root: index",
        "book/index.md": "# t",
        "book/one.ipynb": "{}",
        "book/results/one.json": "[]",
        "rnnbook/text.py": "A = 1",
        "rnnbook/widgets/sampler.js": "1",
        "rnnbook/models/m.safetensors": "w",
        "rnnbook/book/book.css": "p {}",
        "book/_build/html/index.html": "<p>",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    (tmp_path / build.STAMP).write_text(build._book_key(tmp_path))
    return tmp_path


def test_what_is_built_is_not_built_again(checkout: Path) -> None:
    assert build.is_current(checkout)


@pytest.mark.parametrize(
    ("name", "recomputes"),
    [
        ("rnnbook/text.py", True),
        ("rnnbook/widgets/sampler.js", True),
        ("rnnbook/models/m.safetensors", True),
        ("book/results/one.json", True),
        ("rnnbook/book/book.css", False),
        ("book/index.md", False),
        ("book/one.ipynb", False),  # its own cells are keyed by its own source
    ],
)
def test_a_change_builds_again_and_recomputes_what_may_use_it(
    checkout: Path, name: str, recomputes: bool
) -> None:
    before = build._cells_key(checkout)
    (checkout / name).write_text("changed")
    assert not build.is_current(checkout)
    assert (build._cells_key(checkout) != before) == recomputes


def test_a_book_without_pages_is_built_again(checkout: Path) -> None:
    (checkout / build.HTML / "index.html").unlink()
    assert not build.is_current(checkout)


def test_elsewhere_the_build_says_where_to_go(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="No book here"):
        build.find_root(tmp_path)


def test_fonts_keep_what_the_pages_show() -> None:
    characters = math_characters(["<p>é</p><math><mi>h</mi><mo>&#x2299;</mo></math>"])
    assert {"h", "ℎ", "⊙"} <= characters and "é" not in characters
    style = '.fa-bars:before,.fa-navicon:before{content:"\\f0c9"}.fa-car:before{content:"\\f1b9"}'
    style += 'html{--pst-icon-tip:"\\f0eb"}'
    assert icon_characters(['<i class="fa-solid fa-bars">'], [], [style]) == {"\uf0c9", "\uf0eb"}
