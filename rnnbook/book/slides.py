"""Slides of every chapter, for who teaches it: ``python -m rnnbook.book.slides``, which is
``make slides``.

Nothing is written for them. A chapter's question, its promises, its figures with their captions,
its summaries and its quiz are all in the built book; ``slides.js`` lays them out, one thing a
slide, and Chromium prints them. A summary comes after the figures of its section, so that a class
can be asked first.
"""

from __future__ import annotations

import sys
import tempfile
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

from tqdm import tqdm

from rnnbook.book import paper, pdf
from rnnbook.book.build import HTML, OUTPUT
from rnnbook.book.chromium import open_browser
from rnnbook.book.paper import Colophon, Page
from rnnbook.files import write_atomically
from rnnbook.streams import standard_streams

FOLDER = OUTPUT / "slides"
LIST = FOLDER / "slides.txt"
MILLISECONDS = 120_000  # that Chromium may take for a chapter
#: Sections that are for reading at home.
ENDS = ("Quiz", "Exercises", "Where this lives", "Further reading")


def main() -> int:
    """Make the slides if need be, say where they are, and return the exit code."""
    Path(FOLDER).mkdir(parents=True, exist_ok=True)
    return paper.run(LIST, write)


def write(root: Path, path: Path) -> None:
    """Write a PDF for each chapter, and a list of them to ``path``.

    Raises :class:`RuntimeError` without a Chromium.
    """
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    with open_browser() as browser:
        chapters = [page for page in paper.pages(root, browser) if page.label]
        lines = []
        for page in tqdm(chapters, unit="chapter", desc="Slides"):
            name = f"{int(page.label):02}-{page.name}.pdf"
            data, count = _print(browser, page, root)
            write_atomically(folder / name, partial(Path.write_bytes, data=data))
            lines.append(f"{name}  {page.title}: {count} slides\n")
    path.write_text("".join(lines), encoding="utf-8")


def bind(page: Page, root: Path) -> str:
    """The chapter as one page of HTML, which ``slides.js`` will take apart."""
    folder = (root / HTML).resolve().as_uri() + "/"
    styles = [pdf.fonts(root), *(paper.text(name) for name in ("paper.css", "slides.css"))]
    title = f"{page.label}. {page.title}"
    language = Colophon.read(root).language
    return (
        f'<!doctype html><html lang="{language}"><meta charset="utf-8">'
        f"<title>{escape(title)}</title><style>{''.join(styles)}</style>"
        f"<body>{paper.pictures(page.body, folder)[0]}</body></html>"
    )


def _print(browser: Any, page: Page, root: Path) -> tuple[bytes, int]:
    """The slides of a chapter as a PDF, and how many there are."""
    folder = root / paper.FOLDER
    with tempfile.NamedTemporaryFile("w", suffix=".html", dir=folder, encoding="utf-8") as file:
        file.write(bind(page, root))
        file.flush()
        shown = browser.new_page()
        shown.set_default_timeout(MILLISECONDS)
        shown.emulate_media(media="print", color_scheme="light")
        shown.goto(Path(file.name).as_uri())
        shown.evaluate("document.fonts.ready")
        count: int = shown.evaluate(paper.text("slides.js"), list(ENDS))
        data: bytes = shown.pdf(prefer_css_page_size=True, print_background=True, tagged=True)
        shown.close()
    return data, count


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main())
