"""Pages with one live figure, for the tests that drive it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from browser import PATIENCE

from rnnbook.widgets.figure import LiveFigure
from rnnbook.widgets.static import write_assets


def page_with(folder: Path, figure: LiveFigure, models: tuple[str, ...] = ("shakespeare",)) -> Path:
    """A bare page on disk."""
    write_assets(folder / "_static" / "rnnbook", models)
    page = folder / "page.html"
    page.write_text(
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>figure</title>'
        '<link rel="icon" href="data:,">'
        '<meta name="viewport" content="width=device-width">'
        '<link rel="stylesheet" href="_static/rnnbook/live.css">'
        '<script defer src="_static/rnnbook/boot.js"></script>'
        f"<main><h1>Figure</h1>{figure.static_html()}</main></html>"
    )
    return page


def at_rest(page: Any) -> None:
    """Wait until the figure has done what it was asked."""
    page.wait_for_function("!document.querySelector('[aria-busy]')", timeout=PATIENCE)


def rest(page: Any) -> str:
    """The text, once the figure is at rest."""
    at_rest(page)
    return str(page.inner_text(".rnnbook-text"))
