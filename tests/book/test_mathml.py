"""Formulas as MathML: what browsers need, and a clear error for what cannot be read."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest
from paths import ROOT

from rnnbook.book import chapters
from rnnbook.book.fonts import math_characters
from rnnbook.book.mathml import SYMBOLS, WITH_ARGUMENTS, FormulaError, to_mathml

BOOK = ROOT / "book"


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
        (r"\cancel{x}", r"\cancel is not known"),
        (r"\boxed{x}", r"\boxed is not known"),
        (r"\mathscr{L}", r"\mathscr is not known"),
        (r"\text{50\%}", "holds a command"),
        (r"\text{a{b}c}", "holds a command"),
        (r"\text{at $t$}", "$ stands without a backslash"),
        (r"5% p", "% stands without a backslash"),
        (r"a \\# b", "# stands without a backslash"),
        (r"a \\[2pt] b", "a distance after"),
        (r"\sqrt12", r"\sqrt lacks an argument in braces"),
        (r"\sqrt[3]12", r"\sqrt lacks an argument in braces"),
        (r"\hat12", r"\hat lacks an argument in braces"),
        (r"\frac{1}23", r"\frac lacks an argument in braces"),
        (r"\frac{a", "braces"),
        (r"a }", "braces"),
        (r"a & b", "an & "),
        (r"\left( a", "Left"),
    ],
)
def test_what_cannot_be_read_is_an_error(latex: str, message: str) -> None:
    with pytest.raises(FormulaError, match=re.escape(message)):
        to_mathml(latex)


@pytest.mark.parametrize("latex", [r"a \pm b", r"a\pm 0.1", r"a \mp b", r"a \odot b"])
def test_a_sign_between_two_things_is_an_operator(latex: str) -> None:
    assert re.search(r"<mo[^>]*>[±∓⊙]</mo>", to_mathml(latex))


@pytest.mark.parametrize("name", sorted(SYMBOLS))
def test_every_command_of_the_list_is_rendered(name: str) -> None:
    around = {"left": r"\left( a \right)", "right": r"\left( a \right)", "\\": r"a \\ b"}
    limits = {"limits": r"\sum\limits_a^b x", "nolimits": r"\sum\nolimits_a^b x"}
    math = to_mathml({**around, **limits}.get(name, f"a \\{name} b"))
    assert "\\" not in math.replace("\\ ", "") and "merror" not in math


@pytest.mark.parametrize(("name", "count"), sorted(WITH_ARGUMENTS.items()))
def test_every_command_with_arguments_is_rendered(name: str, count: int) -> None:
    if name in ("begin", "end"):
        latex = r"\begin{matrix} a \end{matrix}"
    else:
        latex = rf"x\{name}" + "{a}" * count
    assert "\\" not in to_mathml(latex, display=True)


FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$])\$([^$\n]+(?:\n[^$\n]+)?)\$", re.DOTALL)


def formulas() -> list[str]:
    """All formulas of the chapters and the appendix."""
    pages = [p for p in BOOK.rglob("*.*") if p.suffix in (".ipynb", ".md")]
    pages = [page for page in pages if "_build" not in page.parts]
    texts = [re.sub(r"`[^`\n]*`", "", chapters.prose(page)) for page in pages]
    return sorted({a or b for text in texts for a, b in FORMULA.findall(text)})


def test_every_formula_of_the_book_is_rendered() -> None:
    found = formulas()
    assert len(found) > 150
    wrong = {}
    for latex in found:
        try:
            to_mathml(latex)
        except FormulaError as error:
            wrong[latex] = str(error)
    assert not wrong


@pytest.mark.parametrize(
    ("letter", "slanted"), [("ϵ", "𝜖"), ("ε", "𝜀"), ("ϑ", "𝜗"), ("∂", "𝜕"), ("x", "𝑥"), ("h", "ℎ")]
)
def test_the_font_has_the_slanted_letters_that_browsers_draw(letter: str, slanted: str) -> None:
    assert slanted in math_characters([f"<math><mi>{letter}</mi></math>"])


@pytest.mark.parametrize("formula", [r"\sqrt{2}", r"\sqrt[3]{2}"])
def test_the_font_has_the_sign_of_a_root_which_stands_nowhere_in_the_page(formula):
    page = to_mathml(formula)
    assert "√" not in page and "√" in math_characters([page])
    assert "√" not in math_characters([to_mathml("2")])
