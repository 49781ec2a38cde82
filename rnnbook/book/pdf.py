"""The whole book as a PDF: ``python -m rnnbook.book.pdf``, which is ``make pdf``.

The pages are bound into one, and Chromium prints it twice: the first time tells on which
sheet each chapter begins, which the second writes into the table of contents. The fonts come
with matplotlib, so that the book looks the same from every machine.
"""

from __future__ import annotations

import io
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

import matplotlib
from pypdf import PdfReader

from rnnbook.book import paper
from rnnbook.book.build import HTML, OUTPUT
from rnnbook.book.chromium import open_browser
from rnnbook.book.paper import Colophon, Page
from rnnbook.streams import standard_streams

PDF = OUTPUT / "rnnbook.pdf"
MILLISECONDS = 240_000  # that Chromium may take to print
CONTENTS = "Contents"
TEXT_WIDTH = "166mm"  # of the sheet, within the margins in pdf.css
WHOLE = 24  # lines of code that stay together
SERIF = {
    "normal 400": "STIXGeneral", "italic 400": "STIXGeneralItalic",
    "normal 700": "STIXGeneralBol", "italic 700": "STIXGeneralBolIta",
}  # fmt: skip
SANS = {
    "normal 400": "DejaVuSans", "italic 400": "DejaVuSans-Oblique",
    "normal 700": "DejaVuSans-Bold", "italic 700": "DejaVuSans-BoldOblique",
}  # fmt: skip
MONO = {
    "normal 400": "DejaVuSansMono", "italic 400": "DejaVuSansMono-Oblique",
    "normal 700": "DejaVuSansMono-Bold", "italic 700": "DejaVuSansMono-BoldOblique",
}  # fmt: skip
FAMILIES = {"Book Serif": SERIF, "Book Sans": SANS, "Book Mono": MONO}
HALF = 450  # CSS pixels: half of what a sheet holds
# Short code and tables stay whole; what is wider than the text is made smaller. A caption is the
# first row of its table's head, so that it stands overleaf, too.
FIT = """([lines, half]) => {
  const width = document.body.clientWidth;
  for (const block of document.querySelectorAll("pre")) {
    if (block.textContent.split("\\n").length <= lines) block.classList.add("paper-whole");
  }
  for (const wide of document.querySelectorAll("table, .formula > math")) {
    const room = wide.parentElement.clientWidth;
    const needed = Math.max(wide.scrollWidth, wide.getBoundingClientRect().width);
    if (needed > room + 1) wide.style.zoom = room / needed;
  }
  for (const table of document.querySelectorAll("table")) {
    const { caption, tHead: head } = table;
    const height = table.getBoundingClientRect().height;
    table.classList.add(height < half ? "paper-whole" : "paper-long");
    if (!caption || !head) continue;
    const cell = document.createElement("td");
    cell.colSpan = head.rows[0].cells.length;
    cell.className = "paper-caption";
    cell.append(...caption.childNodes);
    caption.remove();
    head.insertRow(0).append(cell);
  }
}"""

# What is cut off at the sheet's edge all the same, by the page that it stands on.
CUT = """() => {
  const edge = document.body.getBoundingClientRect().right + 1;
  return [...document.querySelectorAll(".paper-page *")]
    .filter((element) => !element.closest("svg, math") || element.matches("svg, math"))
    .filter((element) => element.getBoundingClientRect().right > edge)
    .map((element) => `${element.closest(".paper-page").id}: ${element.textContent.slice(0, 60)}`);
}"""


def main() -> int:
    """Print the book if need be, say where it is, and return the exit code."""
    return paper.run(PDF, write)


def write(root: Path, path: Path) -> None:
    """Write the PDF. Raises :class:`RuntimeError` without a Chromium, or if a page is cut off."""
    colophon = Colophon.read(root)
    with open_browser() as browser:
        pages = paper.pages(root, browser)
        sheets: Mapping[str, int] = {}
        for _ in range(2):
            html = bind(pages, colophon, root, sheets)
            data = _print(browser, html, root / paper.FOLDER)
            sheets = starts(data, pages)
    path.write_bytes(data)


