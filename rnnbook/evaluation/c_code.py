"""Is it C: names that are declared, braces that are indented.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import math
import re

from rnnbook.evaluation.code import Names, without_literals

_FUNCTION = re.compile(
    r"^[A-Za-z_][^;{}]{0,600}\)\s*\{[^\n]*\n.{0,8000}?^\}", re.MULTILINE | re.DOTALL
)
_TOKEN = re.compile(r"[A-Za-z_]\w*|\d[\w.]*|->|\S")
_LOCAL = re.compile(r"[a-z][a-z0-9_]*(?<!_t)$")  # how local variables look; types end in _t
_WORDS = frozenset({
    "auto", "bool", "break", "case", "char", "const", "continue", "default", "defined", "do",
    "double", "else", "enum", "extern", "false", "float", "for", "goto", "if", "inline", "int",
    "likely", "long", "register", "restrict", "return", "short", "signed", "sizeof", "static",
    "struct", "switch", "true", "typedef", "union", "unlikely", "unsigned", "void", "volatile",
    "while",
})  # fmt: skip


def brace_indentation(text: str) -> float:
    """The share of C's braces that are indented by the rule; NaN without any.

    The line after one that ends in ``{`` must be deeper than it, and a line that begins with
    ``}`` must stand where the line of its partner begins.
    """
    open_at: list[int] = []
    right = total = 0
    just_opened = False
    for line in without_literals(text, "c").split("\n"):
        stripped = line.strip()
        if not stripped:
            continue
        indent = len(line) - len(line.lstrip(" "))
        if just_opened and stripped[0] != "}":
            total, right = total + 1, right + (indent > open_at[-1])
        if stripped[0] == "}" and open_at:
            total, right = total + 1, right + (indent == open_at[-1])
        for char in stripped:
            if char == "{":
                open_at.append(indent)
            elif char == "}" and open_at:
                open_at.pop()
        just_opened = stripped.endswith("{")
    return right / total if total else math.nan


def c_functions(text: str) -> list[str]:
    """The functions of a C text that begin and end at its margin, without their literals."""
    return _FUNCTION.findall(without_literals(text, "c"))


def c_names(text: str) -> Names:
    """The names in a C text's functions that look like local variables, and the undeclared.

    A name looks so if it is in lower case and neither called, a member, a label nor a type.
    It is declared if a type stands before it in the function or in its head. This is a rule
    of thumb, not a compiler: a text's rate means something beside that of real code.
    """
    total = Names()
    for function in c_functions(text):
        used, declared = _variables(_TOKEN.findall(function))
        total += Names.of_function(len(used | declared), len(used - declared))
    return total


def _variables(tokens: list[str]) -> tuple[set[str], set[str]]:
    """The variables that a function uses, and those that it declares."""
    used: set[str] = set()
    declared: set[str] = set()
    body = tokens.index("{")
    depth, list_depth = 0, -1  # of brackets now, and where a list of declarations stands
    padded = ["", *tokens, ""]
    for place, token in enumerate(tokens):
        depth += (token in "([{") - (token in ")]}") if len(token) == 1 else 0
        if token == ";" or depth < list_depth:
            list_depth = -1
        if not _LOCAL.match(token) or token in _WORDS:
            continue
        before, after = padded[place], padded[place + 2]
        continues = list_depth == depth and _before_stars(tokens, place) == ","
        if after in ("=", ";", ",", ")", "[", ":") and (
            continues or _is_declared(tokens, place, body)
        ):
            declared.add(token)
            list_depth = depth if place > body else -1
        elif not (
            before in (".", "->", "goto", "struct")
            or after == "("
            or (re.match(r"[A-Za-z_*]", after) and _starts(tokens, place, body))
            or (after == ":" and before in (";", "{", "}"))
        ):
            used.add(token)
    return used, declared


def _before_stars(tokens: list[str], place: int) -> str:
    """The last token before a name that is not a star."""
    while place and tokens[place - 1] == "*":
        place -= 1
    return tokens[place - 1] if place else ""


def _starts(tokens: list[str], place: int, body: int) -> bool:
    """Whether a type may begin at this place."""
    if place == 0 or tokens[place - 1] in (";", "{", "}"):
        return True
    if tokens[place - 1] in ("const", "static", "struct", "unsigned", "signed", "volatile"):
        return True
    if place < body:
        return tokens[place - 1] in ("(", ",")
    return tokens[place - 1] == "(" and tokens[place - 2] == "for"


def _is_declared(tokens: list[str], place: int, body: int) -> bool:
    """Whether the name at this place comes after a type, with or without stars."""
    start = place
    while start and tokens[start - 1] == "*":
        start -= 1
    if not start or not re.match(r"[A-Za-z_]", tokens[start - 1]):
        return False
    kind = tokens[start - 1]
    if kind in ("return", "goto", "else", "case", "sizeof", "typedef"):
        return False
    return start == place or kind in _WORDS or _starts(tokens, start - 1, body)
