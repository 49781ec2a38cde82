"""Labels of source code, by a real tokenizer: strings, comments, conditions, indentation.

Every label says what holds after its character was read: the mark that opens a string
is inside, the one that closes it is not. A piece cut out of a file may begin inside a
string or a comment; that is seen by what closes first.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import numpy as np
from pygments.lexer import RegexLexer
from pygments.lexers.c_cpp import CLexer
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Punctuation, String, Text, Whitespace, _TokenType

from rnnbook.inspection.labels import Counts, Labels

Token = tuple[int, _TokenType, str]  # where it begins, what it is, its characters

# Where a file of each language is surely neither in a string nor in a comment, and what
# has been left open if the piece begins in one.
_PYTHON_CODE = re.compile(r"^(?:def |class |import |from |@|async def )", re.MULTILINE)


def python_tokens(text: str) -> list[Token]:
    """The tokens of a piece of Python; one that begins inside a docstring is read as such."""
    code = _PYTHON_CODE.search(text)
    head = text[: code.start()] if code else ""
    return _tokens(PythonLexer(), text, '"""' if head.count('"""') % 2 else "")


def c_tokens(text: str) -> list[Token]:
    """The tokens of a piece of C; one that begins inside a comment is read as such."""
    first = re.search(r"/\*|\*/", text)
    return _tokens(CLexer(), text, "/*" if first and first.group() == "*/" else "")


def _tokens(lexer: RegexLexer, text: str, opening: str) -> list[Token]:
    found = lexer.get_tokens_unprocessed(opening + text)
    tokens = [(start - len(opening), kind, chars) for start, kind, chars in found]
    return [
        (max(0, start), kind, chars[max(0, -start) :])
        for start, kind, chars in tokens
        if start + len(chars) > 0
    ]


def _is_string(kind: _TokenType) -> bool:
    """Whether a token lies inside a string: a prefix such as ``rb`` or ``L`` stands before it."""
    return kind in String and kind not in String.Affix


def _is_comment(kind: _TokenType) -> bool:
    return kind in Comment and kind not in Comment.Preproc and kind not in Comment.PreprocFile


def _inside_runs(text: str, tokens: list[Token], belongs: Callable[[_TokenType], bool]) -> Labels:
    """Inside runs of tokens of one sort, without the last character of each, which ends it."""
    inside = np.zeros(len(text) + 1, dtype=bool)
    for start, kind, chars in tokens:
        inside[start : start + len(chars)] = belongs(kind)
    return inside[:-1] & inside[1:]


def _in_comments(text: str, tokens: list[Token]) -> Labels:
    """Inside comments; one that runs to the end of its line is ended by the newline."""
    found = _inside_runs(text, tokens, _is_comment)
    for start, kind, chars in tokens:
        if _is_comment(kind) and kind not in Comment.Multiline:
            found[start : start + len(chars.rstrip("\n"))] = True
    return found


def python_strings(text: str) -> Labels:
    """Inside the strings of Python, docstrings among them (T,)."""
    return _inside_runs(text, python_tokens(text), _is_string)


def python_comments(text: str) -> Labels:
    """Inside the comments of Python (T,)."""
    return _in_comments(text, python_tokens(text))


def python_strings_or_comments(text: str) -> Labels:
    """Inside a string or a comment of Python (T,)."""
    return python_strings(text) | python_comments(text)


def c_strings(text: str) -> Labels:
    """Inside the strings and character constants of C (T,)."""
    return _inside_runs(text, c_tokens(text), _is_string)


def c_comments(text: str) -> Labels:
    """Inside the comments of C (T,)."""
    return _in_comments(text, c_tokens(text))


def c_strings_or_comments(text: str) -> Labels:
    """Inside a string or a comment of C (T,)."""
    return c_strings(text) | c_comments(text)


def python_conditions(text: str) -> Labels:
    """Inside the condition of ``if`` or ``elif`` (T,): after the word, before its colon."""
    found, tokens = np.zeros(len(text), dtype=bool), python_tokens(text)
    for place in _statements(tokens, ("if", "elif")):
        start, _, word = tokens[place]
        end = _end(tokens[place + 1 :], opened=0, last=":")
        if end is not None:
            found[start + len(word) - 1 : end] = True
    return found


def c_conditions(text: str) -> Labels:
    """Inside the condition of ``if`` (T,): after its opening bracket, before its closing one."""
    found, tokens = np.zeros(len(text), dtype=bool), c_tokens(text)
    for place, (_, kind, word) in enumerate(tokens):
        if kind not in Keyword or word != "if":
            continue
        rest = [token for token in tokens[place + 1 : place + 200] if not _is_blank(token)]
        if rest and rest[0][2] == "(" and (end := _end(rest[1:], opened=1, last=")")) is not None:
            found[rest[0][0] : end] = True
    return found


def _is_blank(token: Token) -> bool:
    return token[1] in Whitespace or (token[1] in Text and not token[2].strip())


def _statements(tokens: list[Token], words: tuple[str, ...]) -> Iterator[int]:
    """Where one of some keywords begins a line."""
    begins = True
    for place, token in enumerate(tokens):
        if begins and token[1] in Keyword and token[2] in words:
            yield place
        begins = "\n" in token[2] or (begins and _is_blank(token))


def _end(tokens: list[Token], opened: int, last: str) -> int | None:
    """Where the mark stands that ends what has so many brackets open, or None."""
    for start, kind, chars in tokens:
        if kind in Punctuation:
            for offset, char in enumerate(chars):
                opened += (char in "([{") - (char in ")]}")
                if char == last and opened == 0:
                    return start + offset
        elif "\n" in chars and last == ":" and opened <= 0:
            return None  # a line ended: this was no statement
    return None


def indentation(text: str) -> Counts:
    """How many spaces the line began with, as far as it was read (T,)."""
    found, place = np.zeros(len(text), dtype=np.int64), 0
    for line in text.splitlines(keepends=True):
        indent = len(line) - len(line.lstrip(" "))
        found[place : place + len(line)] = np.minimum(np.arange(1, len(line) + 1), indent)
        place += len(line)
    return found
