"""A notebook that was run becomes one HTML file whose figures live, with no network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import nbformat
import pytest
from browser import visit
from live import rest
from nbclient import NotebookClient

from rnnbook import packed
from rnnbook.book.exporter import LiveExporter
from rnnbook.widgets import portable

CELLS = (
    "from rnnbook.widgets import Reader, Sampler",
    'Sampler("names", prompt="A", length=60)',
    'Sampler("names", prompt="B", length=60)',
    'Reader("names", "Anna")',
)


@pytest.fixture(scope="module")
def page(tmp_path_factory: Any) -> Path:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(x) for x in CELLS])
    environment = {k: v for k, v in os.environ.items() if k != portable.VARIABLE}
    NotebookClient(notebook, timeout=120, kernel_name="python3").execute(env=environment)
    text, _ = LiveExporter(mathjax_url="").from_notebook_node(notebook)
    path = tmp_path_factory.mktemp("exported") / "page.html"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.slow
def test_the_weights_travel_once(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert list(packed.find(text)) == ["names"] and text.count(packed.TYPE) < 10
    assert text.count("rnnbookEngine()") < 5 and "vnd.jupyter.widget" not in text
    assert len(text) < 1_300_000


@pytest.mark.slow
@pytest.mark.browser
def test_every_figure_of_an_exported_notebook_lives(browser: Any, page: Path) -> None:
    with visit(browser, page.as_uri(), offline=True) as (tab, record):
        figures = tab.locator(".rnnbook-figure")
        assert figures.count() == 3
        for k in range(3):
            figures.nth(k).scroll_into_view_if_needed()
        tab.wait_for_function("document.querySelectorAll('[data-alive]').length === 3")
        figures.nth(1).get_by_label("Seed").fill("5")
        figures.nth(1).get_by_label("Seed").press("Enter")
        tab.wait_for_function("document.body.textContent.includes('Wrote 60 characters')")
        assert len(rest(tab)) > 10
        record.assert_clean()
