"""Formulas, tunes and numbers, right and planted wrong."""

from __future__ import annotations

import random

import pytest

from rnnbook import corpora, evaluation

NONSENSE = "".join(random.Random(3).choices("X:TKM\n |abcdefGz2/^_\\${}()1", k=2_000))
TUNE = "X:1\nT:Test\nM:4/4\nL:1/8\nK:G\n|GABc dedB|dedB dedB|c2ec B2dB|A2F2 G4|\n"


def test_formulas_stand_between_dollar_signs():
    text = "Let $x_1$ and\n$$\ny = 2\n$$\nbe. It costs 5$.\n\nNo $ here.\n\n$a$$b$"
    assert evaluation.formulas(text) == ["x_1", "\ny = 2\n", "a", "b"]


def test_equations_are_whole_environments():
    right = "\\begin{equation}\nx = 1\n\\end{equation}"
    text = f"{right}\n\n\\begin{{equation}}\nx = 1\n\n{right.replace('end{eq', 'end{aq')}\n"
    assert evaluation.equations(text) == ["x = 1", None, None]
    assert evaluation.equations("") == []


@pytest.mark.parametrize("formula", [r"\frac{a}{b_{3}}", "a = \n b", r"\left(x\right)^{2}"])
def test_matplotlib_reads_what_is_well_formed(formula):
    assert evaluation.mathtext_reads(formula)


@pytest.mark.parametrize(
    "formula", [r"\frac{a", r"\left(x", "a^b^c", r"\nosuch{a}", "a $ b", "", "{" * 3_000]
)
def test_and_refuses_what_is_not(formula):
    assert not evaluation.mathtext_reads(formula)


def test_sympy_asks_for_sense_too():
    assert evaluation.sympy_reads(r"x = \frac{a}{b_{3}}")
    assert not evaluation.sympy_reads("a + = b") and evaluation.mathtext_reads("a + = b")
    assert not evaluation.sympy_reads("") and not evaluation.sympy_reads(r"\frac{a")


@pytest.mark.parametrize(
    ("formula", "reads"),
    [
        (r"x = y + \left(a + b\right)", True),
        (r"x = \left(\frac{a}{b}\right)^{2}", True),
        (r"x = y + \left(a + b)", False),  # Lark passes over the words wherever they stand
        (r"x = y + (a + b\right)", False),
        (r"x = \left(a + b\right", False),
        (r"x = \frac{a}{b", False),
        (r"x = y \left(a + b\right)", False),  # a product, or a function of a sum?
    ],
)
def test_sympy_reads_one_expression_of_what_is_well_formed(formula, reads):
    assert evaluation.sympy_reads(formula) is reads


def test_no_broken_bracket_is_read():
    found = [one for one in evaluation.equations(corpora.load("latex-formulas").text[:9_000])
             if one and r"\right)" in one][:20]  # fmt: skip
    broken = [one.replace(r"\right)", ")", 1) for one in found]
    assert len(broken) == 20 and not any(map(evaluation.sympy_reads, broken))


def test_the_book_s_formulas_are_read():
    text = corpora.load("latex-formulas").text[:5_000]
    found = [formula for formula in evaluation.equations(text)[:-1] if formula is not None]
    assert len(found) > 30 and all(map(evaluation.mathtext_reads, found))


def test_tunes_end_at_an_empty_line():
    assert evaluation.tunes(f"GAB|\n\n{TUNE}\n{TUNE}") == [TUNE]
    assert evaluation.tunes("") == []


def test_an_accidental_counts_to_the_end_of_its_bar():
    tune = "X:1\nM:4/4\nL:1/8\nK:C\n^F2GF _BABc|F2GF BABc|=F^FFG z4|\n"
    notes = list(evaluation.tune_score(tune).recurse().notes)
    names = [pitch.name for note in notes for pitch in note.pitches]
    assert names == ["F#", "G", "F#", "B-", "A", "B-", "C",
                     "F", "G", "F", "B", "A", "B", "C", "F", "F#", "F#", "G"]  # fmt: skip


def test_a_tune_is_read_and_its_bars_are_counted():
    tune = evaluation.read_tune(TUNE)
    assert tune is not None and tune.notes == 25
    assert (tune.bars, tune.full_bars) == (2, 2)  # the first and the last are left out
    short = evaluation.read_tune(TUNE.replace("dedB dedB", "dedB ded"))
    assert short is not None and (short.bars, short.full_bars) == (2, 1)


@pytest.mark.parametrize("tune", ["", "hello", "X:1\nK:Q\n((((|", "X:1\n", NONSENSE])
def test_what_is_no_tune_is_none(tune, capsys):
    found = evaluation.read_tune(tune)
    assert found is None or found.notes > 0
    assert tune == NONSENSE or found is None
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("line", "language", "right"),
    [
        ("41: forty-one", "en", True),
        ("41: forty one", "en", False),
        ("41: einundvierzig", "de", True),
        ("41: quarante et un", "fr", True),
        ("41: quarante-un", "fr", False),
        ("0: zero", "en", True),
        ("041: forty-one", "en", None),
        ("forty-one", "en", None),
        ("9999999999999: many", "en", None),
        ("", "en", None),
    ],
)
def test_numbers_in_words(line, language, right):
    assert evaluation.spelled_right(line, language) is right
