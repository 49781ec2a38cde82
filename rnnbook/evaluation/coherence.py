"""Does a text hold together: known words, speakers, and what is opened is closed.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

ROUND, SQUARE, CURLY = ("(", ")"), ("[", "]"), ("{", "}")

_SPEAKER = re.compile(r"^([^\W\d_][\w .'-]{0,40}):(?=\n|$)")
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)\b[^<>]*?(/?)>")
_VOID_TAGS = frozenset({"br", "hr", "img", "references", "nowiki"})  # those that may stay open
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}\n]*)\}")


def words(text: str) -> list[str]:
    """The words of a text in lower case: runs of letters, apostrophes inside allowed."""
    return re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)*", text.lower())


def word_rate(text: str, dictionary: Iterable[str]) -> float:
    """The share of the text's words that the dictionary holds; NaN without words."""
    known = dictionary if isinstance(dictionary, (set, frozenset)) else set(dictionary)
    found = words(text)
    return sum(word in known for word in found) / len(found) if found else math.nan


@dataclass(frozen=True)
class Balance:
    """How many marks found their partner, and how many did not. Balances can be added."""

    closed: int = 0  # pairs
    unclosed: int = 0  # opened, and left open
    stray: int = 0  # closing, with nothing to close

    @property
    def share(self) -> float:
        """Pairs over pairs and lone marks, from 0 to 1; NaN if there is no mark."""
        total = self.closed + self.unclosed + self.stray
        return self.closed / total if total else math.nan

    @property
    def opened_that_close(self) -> float:
        """The share of what was opened that is closed; NaN if nothing was opened."""
        opened = self.closed + self.unclosed
        return self.closed / opened if opened else math.nan

    def __add__(self, other: Balance) -> Balance:
        return Balance(
            self.closed + other.closed, self.unclosed + other.unclosed, self.stray + other.stray
        )


def paragraphs(text: str) -> list[str]:
    """What stands between empty lines."""
    return [part for part in re.split(r"\n[ \t]*\n", text) if part.strip()]


def by_paragraph(measure: Callable[[str], Balance], text: str) -> Balance:
    """The balance of a text whose every paragraph starts anew."""
    return sum(map(measure, paragraphs(text)), Balance())


def brackets(text: str, pairs: Sequence[tuple[str, str]] = (ROUND, SQUARE, CURLY)) -> Balance:
    """The balance of brackets, or of longer marks such as ``("[[", "]]")``.

    A closing mark closes the last open one of its kind; what was opened after that one
    stays open.
    """
    closing = {last: first for first, last in pairs}
    marks = sorted({mark for pair in pairs for mark in pair}, key=len, reverse=True)
    found = re.findall("|".join(map(re.escape, marks)), text)
    return _nest((mark not in closing, closing.get(mark, mark)) for mark in found)


def tags(text: str) -> Balance:
    """The balance of tags such as ``<ref>…</ref>``; those that close themselves are left out."""
    found = _TAG.findall(text)
    return _nest(
        (not slash, name.lower())
        for slash, name, closes_itself in found
        if not closes_itself and name.lower() not in _VOID_TAGS
    )


def environments(text: str) -> Balance:
    r"""The balance of LaTeX's ``\begin{name}`` and ``\end{name}``; their names must match."""
    return _nest((word == "begin", name) for word, name in _ENVIRONMENT.findall(text))


def _nest(marks: Iterable[tuple[bool, str]]) -> Balance:
    """The balance of marks, each of which opens or closes something with a name."""
    stack: list[str] = []
    open_now: Counter[str] = Counter()
    closed = unclosed = stray = 0
    for opens, name in marks:
        if opens:
            stack.append(name)
            open_now[name] += 1
        elif not open_now[name]:
            stray += 1
        else:
            while (last := stack.pop()) != name:
                open_now[last] -= 1
                unclosed += 1
            open_now[name] -= 1
            closed += 1
    return Balance(closed, unclosed + len(stack), stray)


def quotes(text: str, mark: str = '"') -> Balance:
    """The balance of a quotation mark that looks the same at both ends.

    A mark opens at the beginning of a line, and after a space, a bracket or a dash if neither
    a space nor nothing follows. Any other closes. One that opens inside an open quotation
    leaves that one unclosed.
    """
    inside, closed, unclosed, stray = False, 0, 0, 0
    for match in re.finditer(re.escape(mark), text):
        if _opens(
            text[max(0, match.start() - 1) : match.start()], text[match.end() : match.end() + 1]
        ):
            unclosed += inside
            inside = True
        elif inside:
            closed, inside = closed + 1, False
        else:
            stray += 1
    return Balance(closed, unclosed + inside, stray)


def _opens(before: str, after: str) -> bool:
    """Whether a quotation mark between these characters, or nothing, opens."""
    if before in ("", "\n"):
        return after != ""
    return (before.isspace() or before in "([{-—'") and after.strip() != ""


def speakers(text: str) -> list[str | None]:
    """Who speaks in every paragraph of a play, or None where the form is not kept.

    It is kept if the first line is a name and a colon, and if a line of speech follows.
    """
    found: list[str | None] = []
    for paragraph in paragraphs(text):
        paragraph = paragraph.strip("\n")
        match = _SPEAKER.match(paragraph)
        speech = paragraph[match.end() :].strip() if match else ""
        found.append(match[1] if match and speech else None)
    return found


def sequence_rate(text: str, pattern: str = r"(?<!\S)(\d{1,3})\. ") -> float:
    """The share of numbers that follow the one before by 1, or start again at 1.

    ``pattern`` finds the numbers, by default those of verses; NaN for fewer than two.
    """
    found = [int(number) for number in re.findall(pattern, text)]
    right = [now in (before + 1, 1) for before, now in pairwise(found)]
    return sum(right) / len(right) if right else math.nan
