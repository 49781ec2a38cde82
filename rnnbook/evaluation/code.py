"""What code of two languages shares: the places of its literals, and counts of its names.

Strings and comments are told from code by Pygments, which reads broken code too.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass


def without_literals(text: str, language: str, newline: str = "\n") -> str:
    """The text with spaces for what stands in strings, comments and directives.

    ``language`` is ``"python"`` or ``"c"``. Every place stays where it is. ``newline`` is
    what a newline inside them becomes: with a space, a string of many lines is one line.
    """
    from pygments.lexers import get_lexer_by_name
    from pygments.token import Comment, String

    lexer = get_lexer_by_name(language, stripnl=False, ensurenl=False)
    text = text.replace("\r", " ")  # which Pygments would make newlines
    return "".join(
        re.sub(r"[^\n]", " ", value).replace("\n", newline)
        if kind in Comment or kind in String
        else value
        for kind, value in lexer.get_tokens(text)
    )


@dataclass(frozen=True)
class Names:
    """The names that functions use, and those that nothing defines. They can be added."""

    used: int = 0
    undefined: int = 0
    functions: int = 0
    clean: int = 0  # functions without an undefined name

    @classmethod
    def of_function(cls, used: int, undefined: int) -> Names:
        return cls(used, undefined, 1, int(undefined == 0))

    @property
    def share(self) -> float:
        """Undefined over used; NaN if none is used."""
        return self.undefined / self.used if self.used else math.nan

    @property
    def clean_share(self) -> float:
        """The share of functions in which every name is defined; NaN without functions."""
        return self.clean / self.functions if self.functions else math.nan

    def __add__(self, other: Names) -> Names:
        return Names(
            self.used + other.used,
            self.undefined + other.undefined,
            self.functions + other.functions,
            self.clean + other.clean,
        )
