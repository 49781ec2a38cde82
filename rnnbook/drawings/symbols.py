"""Symbols as the equations set them: slanted letters, real subscripts, as SVG text.

A label is written much as in LaTeX: ``h_{t-1}``, ``W_{xf}``, ``tanh(c_t)``. A letter that
stands alone, or in a subscript, is slanted; a word is upright.
"""

from __future__ import annotations

import re
from html import escape

#: The book's font of formulas under its names on a page and on paper, then what systems have.
FONT = "'rnnbook math','Book Math','STIX Two Math','Cambria Math',serif"

_PART = re.compile(r"([_^])(?:\{([^{}]*)\}|(.))|([^_^]+)")
_RUN = re.compile(r"[A-Za-z]{2,}|.", re.DOTALL)
_SHIFT = {"_": 0.28, "^": -0.38}  # of the size of the letters
_SMALL = 0.78  # of a subscript, likewise: on a phone it has 7.5 pixels then


def slanted(letter: str) -> str:
    """The letter as a formula has it: a, h and σ become 𝑎, ℎ and 𝜎; others stay."""
    if letter == "h":
        return "\N{PLANCK CONSTANT}"
    for first, last, start in (("a", "z", 0x1D44E), ("A", "Z", 0x1D434), ("α", "ω", 0x1D6FC)):
        if first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return "\N{MINUS SIGN}" if letter == "-" else letter


def spans(label: str, size: float) -> str:
    """A label as the inside of an SVG ``<text>`` whose letters have that size."""
    found, shift = [], 0.0
    for mark, braced, single, plain in _PART.findall(label):
        if plain:
            text = "".join(r if len(r) > 1 else slanted(r) for r in _RUN.findall(plain))
            moved = f' dy="{-shift:.1f}"' if shift else ""
            found.append(f"<tspan{moved}>{escape(text)}</tspan>" if moved else escape(text))
            shift = 0.0
            continue
        text = "".join(map(slanted, braced or single))
        down = _SHIFT[mark] * size
        found.append(
            f'<tspan dy="{down - shift:.1f}" font-size="{_SMALL * size:.1f}">{escape(text)}</tspan>'
        )
        shift = down
    return "".join(found)
