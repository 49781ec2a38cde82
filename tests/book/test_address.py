"""What pages say of themselves: previews, the sitemap, buttons that launch, how to cite."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest
import yaml
from bs4 import BeautifulSoup
from matplotlib.image import imread
from paths import ROOT
from sphinx.application import Sphinx

from rnnbook.book import address, build, citation, colab

EXTENSIONS = [
    "myst_nb", "sphinx_book_theme", "rnnbook.book.page", "rnnbook.book.address",
    "rnnbook.book.citation",
]  # fmt: skip
FIRST = "The first words of this page say “what it is”, & at some length."


@pytest.fixture
def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Path]:
    """Builds a small book with settings; gives its folder."""
    source, out = tmp_path / "book", tmp_path / "html"
    source.mkdir()
    (source / "index.md").write_text(f"# Title\n\n{FIRST}\n\n```{{toctree}}\none\n```\n")
    (source / "one.ipynb").write_text((ROOT / "book" / "models.ipynb").read_text())
    (source / "cite.md").write_text("---\norphan: true\n---\n# Cite\n\n```{citation}\n```\n")
    (tmp_path / "CITATION.cff").write_text((ROOT / "CITATION.cff").read_text())
    for name in (address.BASE_URL, address.REPOSITORY):
        monkeypatch.delenv(name, raising=False)

    def made(**settings: object) -> Path:
        found = {
            "extensions": EXTENSIONS, "html_theme": "sphinx_book_theme", "html_title": "A book",
            "nb_execution_mode": "off", "html_copy_source": True, **settings,
        }  # fmt: skip
        app = Sphinx(
            str(source), None, str(out), str(tmp_path / "trees"), "html", found,
            status=None, warning=None, freshenv=True,
        )  # fmt: skip
        app.build()
        return out

    return made


def said(page: Path) -> dict[str, str]:
    found = BeautifulSoup(page.read_text(encoding="utf-8"), "html.parser").find_all("meta")
    return {str(tag.get("property")): str(tag.get("content")) for tag in found}


def test_without_an_address_a_preview_is_words_only(pages: Callable[..., Path]) -> None:
    out = pages()
    found = said(out / "index.html")
    assert found["og:title"] == "Title" and found["og:type"] == "website"
    assert found["og:description"] == FIRST and found["og:site_name"] == "A book"
    assert "og:url" not in found and "og:image" not in found
    assert not (out / address.SITEMAP).exists() and not (out / address.CARD).exists()
    html = (out / "one.html").read_text(encoding="utf-8")
    assert "mybinder" not in html and "colab" not in html.lower()


def test_with_addresses_there_are_sitemap_picture_and_buttons(
    pages: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address.BASE_URL, "https://example.org/book")
    out = pages(rnnbook_repository="https://github.com/someone/rnnbook")
    found = said(out / "one.html")
    assert found["og:url"] == "https://example.org/book/one.html"
    assert found["og:image"] == f"https://example.org/book/{address.CARD}"
    assert imread(out / address.CARD).shape[:2] == (630, 1200)
    tree = ET.parse(out / address.SITEMAP)
    places = [place.text for place in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert places == [f"https://example.org/book/{name}.html" for name in ("cite", "index", "one")]
    html = (out / "one.html").read_text(encoding="utf-8")
    assert "https://mybinder.org/v2/gh/someone/rnnbook/main?urlpath=lab/tree/book/one.ipynb" in html
    colab = "https://colab.research.google.com/github/someone/rnnbook/blob/colab/book/one.ipynb"
    assert colab in html
    for image in BeautifulSoup(html, "html.parser").find_all("img"):
        assert (out / str(image["src"])).is_file()


def test_a_new_address_is_a_new_book(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    before = build._book_key(tmp_path)
    monkeypatch.setenv(address.BASE_URL, "https://example.org/")
    assert build._book_key(tmp_path) != before


def test_addresses_are_escaped_in_the_sitemap() -> None:
    assert "<loc>https://example.org/?a&amp;b</loc>" in address.sitemap(
        ["https://example.org/?a&b"]
    )


def test_the_citation_is_that_of_the_file(pages: Callable[..., Path]) -> None:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    text = BeautifulSoup((pages() / "cite.html").read_text(encoding="utf-8"), "html.parser").text
    assert found["title"] in text and f"Version {found['version']}" in text
    assert "author = {{The rnnbook authors}}" in text


def test_persons_and_dates_are_cited() -> None:
    found = {
        "title": "T", "version": "2", "date-released": "2030-01-02", "url": "https://example.org",
        "authors": [{"given-names": "Ada", "family-names": "Byron"}, {"name": "A group"}],
    }  # fmt: skip
    assert (
        citation.sentence(found) == "Ada Byron, A group. 2030. T. Version 2. https://example.org."
    )
    entry = citation.bibtex(found)
    assert "author = {Byron, Ada and {A group}}" in entry and "year = {2030}" in entry


def test_notebooks_for_colab_install_the_package_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(address.REPOSITORY, "https://github.com/someone/rnnbook/")
    assert colab.main([str(tmp_path)]) == 0
    sources = sorted((ROOT / "book").glob("*.ipynb"))
    assert [path.name for path in sources] == sorted(p.name for p in tmp_path.rglob("*.ipynb"))
    for source in sources:
        notebook = nbformat.read(tmp_path / "book" / source.name, as_version=4)
        nbformat.validate(notebook)
        first, *others = notebook.cells
        assert "--branch main https://github.com/someone/rnnbook /content" in first.source
        assert others == nbformat.read(source, as_version=4).cells


@pytest.mark.parametrize(
    "repository, branch",
    [("https://example.org/a b/c", "main"), ("x; rm -r y", "main"),
     ("https://github.com/someone/rnnbook", "--upload-pack=x"),
     ("https://github.com/someone/rnnbook", "a b")],
)  # fmt: skip
def test_an_address_is_no_command(repository: str, branch: str) -> None:
    with pytest.raises(ValueError, match="is not the"):
        colab.prepared(nbformat.v4.new_notebook(), repository, branch)


def test_without_a_repository_there_is_nothing_for_colab(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv(address.REPOSITORY, raising=False)
    assert colab.main([str(tmp_path)]) == 2
    assert address.REPOSITORY in capsys.readouterr().err and not list(tmp_path.iterdir())
