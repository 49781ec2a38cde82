"""Finished pages made lighter: fewer scripts, none that waits, and no style that nothing uses.

A Sphinx extension. The theme's style sheets are written for every site that could be
made with it; a rule stays if all the classes and ids that it names occur somewhere in
the book, in a page or in a script. A token of code that no rule colours needs no element.
The search index goes to the search page only, for this book does not search while the
reader types. And the theme is light or dark from the first: the theme's own script
would find out later, and the browser would style ten thousand elements again.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tinycss2
from sphinx.application import Sphinx

SEARCH = re.compile(
    r'\s*<script src="[^"]*(?:searchtools|language_data|searchindex)\.js[^"]*"></script>'
)
# documentation_options.js stays as it is: scripts in the page change what it sets
SCRIPT = re.compile(r'<script (?=[^>]*\bsrc=")(?![^>]*\b(?:defer|documentation_options)\b)')
STYLE = re.compile(r'(href="(?:\.\./)*(_static/[^"?]+\.css))\?[^"]*"')
THEME = 'dataset.theme = localStorage.getItem("theme") || "auto";'
RESOLVED = (
    "dataset.theme = /light|dark/.exec(document.documentElement.dataset.mode)?.[0] ?? "
    '(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");'
)
CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
TOKEN = re.compile(r'<span class="(\w+)">([^<]*)</span>')
# a line of pygments.css, as Pygments writes it: …highlight .k { color: #6730c5 } /* Keyword */
COLOUR = re.compile(r"^(.*\.highlight)(?: \.(\w+))? *\{ *(.*?);? *\}(?: */\*.*\*/)?$", re.MULTILINE)
WORD = re.compile(r"[\w-]+")
NAME = re.compile(r"[.#](-?[A-Za-z_][\w-]*)")
FUNCTION = re.compile(r":[\w-]+\([^()]*(?:\([^()]*\)[^()]*)*\)")
NESTED = ("media", "supports", "layer", "container")


def lighten(app: Sphinx, error: Exception | None) -> None:
    """Lighten every page of the finished book."""
    if error or app.builder.format != "html":
        return
    out = Path(app.outdir)
    pages = {page: page.read_text(encoding="utf-8") for page in out.rglob("*.html")}
    scripts = (path for path in out.rglob("*.js") if path.parent.name != "weights")
    used = words([*pages.values(), *(path.read_text(encoding="utf-8") for path in scripts)])
    coloured = coloured_tokens((out / "_static" / "pygments.css").read_text(encoding="utf-8"))
    digests = {}
    for path in out.rglob("*.css"):
        css = without_unused(path.read_text(encoding="utf-8"), used)
        path.write_text(css, encoding="utf-8")
        name = path.relative_to(out).as_posix()
        digests[name] = hashlib.sha256(css.encode()).hexdigest()[:8]
    for page, html in pages.items():
        if page.name != "search.html":
            html = SEARCH.sub("", html)
            html = SCRIPT.sub("<script defer ", html)
        html = CODE.sub(lambda code: without_plain_tokens(code[0], coloured), html)
        html = html.replace(THEME, RESOLVED)
        html = STYLE.sub(lambda link: f'{link[1]}?v={digests.get(link[2], "")}"', html)
        page.write_text(html, encoding="utf-8")


def coloured_tokens(css: str) -> set[str]:
    """The classes of tokens that do not just look like the code around them."""
    rules = COLOUR.findall(css)
    around = {
        scope: found[0]
        for scope, token, body in rules
        if not token and (found := re.findall(r"(?<!-)color: [^;]+", body))
    }
    return {token for scope, token, body in rules if token and body != around.get(scope)}


def without_plain_tokens(code: str, coloured: set[str]) -> str:
    """A block of code without the elements around tokens that no rule colours."""
    code = code.replace("<span></span>", "")
    return TOKEN.sub(lambda token: token[0] if token[1] in coloured else token[2], code)


def words(texts: Iterable[str]) -> set[str]:
    """Everything that could be the name of a class or of an id."""
    return {word for text in texts for word in WORD.findall(text)}


def without_unused(css: str, used: set[str]) -> str:
    """The style sheet without the selectors that name what is not in ``used``."""
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return "\n".join(filter(None, (_kept(rule, used) for rule in rules))) + "\n"


def _kept(rule: Any, used: set[str]) -> str:
    if rule.type == "qualified-rule":
        selectors = [text for text in _split(rule.prelude) if _may_match(text, used)]
        body = tinycss2.serialize(rule.content).strip()
        return f"{','.join(selectors)}{{{body}}}" if selectors else ""
    if rule.type == "at-rule" and rule.content is not None and rule.lower_at_keyword in NESTED:
        inner = tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True)
        kept = "".join(filter(None, (_kept(one, used) for one in inner)))
        prelude = tinycss2.serialize(rule.prelude).strip()
        return f"@{rule.at_keyword} {prelude}{{{kept}}}" if kept else ""
    return str(rule.serialize()) if rule.type != "error" else ""


def _split(prelude: list[Any]) -> list[str]:
    """The selectors of a rule; commas inside of brackets part nothing."""
    selectors: list[list[Any]] = [[]]
    for token in prelude:
        if token.type == "literal" and token.value == ",":
            selectors.append([])
        else:
            selectors[-1].append(token)
    return [tinycss2.serialize(tokens).strip() for tokens in selectors]


def _may_match(selector: str, used: set[str]) -> bool:
    """Whether all that the selector names is there; in doubt it may match."""
    if "\\" in selector:
        return True
    plain = FUNCTION.sub("", re.sub(r"\[[^\]]*\]", "", selector))
    return all(name in used for name in NAME.findall(plain))


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the build: after all that changes the pages."""
    app.connect("build-finished", lighten, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
