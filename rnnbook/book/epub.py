"""The whole book as an EPUB 3: ``python -m rnnbook.book.epub``, which is ``make epub``.

An EPUB is a folder of XHTML in a zip file, a page of the book a file, with a list of all that is
in it and a table of contents: https://www.w3.org/TR/epub-33/. Its formulas are MathML.
"""

from __future__ import annotations

import sys
import uuid
import zipfile
from collections.abc import Iterable
from datetime import UTC, datetime
from html import escape
from itertools import groupby
from pathlib import Path
from typing import Any

from rnnbook.book import paper
from rnnbook.book.build import HTML, OUTPUT
from rnnbook.book.chromium import open_browser
from rnnbook.book.paper import Colophon, Page
from rnnbook.streams import standard_streams

EPUB = OUTPUT / "rnnbook.epub"
FOLDER = "EPUB"  # in the zip file
MEDIA = {
    ".css": "text/css", ".png": "image/png", ".svg": "image/svg+xml", ".woff2": "font/woff2",
    ".xhtml": "application/xhtml+xml",
}  # fmt: skip
COVER = {"width": 800, "height": 1200}  # CSS pixels, each two of the picture
CONTAINER = f"""<?xml version="1.0" encoding="UTF-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
  <rootfiles>
    <rootfile full-path="{FOLDER}/package.opf" media-type="application/oebps-package+xml"/>
  </rootfiles>
</container>
"""
MATH_FONT = """@font-face { font-family: "Book Math"; src: url("math.woff2"); }
math { font-family: "Book Math", math; }
"""
ACCESS = (
    ("accessMode", "textual"), ("accessMode", "visual"), ("accessModeSufficient", "textual"),
    ("accessibilityFeature", "alternativeText"), ("accessibilityFeature", "MathML"),
    ("accessibilityFeature", "structuralNavigation"), ("accessibilityFeature", "tableOfContents"),
    ("accessibilityHazard", "none"),
)  # fmt: skip


def main() -> int:
    """Write the book if need be, say where it is, and return the exit code."""
    return paper.run(EPUB, write)


def write(root: Path, path: Path) -> None:
    """Write the EPUB. Raises :class:`~rnnbook.book.chromium.NoBrowserError` without a Chromium."""
    colophon = Colophon.read(root)
    with open_browser() as browser:
        pages = paper.pages(root, browser)
        cover = _cover(browser, colophon)
    style = paper.text("paper.css") + MATH_FONT
    files: dict[str, bytes] = {
        "style.css": style.encode(),
        "math.woff2": (root / HTML / "_static" / "rnnbook" / "math.woff2").read_bytes(),
        "cover.png": cover,
        "cover.xhtml": _cover_page(colophon).encode(),
        "contents.xhtml": contents(pages, colophon).encode(),
    }
    for page in pages:
        body, pictures = paper.pictures(page.body, "")
        files[f"{page.name}.xhtml"] = xhtml(page.title, body, colophon).encode()
        files |= {picture: (root / HTML / picture).read_bytes() for picture in pictures}
    for still in sorted((root / paper.FOLDER / paper.STILLS).iterdir()):
        files[f"{paper.STILLS}/{still.name}"] = still.read_bytes()
    _zip(path, files, package(pages, files, colophon))


def xhtml(title: str, body: str, colophon: Colophon) -> str:
    """A file of the book."""
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE html>\n'
        '<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" '
        f'lang="{colophon.language}" xml:lang="{colophon.language}">'
        f'<head><title>{escape(title)}</title><link rel="stylesheet" href="style.css"/></head>'
        f"<body>{body}</body></html>\n"
    )


def contents(pages: Iterable[Page], colophon: Colophon) -> str:
    """The table of contents: the parts, and the pages in each."""

    def entry(page: Page) -> str:
        title = escape(" ".join(filter(None, (page.label, page.title))))
        return f'<li><a href="{page.name}.xhtml">{title}</a></li>'

    parts = []
    for part, inside in groupby(pages, key=lambda page: page.part):
        rows = "".join(map(entry, inside))
        parts.append(f"<li><span>{escape(part)}</span><ol>{rows}</ol></li>" if part else rows)
    listed = f'<nav epub:type="toc" id="toc"><h1>Contents</h1><ol>{"".join(parts)}</ol></nav>'
    return xhtml("Contents", listed, colophon)


def package(pages: Iterable[Page], names: Iterable[str], colophon: Colophon) -> str:
    """What is in the book, in which order it is read, and what it says of itself."""
    about = {page.name: _properties(page) for page in pages}
    about |= {"contents": "nav", "cover.png": "cover-image"}
    items = "".join(_item(name, about.get(name.removesuffix(".xhtml"), "")) for name in names)
    read = ["cover", "contents", *(page.name for page in pages)]
    spine = "".join(f'<itemref idref="{_id(f"{name}.xhtml")}"/>' for name in read)
    access = "".join(f'<meta property="schema:{name}">{value}</meta>' for name, value in ACCESS)
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    identity = uuid.uuid5(uuid.NAMESPACE_URL, f"{colophon.title} {colophon.version}")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n'
        '<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="identity" '
        f'xml:lang="{colophon.language}"><metadata xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f'<dc:identifier id="identity">urn:uuid:{identity}</dc:identifier>'
        f"<dc:title>{escape(colophon.title)}</dc:title>"
        f"<dc:creator>{escape(colophon.authors)}</dc:creator>"
        f"<dc:language>{colophon.language}</dc:language>"
        f"<dc:rights>{escape(colophon.licence)}</dc:rights>"
        f'<meta property="dcterms:modified">{now}</meta>{access}</metadata>'
        f"<manifest>{items}</manifest><spine>{spine}</spine></package>\n"
    )


def _properties(page: Page) -> str:
    """What a reading system must be able to show for this page."""
    return " ".join(
        name for tag, name in (("<math", "mathml"), ("<svg", "svg")) if tag in page.body
    )


def _item(name: str, properties: str) -> str:
    said = f' properties="{properties}"' if properties else ""
    media = MEDIA[Path(name).suffix]
    return f'<item id="{_id(name)}" href="{name}" media-type="{media}"{said}/>'


def _id(name: str) -> str:
    return "file-" + name.replace("/", "-")


def _cover(browser: Any, colophon: Colophon) -> bytes:
    page = browser.new_page(viewport=COVER, device_scale_factor=2)
    page.set_content(
        f"<!doctype html><style>{paper.text('cover.css')}</style>{colophon.front()}",
    )
    picture: bytes = page.screenshot()
    page.close()
    return picture


def _cover_page(colophon: Colophon) -> str:
    picture = f'<img src="cover.png" alt="{escape(colophon.title)}. {escape(colophon.subtitle)}"/>'
    return xhtml(colophon.title, f'<section epub:type="cover">{picture}</section>', colophon)


def _zip(path: Path, files: dict[str, bytes], listed: str) -> None:
    """The kind of the file must come first, and as it is."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("mimetype", "application/epub+zip", zipfile.ZIP_STORED)
        book.writestr("META-INF/container.xml", CONTAINER)
        book.writestr(f"{FOLDER}/package.opf", listed)
        for name, data in files.items():
            book.writestr(f"{FOLDER}/{name}", data)


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main())
