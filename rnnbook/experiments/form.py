"""Measures of form, by what a model writes: plays, quotations, code, markup, tunes, numbers.

Each takes the pieces and what they are measured against, and gives numbers that a row can
hold. A number without anything to measure is None. Counts stand beside shares.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from typing import Any

from rnnbook import evaluation
from rnnbook.evaluation import Balance
from rnnbook.experiments.experiment import Row
from rnnbook.experiments.writers import Material, Piece

Measure = Callable[[Sequence[Piece], Material], Row]

EQUATIONS = 24  # a case that SymPy reads; it takes a tenth of a second for one
_MARKUP = (("[[", "]]"), ("{{", "}}"))
_TEMPLATE = re.compile(r"\{\{.*?\}\}")  # of the corpus c: commands of another language


def number(value: float) -> float | None:
    """A number as a row holds it: four digits, and None for NaN."""
    return None if math.isnan(value) else round(float(value), 4)


def share(found: Sequence[bool]) -> float | None:
    """The share that is true, or None of nothing."""
    return number(sum(found) / len(found)) if found else None


def _balance(name: str, pieces: Sequence[Piece], measure: Callable[[str], Balance]) -> Row:
    total = sum((measure(piece.text) for piece in pieces), Balance())
    return {
        f"{name}_closed": number(total.share),
        f"{name}_opened_that_close": number(total.opened_that_close),
        name: total.closed + total.unclosed + total.stray,
    }


def _mean(values: Sequence[float]) -> float | None:
    known = [value for value in values if not math.isnan(value)]
    return number(sum(known) / len(known)) if known else None


def play(pieces: Sequence[Piece], of: Material) -> Row:
    """Paragraphs that begin with a speaker, and speakers that the training text knows."""
    known = {f"\n{name}:\n" for name in re.findall(r"\n([^\n:]{1,40}):\n", of.train_text)}
    # the last paragraph may have been cut
    found = [one for piece in pieces for one in evaluation.speakers(piece.text)[:-1]]
    names = [name for name in found if name is not None]
    return {
        "speaker_format": share([name is not None for name in found]),
        "speaker_known": share([f"\n{name}:\n" in known for name in names]),
        "paragraphs": len(found),
    }


def quotations(pieces: Sequence[Piece], of: Material) -> Row:
    """Quotation marks, paragraph by paragraph, without the last, which may have been cut."""

    def measure(text: str) -> Balance:
        return sum(map(evaluation.quotes, evaluation.paragraphs(text)[:-1]), Balance())

    return _balance("quotes", pieces, measure)


def verses(pieces: Sequence[Piece], of: Material) -> Row:
    """Numbers of verses that follow one another."""
    return {"verse_follows": _mean([evaluation.sequence_rate(piece.text) for piece in pieces])}


def python(pieces: Sequence[Piece], of: Material) -> Row:
    """Brackets, indentation, what parses, and names that nothing defines."""
    functions = [code for piece in pieces for code in evaluation.python_functions(piece.text)]
    # the last statement may have been cut
    found = [one for piece in pieces for one in list(evaluation.statements(piece.text))[:-1]]
    names = sum(
        (evaluation.python_names(piece.text, piece.before) for piece in pieces), evaluation.Names()
    )
    return {
        **_balance("brackets", pieces, lambda text: evaluation.by_paragraph(
            evaluation.brackets, evaluation.without_literals(text, "python"))),
        **_balance("quotes", pieces, _string_quotes),
        "indentation": _mean([evaluation.python_indentation(piece.text) for piece in pieces]),
        "statements": len(found),
        "statements_read": share([evaluation.read_statement(one) is not None for one in found]),
        "functions": len(functions),
        "functions_parse": share([evaluation.parses(code) for code in functions]),
        **names_row(names),
    }  # fmt: skip


def _string_quotes(text: str) -> Balance:
    """Quotation marks that stand alone in their line are left open."""
    counts = [line.count('"') - 3 * line.count('"""') for line in text.split("\n")]
    return sum((Balance(count // 2, count % 2) for count in counts), Balance())


def first_function_names(language: str, text: str, before: str) -> evaluation.Names:
    """The names of the function that a text begins with, which may be cut at its end."""
    if language == "python":
        # by the rule that the last statement may have been cut
        found = list(evaluation.statements(text))[:-1]
        later = (one.start for one in found[1:] if one.indent <= found[0].indent)
        last = found[-1].end if found else 0
        return evaluation.python_names(text[: next(later, last)], before)
    body = _TEMPLATE.sub("", text)
    whole = body.find("\n}")
    return evaluation.c_names(body[: whole if whole >= 0 else body.rfind("\n")] + "\n}\n")


def names_row(names: evaluation.Names) -> Row:
    """Shares of names and functions, with their counts."""
    return {
        "undefined": number(names.share),
        "names_used": names.used,
        "functions_read": names.functions,
        "functions_without_undefined": number(names.clean_share),
    }


def c(pieces: Sequence[Piece], of: Material) -> Row:
    """Brackets, braces, and variables that nothing declares."""
    bare = [Piece(_TEMPLATE.sub("", piece.text), piece.before) for piece in pieces]
    names = sum((evaluation.c_names(piece.text) for piece in bare), evaluation.Names())
    return {
        **_balance("brackets", bare, lambda text: evaluation.brackets(
            evaluation.without_literals(text, "c"))),
        "indentation": _mean([evaluation.brace_indentation(piece.text) for piece in bare]),
        **names_row(names),
    }  # fmt: skip


def wiki(pieces: Sequence[Piece], of: Material) -> Row:
    """Links, templates, tags and headings."""
    headings = [line for piece in pieces for line in piece.text.split("\n")[:-1]
                if line.startswith("=")]  # fmt: skip
    return {
        **_balance("markup", pieces, lambda text: evaluation.brackets(text, _MARKUP)),
        **_balance("tags", pieces, evaluation.tags),
        "headings": len(headings),
        "headings_closed": share(
            [bool(re.fullmatch(r"(=+)[^=]+\1\s*", line)) for line in headings]
        ),
    }


def latex(pieces: Sequence[Piece], of: Material) -> Row:
    """Braces, environments, and formulas that matplotlib reads."""
    found = [formula for piece in pieces for formula in evaluation.formulas(piece.text)]
    return {
        **_balance("braces", pieces, lambda text: evaluation.brackets(text, [("{", "}")])),
        **_balance("dollars", pieces, _dollars),
        **_balance("environments", pieces, evaluation.environments),
        "formulas": len(found),
        "formulas_read": share([evaluation.mathtext_reads(formula) for formula in found]),
    }


def _dollars(text: str) -> Balance:
    counts = [part.replace("$$", "$").count("$") for part in evaluation.paragraphs(text)[:-1]]
    return sum((Balance(count // 2, count % 2) for count in counts), Balance())


def equations(pieces: Sequence[Piece], of: Material) -> Row:
    """Environments that are whole, and formulas that matplotlib and SymPy read."""
    blocks = [block for piece in pieces for block in evaluation.equations(piece.text)[:-1]]
    found = [block for block in blocks if block is not None]
    return {
        **_balance("environments", pieces, evaluation.environments),
        "whole": share([block is not None for block in blocks]),
        "formulas": len(found),
        "formulas_read": share([evaluation.mathtext_reads(formula) for formula in found]),
        "formulas_sympy_reads": share([evaluation.sympy_reads(f) for f in found[:EQUATIONS]]),
    }


def names(pieces: Sequence[Piece], of: Material) -> Row:
    """Names that the training text lacks, and those of them that the held-out text has."""
    found = [name for piece in pieces for name in piece.text.split("\n")[:-1] if name]
    known, real = set(of.train_text.split("\n")), set(of.held_out.split("\n"))
    novel = [name for name in found if name not in known]
    return {
        "names": len(found),
        "novel_names": number(evaluation.novel_items(found, known)),
        "novel_that_are_real": share([name in real for name in novel]),
        "names_repeated": number(1 - len(set(found)) / len(found)) if found else None,
    }


def music(pieces: Sequence[Piece], of: Material) -> Row:
    """Tunes that music21 reads, and bars that are as long as the metre says."""
    found = [evaluation.read_tune(tune) for piece in pieces for tune in
             evaluation.tunes(piece.text)]  # fmt: skip
    read = [tune for tune in found if tune is not None]
    bars = sum(tune.bars for tune in read)
    return {
        "tunes": len(found),
        "tunes_read": share([tune is not None for tune in found]),
        "bars": bars,
        "bars_full": number(sum(tune.full_bars for tune in read) / bars) if bars else None,
    }


def numbers(pieces: Sequence[Piece], of: Material) -> Row:
    """Numbers that are spelled right, and those of them that training never showed."""
    language = of.corpus.removeprefix("numbers-")
    seen = set(of.train_text.split("\n"))
    lines = [line for piece in pieces for line in piece.text.split("\n")[:-1] if line]
    right = {line: evaluation.spelled_right(line, language) for line in lines}
    digits = {line.split(":")[0] for line in seen}
    new = [line for line in lines if line.split(":")[0] not in digits]
    return {
        "lines": len(lines),
        "in_form": share([right[line] is not None for line in lines]),
        "spelled_right": share([right[line] is True for line in lines]),
        "new_numbers": len(new),
        "new_spelled_right": share([right[line] is True for line in new]),
    }


#: The measures of form of what a shipped model writes.
#:
#: :meta hide-value:
MEASURES: dict[str, Measure] = {
    "shakespeare": play,
    "shakespeare-large": play,
    "war-and-peace": quotations,
    "war-and-peace-large": quotations,
    "sherlock": quotations,
    "king-james": verses,
    "python": python,
    "c": c,
    "c-large": c,
    "wikipedia": wiki,
    "latex": latex,
    "latex-formulas": equations,
    "names": names,
    "music": music,
    "numbers-de": numbers,
    "numbers-en": numbers,
    "numbers-fr": numbers,
}


def measure(name: str, pieces: Sequence[Piece], of: Material) -> dict[str, Any]:
    """The measures of form for one model's pieces."""
    return MEASURES[name](pieces, of)
