"""All properties that are looked for in the book's networks, by name.

A detector is a function of a text that gives labels (T,), true or false, or a count.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from rnnbook.inspection import code, labels, markup

Detector = Callable[[str], NDArray[Any]]

DETECTORS: dict[str, Detector] = {
    # prose
    "inside quotes": markup.quotes,
    "inside curly quotes": markup.between("“", "”"),
    "in a speaker's name": labels.PROPERTIES["in a speaker's name"],
    "in a number": labels.PROPERTIES["in a number"],
    "capital to come": markup.capital_to_come,
    # the line
    "since the newline": markup.since_newline,
    "until the newline": markup.until_newline,
    "late in the line": lambda text: markup.since_newline(text) >= 30,
    "newline within 10": lambda text: markup.until_newline(text) < 10,
    # brackets
    "bracket depth": labels.bracket_depth,
    "inside brackets": labels.PROPERTIES["inside brackets"],
    "inside ( )": lambda text: labels.bracket_depth(text, "(", ")") > 0,
    "inside { }": lambda text: labels.bracket_depth(text, "{", "}") > 0,
    "two brackets deep": lambda text: labels.bracket_depth(text) > 1,
    "depth of { }": lambda text: labels.bracket_depth(text, "{", "}"),
    # code
    "python string or comment": code.python_strings_or_comments,
    "python string": code.python_strings,
    "python comment": code.python_comments,
    "python if": code.python_conditions,
    "indentation": code.indentation,
    "c string or comment": code.c_strings_or_comments,
    "c comment": code.c_comments,
    "c if": code.c_conditions,
    # markup
    "inside [[ ]]": markup.between("[[", "]]"),
    "after the first [": markup.first_bracket,
    "inside {{ }}": markup.between("{{", "}}"),
    "in a url": markup.url,
    "in www.": markup.www,
    "inside an element": markup.element,
    "inside $ $": markup.formula,
    "inside an environment": markup.environment,
}
