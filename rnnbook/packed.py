"""A checkpoint packed into the text of a page, and found there again.

In a page it is an element ``<script type="application/x-rnnbook" data-name="NAME">`` that
holds the file's bytes, first in gzip, then in base85, four bytes as five letters: a seventh more
than the file, where base64 alone takes a third more. Three letters of Python's base85 mean
something in HTML and are written otherwise. A browser runs nothing of such a type.
"""

from __future__ import annotations

import base64
import gzip
import io
import zlib
from html import escape
from html.parser import HTMLParser

TYPE = "application/x-rnnbook"
#: A page may hold networks of at most so many bytes each, unpacked.
LARGEST = 64 * 2**20
_TO_PAGE = str.maketrans("<>&", ".,:")
_FROM_PAGE = str.maketrans(".,:<>&", "<>&\0\0\0")


def element(name: str, data: bytes) -> str:
    """The element of a page that holds ``data`` under a name."""
    text = base64.b85encode(gzip.compress(data, mtime=0)).decode().translate(_TO_PAGE)
    return f'<script type="{TYPE}" data-name="{escape(name)}">{text}</script>'


def is_page(data: bytes) -> bool:
    """Whether a file begins as a page does."""
    start = data.removeprefix(b"\xef\xbb\xbf").lstrip()[:15].lower()
    return start.startswith((b"<!doctype html", b"<html"))


def find(page: str) -> dict[str, bytes]:
    """The files that a page holds, by name, in the page's order.

    Raises :class:`ValueError` if one of them is damaged or larger than :data:`LARGEST`.
    """
    finder = _Finder()
    finder.feed(page)
    finder.close()
    return {name: _unpack(name, "".join(text)) for name, text in finder.found.items()}


def _unpack(name: str, text: str) -> bytes:
    try:
        packed = base64.b85decode(text.strip().translate(_FROM_PAGE))
        with gzip.GzipFile(fileobj=io.BytesIO(packed)) as file:
            data = file.read(LARGEST + 1)
    except (ValueError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"the network {name!r} in the page is damaged ({error})") from error
    if len(data) > LARGEST:
        raise ValueError(f"the network {name!r} in the page is larger than {LARGEST:,} bytes")
    return data


class _Finder(HTMLParser):
    """Collects the text of the elements that hold files."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, list[str]] = {}
        self._name: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag == "script" and found.get("type") == TYPE:
            self._name = found.get("data-name") or ""
            self.found[self._name] = []

    def handle_endtag(self, tag: str) -> None:
        if tag == "script":
            self._name = None

    def handle_data(self, data: str) -> None:
        if self._name is not None:
            self.found[self._name].append(data)
