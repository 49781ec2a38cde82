"""Formulas as MathML: what browsers need, and a clear error for what cannot be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from rnnbook.book.mathml import FormulaError, to_mathml


def test_rows_are_aligned_at_the_sign_of_equality() -> None:
    math = to_mathml(r"\begin{aligned} a &= b \\ c_t &= f_t \odot g \end{aligned}", display=True)
    rows = ET.fromstring(math).findall(".//mtr")
    assert [[cell.get("class") for cell in row] for row in rows] == [["right", "left"]] * 2


@pytest.mark.parametrize("name", ["align", "align*", "aligned", "split"])
def test_no_environment_numbers_its_own_rows(name: str) -> None:
    math = to_mathml(rf"\begin{{{name}}} a &= b \\ c &= d \end{{{name}}}", display=True)
    assert "(1)" not in math


def test_limits_stand_below_only_in_a_display() -> None:
    assert "<munderover><mo>∑</mo>" in to_mathml(r"\sum_{t=1}^T L_t", display=True)
    assert "<msubsup><mo>∑</mo>" in to_mathml(r"\sum_{t=1}^T L_t")
    assert "<munder><mi>max</mi>" in to_mathml(r"\max_k p_k", display=True)


@pytest.mark.parametrize(
    ("latex", "letters"),
    [
        (r"\mathbf{b}", "𝐛"),
        (r"\boldsymbol{x}", "𝒙"),
        (r"\mathbf{\sigma}", "𝛔"),
        (r"\mathbb{R}", "ℝ"),
        (r"\mathbf{1}", "𝟏"),
    ],
)
def test_styled_letters_are_letters_of_unicode(latex: str, letters: str) -> None:
    math = to_mathml(latex)
    assert letters in math and "mathvariant" not in math


def test_a_function_stands_apart_from_its_argument_unless_that_is_in_brackets() -> None:
    assert "mspace" in to_mathml(r"\log p")
    assert "mspace" in to_mathml(r"2 \ln V")
    assert "mspace" not in to_mathml(r"\tanh(x)")
    assert "mspace" not in to_mathml(r"\operatorname{softmax}\left(x\right)")


def test_roman_words_are_one_upright_word() -> None:
    assert "<mtext>xh</mtext>" in to_mathml(r"W_{\mathrm{xh}}")


@pytest.mark.parametrize(
    ("latex", "message"),
    [
        (r"\foo{x}", r"the command \foo is not known"),
        (r"\begin{foo} x \end{foo}", "the environment foo is not known"),
        (r"\frac{a}", "lacks an argument"),
        (r"\frac{a", "braces"),
        (r"a }", "braces"),
        (r"a & b", "an & "),
        (r"\left( a", "Left"),
    ],
)
def test_what_cannot_be_read_is_an_error(latex: str, message: str) -> None:
    with pytest.raises(FormulaError, match=re.escape(message)):
        to_mathml(latex)
