"""The pages of the built book as they stand on paper, for :mod:`~rnnbook.book.pdf` and
:mod:`~rnnbook.book.epub`.

Chromium opens every page, wakes its live figures and takes a picture of each as it first
stands. ``paper.js`` then writes the page anew as XHTML: solutions unfolded, the quiz as
questions with their answers below, nothing left to press. So paper shows what the pages show,
from the same results, and no cell runs for it.
"""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from PIL import Image
from tqdm import tqdm

from rnnbook import theme
from rnnbook.book import chapters, citation
from rnnbook.book.build import HTML, OUTPUT, STAMP, find_root, is_current
from rnnbook.files import write_atomically

FOLDER = OUTPUT / "paper"
PAGES = "pages.json"
STILLS = "stills"
STAMP_NAME = ".made-from"
WIDTH = 800  # CSS pixels of a live figure: on paper its type is then as large as the text's
SCALE = 2  # pixels of a still for one of the page
COLOURS = 128  # of a still: flat panels, so that no more are seen
MILLISECONDS = 60_000  # that a live figure may take to draw


# A picture that Sphinx put beside the pages, from whatever folder a page names it.
PICTURE = re.compile(r'src="(?:\.\./)*(_images/[^"]+)"')


@dataclass(frozen=True)
class Page:
    """A page of the book; its name is what links call it."""

    name: str
    title: str
    label: str  # the number of a chapter; nothing in the appendix
    part: str
    body: str  # XHTML


@dataclass(frozen=True)
class Colophon:
    """What a book says of itself before its first page."""

    title: str
    subtitle: str
    authors: str
    version: str
    licence: str
    language: str

    @classmethod
    def read(cls, root: Path) -> Colophon:
        """As ``_config.yml`` and ``CITATION.cff`` have it."""
        config = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))
        cited = yaml.safe_load((root / citation.FILE).read_text(encoding="utf-8"))
        return cls(
            title=config["title"],
            subtitle="An executable book",
            authors=", ".join(citation.authors(cited)),
            version=str(cited["version"]),
            licence=cited["license"],
            language=config["sphinx"]["config"]["language"],
        )

    def front(self) -> str:
        """The title page, as XHTML."""
        drawn = "".join(
            f'<span style="background: {ground}; color: {ink}">{escape(char)}</span>'
            for char, ground, ink in _coloured(self.title)
        )
        return (
            f'<section class="paper-front"><div class="paper-title">{drawn}</div>'
            f'<p class="paper-subtitle">{escape(self.subtitle)}</p>'
            f'<p class="paper-colophon">{escape(self.authors)}<br/>'
            f"Version {escape(self.version)}. Licence: {escape(self.licence)}</p></section>"
        )


def _coloured(title: str) -> Iterator[tuple[str, str, str]]:
    """Each character with its ground and its ink, as a unit colours a text."""
    for place, char in enumerate(title):
        ground = theme.DIVERGING[place % len(theme.DIVERGING)]
        yield char, ground, theme.INKS[int(ground in (theme.DIVERGING[0], theme.DIVERGING[-1]))]


def run(target: Path, write: Callable[[Path, Path], None]) -> int:
    """Let ``write(root, path)`` make ``target`` if need be, say where it is; the exit code."""
    root = find_root(Path.cwd())
    path, stamp = root / target, root / target.with_name(f".{target.name}")
    if not is_current(root):
        print(
            "The book is not built from what is here now. Run `make book` first.", file=sys.stderr
        )
        return 1
    key = (root / STAMP).read_text()
    if path.is_file() and stamp.is_file() and stamp.read_text() == key:
        print(f"{target.name} is up to date.")
    else:
        try:
            write_atomically(path, partial(write, root))
        except RuntimeError as error:  # no browser, or a page that cannot be printed
            print(f"No {target.name}: {error}.", file=sys.stderr)
            return 1
        write_atomically(stamp, lambda path: path.write_bytes(key.encode()))
    print(f"Open the book: {path.resolve()}")
    return 0


def pages(root: Path, browser: Any) -> list[Page]:
    """All pages in reading order, from the built book; kept until the book is built again."""
    key = (root / STAMP).read_text()
    folder = root / FOLDER
    if (folder / STAMP_NAME).is_file() and (folder / STAMP_NAME).read_text() == key:
        found = json.loads((folder / PAGES).read_text(encoding="utf-8"))
        return [Page(**one) for one in found]
    shutil.rmtree(folder, ignore_errors=True)
    (folder / STILLS).mkdir(parents=True)
    made = _make(root, browser)
    text = json.dumps([asdict(page) for page in made], ensure_ascii=False)
    (folder / PAGES).write_text(text, encoding="utf-8")
    write_atomically(folder / STAMP_NAME, lambda path: path.write_bytes(key.encode()))
    return made