def bind(pages: Iterable[Page], colophon: Colophon, root: Path, sheets: Mapping[str, int]) -> str:
    """The book as one page; ``sheets`` says where each of its pages begins, as far as known."""
    pages = list(pages)
    style = "\n".join(
        [fonts(root), *(paper.text(name) for name in ("paper.css", "pdf.css")), *map(_head, pages)]
    )
    folder = (root / HTML).resolve().as_uri() + "/"
    bodies = "\n".join(
        re.sub(r'href="[\w-]+\.xhtml#', 'href="#', paper.pictures(page.body, folder)[0])
        for page in pages
    )
    return (
        f'<!doctype html><html lang="{colophon.language}"><meta charset="utf-8">'
        f"<title>{escape(colophon.title)}</title>"
        f'<meta name="author" content="{escape(colophon.authors)}"><style>{style}</style>'
        f"<body>{colophon.front()}{_contents(pages, sheets)}{bodies}</body></html>"
    )


def starts(data: bytes, pages: Iterable[Page]) -> dict[str, int]:
    """The sheet on which each page begins, counted from 1, as the PDF's outline has it.

    A heading of two lines loses the space between them in the outline, so that spaces do not count.

    Raises :class:`RuntimeError` if the outline does not have every page, in order.
    """
    pages = list(pages)
    reader = PdfReader(io.BytesIO(data))
    top = [entry for entry in reader.outline if not isinstance(entry, list)]
    found = [(_close(str(entry.title)), reader.get_destination_page_number(entry)) for entry in top]
    titles = [_close(page.label + page.title) for page in pages]
    chapters = [(title, number) for title, number in found if title in titles]
    if [title for title, _ in chapters] != titles:
        missing = set(titles) - {title for title, _ in chapters}
        raise RuntimeError(f"the PDF's outline lacks {', '.join(missing) or 'the order of pages'}")
    return {page.name: (number or 0) + 1 for page, (_, number) in zip(pages, chapters, strict=True)}


def _close(title: str) -> str:
    """A title without its spaces."""
    return "".join(title.split())


def _print(browser: Any, html: str, folder: Path) -> bytes:
    with tempfile.NamedTemporaryFile("w", suffix=".html", dir=folder, encoding="utf-8") as file:
        file.write(html)
        file.flush()
        page = browser.new_page()
        page.set_default_timeout(MILLISECONDS)
        page.emulate_media(media="print", color_scheme="light")
        page.goto(Path(file.name).as_uri())
        page.add_style_tag(content=f"body {{ width: {TEXT_WIDTH}; }}")
        page.evaluate("document.fonts.ready")
        page.evaluate(FIT, [WHOLE, HALF])
        if cut := page.evaluate(CUT):
            raise RuntimeError(f"wider than the sheet: {'; '.join(cut)}")
        data: bytes = page.pdf(
            prefer_css_page_size=True, print_background=True, outline=True, tagged=True
        )
        page.close()
    return data


def _contents(pages: list[Page], sheets: Mapping[str, int]) -> str:
    parts = []
    for part, inside in groupby(pages, key=lambda page: page.part):
        rows = "".join(
            f'<li><a href="#{page.name}"><span class="paper-number">{page.label}</span>'
            f"<span>{escape(page.title)}</span>"
            f'<span class="paper-sheet">{sheets.get(page.name, "000")}</span></a></li>'
            for page in inside
        )
        heading = f"<p class='paper-part'>{escape(part)}</p>" if part else ""
        parts.append(f"{heading}<ol>{rows}</ol>")
    return f'<nav class="paper-contents"><h1>{CONTENTS}</h1>{"".join(parts)}</nav>'


def _head(page: Page) -> str:
    """A sheet's head names the chapter that it belongs to."""
    title = page.title.replace("\\", "").replace('"', "")
    head = f'@top-right {{ content: "{title}"; color: #5b6470; font: 8pt "Book Sans"; }}'
    return f"@page {page.name} {{ {head} }}\n#{page.name} {{ page: {page.name}; }}"


def fonts(root: Path) -> str:
    """The faces that the printed pages use, as CSS."""
    folder = Path(matplotlib.get_data_path(), "fonts", "ttf")
    faces = [
        (family, face, (folder / f"{file}.ttf").as_uri())
        for family, files in FAMILIES.items()
        for face, file in files.items()
    ]
    math = (root / HTML / "_static" / "rnnbook" / "math.woff2").resolve()
    faces.append(("Book Math", "normal 400", math.as_uri()))
    return "\n".join(
        f'@font-face {{ font-family: "{family}"; font-style: {face.split()[0]}; '
        f'font-weight: {face.split()[1]}; src: url("{address}"); }}'
        for family, face, address in faces
    )


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main())
