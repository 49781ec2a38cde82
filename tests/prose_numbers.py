"""The numbers in a chapter's prose, and whether the page shows where each comes from.

A number in digits is accounted for if a cell of the page prints it, exactly or so that it rounds
to it, or if a cell sets it (``seq_len=25``). Words that compare, such as *half*, *twice* or
*most*, name no digits, so that each is listed in ``book/numbers.toml``: with the cell whose output
bears it out, or with the reason why none is needed. So is what digits remain.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup

FILE = "numbers.toml"
#: Words that say how much, and what they are called in the file.
WORDS = (
    r"half|halves|halved|twice|thrice|double[sd]?|doubling|most(?! of all)|majority|dozens?"
    r"|(?:an?|one|two|three|four|six|nine|last|first) (?:third|quarter|fifth|eighth|tenth)s?"
    r"|hundreds?|thousands?|millions?|(?:two|three|four|five|six|ten) times"
)
_NUMBER = re.compile(
    r"(?<![\w.,#/–-])[−-]?\d[\d,]*(?:\.\d+)?(?: ?%)?(?!\w)|\b(?:" + WORDS + r")\b", re.IGNORECASE
)
# What is no statement of the prose: code, formulas, addresses, citations, labels, headings.
_NO_PROSE = re.compile(
    r"^```.*?^```|\$\$.*?\$\$(?: \([\w-]+\))?|\{\w+\}`[^`]*`|`[^`]*`|\$[^$]*\$|\]\([^)]*\)"
    r"|^\|[^\n]*\|$|^#+ [^\n]*$|^\*\*\d+\.\*\*|^ *\d+\. |<[^>]*>",
    re.DOTALL | re.MULTILINE,
)
_SHOWN = re.compile(r"[−-]?\d[\d,]*(?:\.\d+)?(?:[eE][−+-]?\d+)?")


@dataclass(frozen=True)
class Said:
    """A number in prose: its words, where it begins in the prose, and what stands around it."""

    words: str
    start: int
    around: str


def prose(cells: Iterable[dict[str, Any]]) -> str:
    """The statements of a notebook's Markdown, each line break a space."""
    texts = ("".join(cell["source"]) for cell in cells if cell["cell_type"] == "markdown")
    plain = (_NO_PROSE.sub(" … ", text) for text in texts)
    return "\n\n".join(re.sub(r"\s*\n\s*", " ", text) for text in plain)


def said(text: str) -> Iterator[Said]:
    """All numbers of a prose, in its order."""
    for found in _NUMBER.finditer(text):
        around = text[max(0, found.start() - 50) : found.end() + 50].replace("\n", " ")
        yield Said(found[0], found.start(), around)


def shown(html: str, cells: Iterable[dict[str, Any]]) -> list[float]:
    """What the cells of a page print, or say of a picture, and the numbers that its code sets."""
    page = BeautifulSoup(html, "html.parser")
    outputs = page.select(".cell_output")
    texts = [output.get_text(" ") for output in outputs]
    texts += [one["aria-label"] for output in outputs for one in output.select("[aria-label]")]
    texts += ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    return [value for text in texts for value in values(text)]


def values(text: str) -> list[float]:
    """All numbers of a text, percents as they stand."""
    plain = text.replace("_", "").replace("−", "-")
    return [float(found.replace(",", "").rstrip(".")) for found in _SHOWN.findall(plain)]


def is_shown(words: str, found: Iterable[float]) -> bool:
    """Whether a number in digits is among those found, or one of them rounds to it."""
    digits = words.rstrip(" %").replace(",", "").replace("−", "-")
    if not re.fullmatch(r"-?[\d.]+", digits):
        return False
    places = len(digits.partition(".")[2])
    value, half = abs(float(digits)), 0.5 * 10**-places if places else 0.0
    scales = (1.0, 100.0) if words.endswith("%") else (1.0,)
    return any(
        abs(abs(other) * scale - value) <= half + 1e-9 for other in found for scale in scales
    )


@dataclass(frozen=True)
class Entry:
    """A phrase of the prose whose numbers are accounted for by a cell, or by a reason."""

    said: str
    cell: str = ""
    why: str = ""


def read(book: Path) -> dict[str, list[Entry]]:
    """The chapters that are held, each with its entries."""
    content = tomllib.loads((book / FILE).read_text(encoding="utf-8"))
    return {name: [Entry(**one) for one in page["listed"]] for name, page in content.items()}


def faults(cells: list[dict[str, Any]], html: str, entries: Iterable[Entry]) -> list[str]:
    """What is wrong with the numbers of a chapter: those that nothing accounts for, and entries
    that fit no number, name no code cell, or give neither a cell nor a reason."""
    text, found = prose(cells), shown(html, cells)
    code = {cell["id"] for cell in cells if cell["cell_type"] == "code"}
    numbers = list(said(text))
    wrong, covered = [], set()
    for entry in entries:
        phrase = " ".join(entry.said.split())
        places = [match.start() for match in re.finditer(re.escape(phrase), text)]
        inside = {one.start for one in numbers for p in places if p <= one.start < p + len(phrase)}
        covered |= inside
        if not inside:
            wrong.append(f"no number in the prose is in the phrase {entry.said!r}")
        if bool(entry.cell) == bool(entry.why) or (entry.cell and entry.cell not in code):
            wrong.append(f"{entry.said!r} needs a code cell of the page, or a reason")
    for one in numbers:
        if one.start not in covered and not is_shown(one.words, found):
            wrong.append(f"{one.words!r} is printed by no cell: … {one.around} …")
    return wrong