def contents(root: Path) -> list[tuple[str, str, str]]:
    """Every page of ``_toc.yml`` in order: its document, its number as a chapter, its part."""
    toc = yaml.safe_load((root / "book" / chapters.TOC).read_text(encoding="utf-8"))
    numbers = {one.page: str(one.number) for one in chapters.load(root / "book")}

    def listed(entries: list[dict[str, Any]], part: str) -> list[tuple[str, str, str]]:
        found = []
        for entry in entries:
            found.append((entry["file"], numbers.get(entry["file"], ""), part))
            found += listed(entry.get("sections", []), part)
        return found

    parts = toc.get("parts") or [{"caption": "", "chapters": toc.get("chapters", [])}]
    inside = (listed(part["chapters"], part["caption"]) for part in parts)
    return [(toc["root"], "", ""), *(page for part in inside for page in part)]


def pictures(body: str, folder: str) -> tuple[str, list[str]]:
    """A page with its pictures looked for in ``folder``, and these pictures: ``_images/NAME``."""
    found = sorted(set(PICTURE.findall(body)))
    return PICTURE.sub(rf'src="{folder}\1"', body), found


def text(name: str) -> str:
    """A style sheet or a script that lies beside this module."""
    return resources.files("rnnbook.book").joinpath(name).read_text(encoding="utf-8")


def _make(root: Path, browser: Any) -> list[Page]:
    listed = contents(root)
    known = {_name(document): f"{document}.html" for document, _, _ in listed}
    script = text("paper.js")
    context = browser.new_context(
        viewport={"width": WIDTH + 48, "height": 1200}, device_scale_factor=SCALE,
        color_scheme="light", reduced_motion="reduce",
    )  # fmt: skip
    context.set_default_timeout(MILLISECONDS)
    made = []
    for document, label, part in tqdm(listed, unit="page", desc="Pages for paper"):
        source = root / HTML / f"{document}.html"
        html, name = source.read_text(encoding="utf-8"), _name(document)
        stills = _stills(context, source, root / FOLDER / STILLS / name)
        given = {"html": html, "page": name, "label": label, "stills": stills, "known": known}
        blank = context.new_page()
        made.append(Page(name=name, label=label, part=part, **blank.evaluate(script, given)))
        blank.close()
    context.close()
    return made


def _name(document: str) -> str:
    return document.replace("/", "-")


def _stills(context: Any, source: Path, target: Path) -> list[dict[str, Any]]:
    """Wake the live figures of a page, and take a picture of each: ``target-1.png`` and so on.

    Raises :class:`RuntimeError` if a figure fails to start.
    """
    if 'class="rnnbook-figure"' not in source.read_text(encoding="utf-8"):
        return []
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.extend([said.text] if said.type == "error" else []))
    page.goto(source.as_uri())
    page.add_style_tag(content=f".rnnbook-figure {{ width: {WIDTH}px; }}")
    stills: list[dict[str, Any]] = []
    for figure in page.locator('.rnnbook-figure:not([data-widget="quiz"])').all():
        figure.scroll_into_view_if_needed()
        wait(figure)
        if errors:
            raise RuntimeError(f"{source.name}: a live figure does not start: {errors[0]}")
        path = target.with_name(f"{target.name}-{len(stills) + 1}.png")
        _save(figure.screenshot(), path)
        still = {"source": f"{STILLS}/{path.name}", "named": _named(figure), "width": WIDTH}
        stills.append(still)
    page.close()
    return stills


def wait(figure: Any) -> None:
    """Until the figure lives and has drawn what it computes first."""
    figure.evaluate(
        """async (figure) => {
          const frame = () => new Promise(requestAnimationFrame);
          const isReady = () => figure.dataset.alive && !figure.querySelector("[aria-busy]");
          for (let calm = 0; calm < 10; calm = isReady() ? calm + 1 : 0) await frame();
        }"""
    )


def _named(figure: Any) -> str:
    """What a figure calls itself to a screen reader, and what can be set in it."""
    named = figure.locator("[role=group][aria-label], .rnnbook-controls label").all()
    labels = (one.get_attribute("aria-label") or one.inner_text() for one in named)
    return ", ".join(dict.fromkeys(filter(None, (" ".join(label.split()) for label in labels))))


def _save(data: bytes, path: Path) -> None:
    """With few colours, which makes a third of it."""
    picture = Image.open(io.BytesIO(data)).convert("RGB")
    picture.quantize(COLOURS, dither=Image.Dither.NONE).save(path, optimize=True)
