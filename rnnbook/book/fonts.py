"""The fonts that the pages need, cut down to the characters that they hold.

A Sphinx extension. Not every system has a font that can set mathematics, so the book
brings STIX Two Math (SIL Open Font License 1.1), read from the package ``ziamath``;
whole, it weighs 1.5 MB. The theme's icon font is cut down in the same way.
"""

from __future__ import annotations

import importlib.util
import re
import unicodedata
from collections.abc import Iterable
from html import unescape
from pathlib import Path
from typing import Any

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from sphinx.application import Sphinx

MATH_FONT = "STIXTwoMath-Regular.ttf"
#: The elements of a formula that a browser draws with a sign that stands nowhere in the page.
DRAWN = {"msqrt": "√", "mroot": "√"}
ICON_FONT = Path("_static/vendor/fontawesome/webfonts/fa-solid-900.ttf")
ASCII = "".join(map(chr, range(0x20, 0x7F)))
# What a style sheet may draw with an icon's number and no icon's name.
ICON_NUMBER = re.compile(r'(?:content|--pst-icon[\w-]*):\s*"(?:\\([0-9a-f]{4})|([\ue000-\uf8ff]))')
ICON_RULE = re.compile(r'((?:\.fa-[\w-]+:before,?)+)\{content:"(?:\\([0-9a-f]{1,4})|(.))[^}]*\}')

# A letter or sign -> its mathematical italic form, ϵ and ∂ included; only h has none of its own.
ITALIC = {"h": "\N{PLANCK CONSTANT}"} | {
    chr(int(unicodedata.decomposition(italic).removeprefix("<font> "), 16)): italic
    for italic in map(chr, range(0x1D434, 0x1D7CC))
    if unicodedata.name(italic, "").startswith("MATHEMATICAL ITALIC ")
}

TRUETYPE = re.compile(r""",\s*url\([^)]*\.ttf["']?\)\s*format\(["']?truetype["']?\)""")


def shrink(source: Path, characters: Iterable[str], target: Path) -> None:
    """Write ``source`` with no more than ``characters``, as WOFF2."""
    options = Options(flavor="woff2", layout_features=["*"], notdef_outline=True)
    with TTFont(source, recalcTimestamp=False) as font:
        subsetter = Subsetter(options)
        subsetter.populate(text="".join(characters))
        subsetter.subset(font)
        font.flavor = "woff2"
        font.save(target)


def math_characters(pages: Iterable[str]) -> set[str]:
    """The characters in the formulas of the pages, with the letters and signs browsers use."""
    formulas = "".join(
        formula
        for page in pages
        for formula in re.findall(r"<math\b.*?</math>", page, flags=re.DOTALL)
    )
    text = unescape(re.sub(r"<[^>]*>", "", formulas))
    text += "".join(sign for element, sign in DRAWN.items() if f"<{element}>" in formulas)
    return {*ASCII, *text, *(_italic(character) for character in set(text) | set(ASCII))}


def _italic(letter: str) -> str:
    """The mathematical italic letter: a browser sets a lone ``<mi>x</mi>`` in it."""
    return ITALIC.get(letter, letter)


def icon_characters(
    pages: Iterable[str], scripts: Iterable[str], styles: Iterable[str]
) -> set[str]:
    """The icons that a page names, or that a script or a style sheet draws."""
    named = {name for text in (*pages, *scripts) for name in re.findall(r"\bfa-([a-z-]+)", text)}
    found = set()
    for style in styles:
        for names, number, character in ICON_RULE.findall(style):
            if named.intersection(re.findall(r"fa-([\w-]+)", names)):
                found.add(character or chr(int(number, 16)))
        for number, character in ICON_NUMBER.findall(ICON_RULE.sub("", style)):
            found.add(character or chr(int(number, 16)))
    return found


def without_truetype(css: str) -> str:
    """A style sheet that names no font in the older format, beside one in WOFF2."""
    return TRUETYPE.sub("", css)


def write(app: Sphinx, error: Exception | None) -> None:
    """Write both fonts once the pages stand."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = [path.read_text(encoding="utf-8") for path in out.rglob("*.html")]
    package = importlib.util.find_spec("ziamath")
    if package is None or not package.submodule_search_locations:
        raise ModuleNotFoundError("The package ziamath is missing: pip install 'rnnbook[book]'.")
    math = Path(package.submodule_search_locations[0], "fonts", MATH_FONT)
    shrink(math, sorted(math_characters(pages)), out / "_static" / "rnnbook" / "math.woff2")
    static = out / "_static"
    scripts = [path.read_text(encoding="utf-8") for path in (static / "scripts").glob("*theme.js")]
    styles = [path.read_text(encoding="utf-8") for path in static.rglob("*.css")]
    icons = icon_characters(pages, scripts, styles)
    if (out / ICON_FONT).is_file():
        shrink(out / ICON_FONT, sorted(icons), (out / ICON_FONT).with_suffix(".woff2"))
        for font in (out / ICON_FONT).parent.glob("*.ttf"):  # for browsers without WOFF2
            font.unlink()
        for path in static.rglob("*.css"):
            css = path.read_text(encoding="utf-8")
            path.write_text(without_truetype(css), encoding="utf-8")


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build."""
    app.connect("build-finished", write)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
