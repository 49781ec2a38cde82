"""Labels computed from a text hold where they should, and bear with pieces cut out of one."""

from __future__ import annotations

import re

import numpy as np
import pytest

from rnnbook.inspection import code, markup
from rnnbook.inspection.detectors import DETECTORS


def held(detector, text):
    """The characters after which a property holds; the others as points."""
    labels = DETECTORS[detector](text)
    assert labels.shape == (len(text),)
    return "".join(char if label else "." for char, label in zip(text, labels, strict=True))


def parts(found):
    return re.findall(r"[^.]+", found)


@pytest.mark.parametrize(
    ("detector", "text", "wanted"),
    [
        ("inside quotes", 'He "said" so', '..."said....'),
        ("inside quotes", 'was," he said. "I am"', 'was,..........."I am.'),
        ("inside quotes", 'a "b\n\n"c" d', '.."b.."c...'),
        ("inside quotes", "no marks at all", "..............."),
        ("inside curly quotes", "a “b c” d", "..“b c..."),
        ("capital to come", "aB cD", "a..c."),
        ("inside [[ ]]", "a [[b|[[c]] d]] [x] ]]", "...[b|[[c]] d........."),
        ("after the first [", "a [[b]] [x]", "..[........"),
        ("inside {{ }}", "{{a {{b}} c}} {d}", ".{a {{b}} c......"),
        ("in a url", "see http://a.org/x and", "........://a.org/x...."),
        ("in www.", "http://www.a.org", ".......www......"),
        ("inside an element", "a<ref>b<br/>c</ref>d", ".....>b<br/>c......."),
        ("inside $ $", r"a $x$ \$ $$y$$ $z", "..$x......$y....."),
        ("inside an environment", r"\begin{a}x\end{a}", "........}x......."),
    ],
)  # fmt: skip
def test_labels_hold_where_they_should(detector, text, wanted):
    assert held(detector, text) == wanted


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a.\n\n\" 'B c,' d.\" e", "....\" 'B c,' d...."),  # a paragraph opens
        ("a: \" 'B c,' d.\" e", "...\" 'B c,' d...."),  # and so does an inner quotation
        ('"A b " c', '"A b ...'),  # a space before the mark that closes
        ('"A,"\n\n" B" c', '"A,..." B...'),
    ],
)
def test_a_quotation_may_begin_with_a_space(text, wanted):
    found = DETECTORS["inside quotes"](text)
    shown = "".join(char if inside else "." for char, inside in zip(text, found, strict=True))
    assert shown == wanted


def test_marks_that_lie_too_far_apart_do_not_belong_together():
    assert not DETECTORS["inside [[ ]]"]("[[" + "a" * 1200 + "]]").any()


def test_distances_to_newlines():
    assert markup.since_newline("ab\n\ncd").tolist() == [1, 2, 0, 0, 1, 2]
    assert markup.until_newline("ab\n\ncd").tolist() == [1, 0, 0, 2, 1, 0]
    assert markup.since_newline("").size == markup.until_newline("").size == 0


PYTHON = '''def f(x):
    """Doc 'is' here."""
    if x == ("a#b", f"c{d}e") and y[1:2]:  # it's so
        return 'z' if x else 0
'''


def test_strings_of_python():
    assert parts(held("python string", PYTHON)) == [
        "\"\"\"Doc 'is' here", '""', '"a#b', '"c', "}e", "'z",
    ]  # fmt: skip


@pytest.mark.parametrize("prefix", ["f", "rb", "Rb", "b", "u", "F", "fr"])
@pytest.mark.parametrize("mark", ["'", '"', '"""'])
def test_a_prefix_stands_before_its_string(prefix, mark):
    text = f"x = {prefix}{mark}ab{mark}\n"
    expected = "." * text.index(mark) + f"{mark}ab{mark}"[:-1]
    assert held("python string", text) == expected.ljust(len(text), ".")


def test_a_prefix_of_c_stands_before_its_string():
    assert parts(held("c string or comment", 'a = L"bc" + u8"d";')) == ['"bc', '"d']


def test_comments_of_python():
    assert held("python comment", PYTHON).strip(".") == "# it's so"
    both = DETECTORS["python string or comment"](PYTHON)
    assert (both == code.python_strings(PYTHON) | code.python_comments(PYTHON)).all()


def test_a_condition_goes_from_if_to_its_colon():
    # the last letter of the word, and not the colon; an expression's `if` is no statement
    assert held("python if", PYTHON).strip(".") == 'f x == ("a#b", f"c{d}e") and y[1:2]'


def test_a_piece_that_begins_in_a_docstring_is_read_as_such():
    piece = 'it\'s the end of one.\n    """\n    x = 1\n\ndef g():\n    return "y"\n'
    found = held("python string", piece)
    assert found.startswith("it's the end of one") and found.rstrip(".").endswith('"y')
    assert "x = 1" not in found and "def" not in found


C = """int f(char *s) { /* a "b" */
  if (s[0] == '(' && g(")")) { return 1; } // to the end
}
"""


def test_comments_and_strings_of_c():
    assert parts(held("c comment", C)) == ['/* a "b" *', "// to the end"]
    assert held("c string or comment", C).count('"') == 3
    assert held("c if", C).strip(".") == """(s[0] == '(' && g(")")"""


def test_a_piece_that_begins_in_a_comment_is_read_as_such():
    assert held("c comment", "of it */ int x; /* y */").split(".")[0] == "of it *"
    assert "int" not in held("c comment", "of it */ int x; /* y */")


def test_indentation_grows_while_it_is_read():
    assert code.indentation("if x:\n    y\n").tolist() == [0] * 6 + [1, 2, 3, 4, 4, 4]


@pytest.mark.parametrize("detector", DETECTORS)
def test_every_detector_reads_the_empty_text_and_any_piece(detector):
    assert DETECTORS[detector]("").size == 0
    rng = np.random.default_rng(0)
    text = "".join(rng.choice(list("ab if(){}[]<>/*#'\"\\\n $:."), 400))
    assert DETECTORS[detector](text).shape == (400,)
