"""Encyclopedia articles and mathematics, with the markup that the networks are to learn."""

from __future__ import annotations

import bz2
import re
from xml.etree import ElementTree

from rnnbook.corpora.folders import fold_rare, package_folder, shuffled

_ARTICLES = "enwiki-latest-pages-articles1.xml-p000000010p000030302-shortened.bz2"


def wikipedia() -> str:
    """Articles in wiki markup, each below its title; rare symbols become ``\\ufffd``.

    Redirects are left out.
    """
    path = package_folder("gensim") / "test" / "test_data" / _ARTICLES
    articles = []
    with bz2.open(path) as file:
        for _, page in ElementTree.iterparse(file):
            if page.tag.endswith("}page"):
                articles.append(_article(page))
                page.clear()
    text = re.sub(r"[ \t\r]+$", "", "\n\n".join(filter(None, articles)), flags=re.MULTILINE)
    return fold_rare(text + "\n", keep=96)


def _article(page: ElementTree.Element) -> str:
    namespace = page.tag[: -len("page")]
    text = page.findtext(f"{namespace}revision/{namespace}text") or ""
    if page.find(f"{namespace}redirect") is not None or page.findtext(f"{namespace}ns") != "0":
        return ""
    return f"= {page.findtext(f'{namespace}title')} =\n{text.strip()}"


def latex() -> str:
    """Paragraphs of mathematics in LaTeX, from Macaulay2's documentation, an empty line between.

    A paragraph counts if it is ASCII and has a formula in it; each is taken once.
    """
    folder = package_folder("passagemath_macaulay2")
    sources = sorted(folder.parent.glob("**/share/Macaulay2/**/*.m2"), key=lambda path: path.name)
    found: dict[str, None] = {}
    for path in sources:
        source = path.read_text(encoding="utf-8", errors="replace")
        for documentation in re.findall(r"doc\s*///(.*?)///", source, flags=re.DOTALL):
            found.update(dict.fromkeys(_paragraphs(documentation)))
    return "\n\n".join(shuffled(list(found))) + "\n"


_KEYWORD = re.compile(
    r"^\s*(Key|Headline|Usage|Inputs|Outputs|Description|Example|CannedExample|Text|Code|Pre|"
    r"Caveat|SeeAlso|Subnodes|Tree|References|Contributors|Acknowledgement|Consequences|Item|"
    r"Synopsis|Heading|BaseFunction)\s*$"
)


def _paragraphs(documentation: str) -> list[str]:
    """What stands under ``Text``, where it is mathematics."""
    texts, inside = [], False
    for line in documentation.splitlines():
        if _KEYWORD.match(line):
            inside = line.strip() == "Text"
            texts.append("")  # a new paragraph
        elif inside:
            texts[-1] += line.strip() + "\n"
    paragraphs = (part.strip() for text in texts for part in re.split(r"\n\s*\n", text))
    return [
        part for part in paragraphs if part.count("$") > 1 and "@" not in part and part.isascii()
    ]
