"""Is it Python: statements and functions that parse, names that are defined, indentation.

A text that is nearly Python is read statement by statement, so that a broken one hides no
other. Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import ast
import builtins
import math
import re
import sys
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

from rnnbook.evaluation.code import Names, without_literals

_NOT_CODE = (SyntaxError, ValueError, RecursionError, MemoryError)
_KNOWN = frozenset(dir(builtins)) | sys.stdlib_module_names | {"__class__", "__file__"}
_NAMED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.ExceptHandler, ast.MatchAs,
          ast.MatchStar)  # fmt: skip
_DEF = re.compile(r"(?:async\s+)?def\b")
# What a line inside brackets cannot begin with: a bracket before it was forgotten.
_BEGINS = re.compile(r"\s*(?:async|class|def|from|import|raise|return|try|while|with|@\w)\b")


@dataclass(frozen=True)
class Statement:
    """A simple statement, or the head of a compound one, and its place in the text."""

    code: str
    indent: int
    start: int  # of its first line
    end: int  # after its last
    opens: bool  # whether a block is to follow


def statements(text: str) -> Iterator[Statement]:
    """The statements of a text, in order: lines, joined where a bracket or a string goes on."""
    joined = without_literals(text, "python", newline=" ").split("\n")
    place = number = 0
    while number < len(joined):
        start, bare, depth = place, "", 0
        while number < len(joined):
            line = joined[number]
            if depth and _BEGINS.match(line):
                break
            number, place, bare = number + 1, place + len(line) + 1, f"{bare}{line}\n"
            depth = max(0, depth + _opened(line))
            if not depth and not line.endswith("\\"):
                break
        code = text[start : place - 1]
        if bare.strip() or code.lstrip()[:1] not in ("", "#"):
            indent = len(code) - len(code.lstrip(" "))
            opens = bare.rstrip().endswith(":")
            yield Statement(code.strip(), indent, start, min(place, len(text)), opens)


def _opened(line: str) -> int:
    return sum((char in "([{") - (char in ")]}") for char in line)


def read_statement(statement: Statement) -> ast.AST | None:
    """What Python makes of one statement, or None if it cannot read it."""
    code = statement.code
    if statement.opens:
        code += "\n    pass"
    if code.startswith("@"):
        code += "\ndef f(): pass"
    elif code.startswith("elif"):
        code = code[2:]
    elif re.match(r"(?:except|finally)\b", code):
        code = f"try: pass\n{code}"
    elif re.match(r"else\b", code):
        code = f"if 0: pass\n{code}"
    elif re.match(r"try\s*:", code):
        code += "\nfinally: pass"
    elif re.match(r"case\b", code) and statement.opens:
        code = f"match 0:\n  {code}"
    return _parse(code)


def _parse(code: str) -> ast.AST | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(code)
        except _NOT_CODE:
            return None


def parses(code: str) -> bool:
    """Whether Python reads the code."""
    return _parse(code) is not None


def python_functions(text: str) -> list[str]:
    """The functions of a text that are whole: from ``def`` to the next that is not deeper.

    One that the text's end cuts off is left out; an inner one stands for itself too. The code
    of a function that is indented stands under an ``if True:``, so that it can be parsed.
    """
    found = list(statements(text))
    functions = []
    for number, head in enumerate(found):
        if _DEF.match(head.code):
            last = _block_end(found, number)
            if last < len(found):
                code = text[head.start : found[last].start]
                functions.append(f"if True:\n{code}" if head.indent else code)
    return functions


def _block_end(found: list[Statement], head: int) -> int:
    """The number of the first statement after a head that does not belong to it."""
    deeper = (number for number in range(head + 1, len(found))
              if found[number].indent <= found[head].indent)  # fmt: skip
    return next(deeper, len(found))


def python_names(text: str, before: str = "") -> Names:
    """The names that functions use, and those that nothing defines.

    A name is defined if a statement of its function or one that comes before binds it, in the
    text or in ``before``, what stood before it; if it is built in, or names a module of the
    standard library. Statements that do not parse are left out.
    """
    bound: set[str] = set()
    for statement in statements(before):
        bound |= _names(statement)[0]
    found, total, number = list(statements(text)), Names(), 0
    while number < len(found):
        last = _block_end(found, number) if _DEF.match(found[number].code) else number + 1
        parts = [_names(statement) for statement in found[number:last]]
        bound |= {name for binds, _ in parts for name in binds}
        if last > number + 1:
            used = {name for _, uses in parts for name in uses}
            total += Names.of_function(len(used), len(used - bound - _KNOWN))
        number = last
    return total


def _names(statement: Statement) -> tuple[set[str], set[str]]:
    """The names that a statement binds, and those that it uses."""
    binds: set[str] = set()
    uses: set[str] = set()
    tree = read_statement(statement)
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Name):
            (uses if isinstance(node.ctx, ast.Load) else binds).add(node.id)
        elif isinstance(node, ast.arg):
            binds.add(node.arg)
        elif isinstance(node, ast.alias):
            binds.add((node.asname or node.name).split(".")[0])
        elif isinstance(node, _NAMED) and node.name:
            binds.add(node.name)
        elif isinstance(node, (ast.Global, ast.Nonlocal)):
            binds.update(node.names)
    return binds, uses


def python_indentation(text: str) -> float:
    """The share of statements that Python's rule of indentation allows; NaN without any.

    After a colon a statement must be deeper; any other must stand at the level of a block
    that is open. Nothing is asked of the first, and nothing is asked twice: what follows a
    wrong one is judged by it.
    """
    levels: list[int] = []
    right = total = 0
    opens = False
    for statement in statements(text):
        indent = statement.indent
        if levels:
            total += 1
            is_level = indent in levels or indent < levels[0]
            right += indent > levels[-1] if opens else is_level
        levels = [level for level in levels if level < indent] + [indent]
        opens = statement.opens
    return right / total if total else math.nan
