"""What is opened is closed, on texts with planted faults."""

from __future__ import annotations

import math
import random
import time

import pytest

from rnnbook import evaluation
from rnnbook.evaluation import Balance

NONSENSE = "".join(random.Random(1).choices("ab .\"'()[]{}<>/\\\n:=-1", k=50_000))


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ("", Balance()),
        ("f(a[0], {1: (2)})", Balance(closed=4)),
        ("f(a[0)", Balance(closed=1, unclosed=1)),  # ) closes f(, so [ stays open
        ("(]", Balance(unclosed=1, stray=1)),
        ("}{", Balance(unclosed=1, stray=1)),
        ("((a)", Balance(closed=1, unclosed=1)),
    ],
)
def test_brackets(text, balance):
    assert evaluation.brackets(text) == balance


def test_the_share_counts_lone_marks_of_both_kinds():
    balance = Balance(closed=3, unclosed=1, stray=2)
    assert balance.share == 0.5
    assert balance.opened_that_close == 0.75
    assert math.isnan(Balance().share) and math.isnan(Balance(stray=1).opened_that_close)
    assert balance + Balance(1, 1, 1) == Balance(4, 2, 3)


def test_marks_of_two_characters():
    pairs = (("[[", "]]"), ("{{", "}}"))
    text = "[[Anarchism]] {{cite|[[x]]}} [one] [[open {{also"
    assert evaluation.brackets(text, pairs) == Balance(closed=3, unclosed=2)


@pytest.mark.parametrize(
    ("text", "balance"),
    [
        ('"Well," said he, "come."', Balance(closed=2)),
        ('"Well, said he.', Balance(unclosed=1)),
        ('"Well, said he. "Come."', Balance(closed=1, unclosed=1)),
        ('He said come."', Balance(stray=1)),
        ('("Yes"--"No")', Balance(closed=2)),
        ('he began--"', Balance(stray=1)),
        ("\" 'Yes,' said he.\"", Balance(closed=1)),
        ('"', Balance(stray=1)),
        ("none", Balance()),
    ],
)
def test_quotes(text, balance):
    assert evaluation.quotes(text) == balance


def test_a_paragraph_starts_anew():
    text = '"Open.\n\nHe said "yes".\n \n\nclosing."'
    assert evaluation.by_paragraph(evaluation.quotes, text) == Balance(1, 1, 1)
    assert evaluation.paragraphs("\n\n a \n\n\n\nb\n") == [" a ", "b\n"]


def test_tags_nest_and_close_themselves():
    text = '<ref name="a">x</ref><br><ref name="b"/> <div><sup>2</div></sup> a < b'
    assert evaluation.tags(text) == Balance(closed=2, unclosed=1, stray=1)
    assert evaluation.tags("1 <2> <!-- no --> <>") == Balance()


def test_the_post_s_proof_that_ends_a_lemma():
    text = r"\begin{proof} x \begin{enumerate} \item y \end{enumerate} \end{lemma}"
    assert evaluation.environments(text) == Balance(closed=1, unclosed=1, stray=1)
    assert evaluation.environments(r"\begin{a}\end{a}").share == 1


def test_speakers():
    text = "KING LEAR:\nHowl, howl!\n\nFirst Lord:\nMy liege.\n\nNo name.\n\nFOOL:\n\nA: b\n"
    assert evaluation.speakers(text) == ["KING LEAR", "First Lord", None, None, None]
    assert evaluation.speakers("") == []


def test_verses_follow_one_another():
    assert evaluation.sequence_rate("1. In the 2. And 3. Of 1. Now 2. So") == 1
    assert evaluation.sequence_rate("4. In the 9. And 10. Of") == 0.5
    assert math.isnan(evaluation.sequence_rate("in 1789. Then"))


def test_nonsense_and_huge_texts_are_measured_too():
    started = time.process_time()
    for text in (NONSENSE, NONSENSE * 10, "(" * 300_000 + "]" * 300_000, '"' * 300_000):
        for measure in (evaluation.brackets, evaluation.quotes, evaluation.tags,
                        evaluation.environments):  # fmt: skip
            balance = measure(text)
            assert math.isnan(balance.share) or 0 <= balance.share <= 1
        evaluation.speakers(text)
        evaluation.sequence_rate(text)
    assert time.process_time() - started < 60
