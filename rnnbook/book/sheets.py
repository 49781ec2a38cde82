"""Contact sheets, to look at: ``python -m rnnbook.book.sheets [PAGE ...]``, or ``make sheets``.

Every page of the built book, or those that are named, at three widths, in light and in dark, with
its live figures awake. ``book/_build/sheets/PAGE.png`` has all six side by side and small;
``PAGE-WIDTH-SCHEME-NUMBER.png`` beside it are the pieces of a page in full size.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw
from tqdm import tqdm

from rnnbook.book import paper
from rnnbook.book.build import HTML, OUTPUT, find_root
from rnnbook.book.chromium import NoBrowserError, open_browser
from rnnbook.files import write_atomically
from rnnbook.streams import standard_streams

FOLDER = OUTPUT / "sheets"
WIDTHS = (1280, 768, 390)
SCHEMES = ("light", "dark")
PIECE = 4000  # pixels of a page in one picture: Chromium draws no more than 16,384
SMALL = 0.25  # of its size, in a sheet
TALLEST = 60_000  # pixels of a page; what lies below is left out
GAP, HEAD = 12, 18  # pixels between pages of a sheet, and above them

Shot = tuple[str, list[Image.Image]]  # what it shows, and the pieces


def main(names: Sequence[str]) -> int:
    """Make the sheets, say where they are, and return the exit code."""
    root = find_root(Path.cwd())
    built = [
        name for name, _, _ in paper.contents(root) if (root / HTML / f"{name}.html").is_file()
    ]
    if not built:
        print("The book is not built. Run `make book` first.", file=sys.stderr)
        return 1
    unknown = [name for name in names if name not in built]
    if unknown:
        print(f"No page {', '.join(unknown)}; there are: {', '.join(built)}", file=sys.stderr)
        return 1
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with open_browser() as browser:
            for name in tqdm(names or built, unit="page"):
                make(browser, root / HTML / f"{name}.html", folder / name.replace("/", "-"))
    except NoBrowserError as error:
        print(f"No sheets: {error}.", file=sys.stderr)
        return 1
    print(f"The sheets are in {folder}.")
    return 0


def make(browser: Any, source: Path, target: Path) -> None:
    """The sheet of one page, ``target.png``, and its pieces."""
    for old in target.parent.glob(f"{target.name}-*-*-*.png"):
        old.unlink()
    shots = []
    for width in WIDTHS:
        for scheme in SCHEMES:
            shots.append((f"{width} {scheme}", list(_pieces(browser, source, width, scheme))))
            for number, piece in enumerate(shots[-1][1], start=1):
                piece.save(target.with_name(f"{target.name}-{width}-{scheme}-{number:02}.png"))
    write_atomically(target.with_name(f"{target.name}.png"), partial(_save, sheet(shots)))


def _pieces(browser: Any, source: Path, width: int, scheme: str) -> Iterator[Image.Image]:
    """A page from top to bottom."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    context.set_default_timeout(paper.MILLISECONDS)
    page = context.new_page()
    page.goto(source.as_uri())
    for figure in page.locator(".rnnbook-figure").all():
        figure.scroll_into_view_if_needed()
        paper.wait(figure)
    page.evaluate("scrollTo(0, 0)")
    height = min(TALLEST, page.evaluate("document.documentElement.scrollHeight"))
    for top in range(0, height, PIECE):
        clip = {"x": 0, "y": top, "width": width, "height": min(PIECE, height - top)}
        data = page.screenshot(full_page=True, clip=clip)
        yield Image.open(io.BytesIO(data)).convert("RGB")
    context.close()


def sheet(shots: Sequence[Shot]) -> Image.Image:
    """All pages side by side, small: a column a page, longer ones in several columns."""
    columns = [
        (words if not k else "", piece) for words, some in shots for k, piece in enumerate(some)
    ]
    small = [
        (words, piece.resize((round(SMALL * piece.width), max(1, round(SMALL * piece.height)))))
        for words, piece in columns
    ]
    width = sum(piece.width + GAP for _, piece in small) + GAP
    height = max(piece.height for _, piece in small) + HEAD + GAP
    whole = Image.new("RGB", (width, height), "#808080")
    pen, x = ImageDraw.Draw(whole), GAP
    for words, piece in small:
        pen.text((x, 4), words, fill="white")
        whole.paste(piece, (x, HEAD))
        x += piece.width + GAP
    return whole


def _save(picture: Image.Image, path: Path) -> None:
    picture.save(path, format="PNG")


if __name__ == "__main__":
    with standard_streams():
        sys.exit(main(sys.argv[1:]))
