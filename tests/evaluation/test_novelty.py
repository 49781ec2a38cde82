"""Copies against a naive search."""

from __future__ import annotations

import math
import random
import time

import pytest

from rnnbook import evaluation
from rnnbook.evaluation import novelty


def naive_copy(text: str, source: str) -> int:
    """The length of the longest common substring, by its definition."""
    return max(
        (last - first for first in range(len(text)) for last in range(first + 1, len(text) + 1)
         if text[first:last] in source),
        default=0,
    )  # fmt: skip


def letters(count: int, seed: int, alphabet: str = "abc") -> str:
    return "".join(random.Random(seed).choices(alphabet, k=count))


@pytest.mark.parametrize("seed", range(20))
def test_the_longest_copy_is_the_naive_one(seed):
    text, source = letters(60, seed), letters(300, seed + 100)
    copy = evaluation.longest_copy(text, source)
    assert copy in text and copy in source
    assert len(copy) == naive_copy(text, source)


@pytest.mark.parametrize("length", [1, 15, 16, 17, 40, 200])
def test_a_planted_copy_is_found_whole(length):
    source = letters(5_000, 1, "abcdefgh")
    text = letters(300, 2, "ABCD") + source[700 : 700 + length] + letters(300, 3, "ABCD")
    assert evaluation.longest_copy(["NOTHING", text], source) == source[700 : 700 + length]


def test_copies_do_not_reach_across_pieces():
    assert evaluation.longest_copy(["xxab", "cdyy"], "abcd") == "ab"
    assert evaluation.novel_ngrams(["ab", "cd"], "abcd", 2) == 0
    assert evaluation.novel_ngrams("abcd", "ab cd", 2) == pytest.approx(1 / 3)


def test_chunks_of_the_source_overlap(monkeypatch):
    monkeypatch.setattr(novelty, "_CHUNK", 7)
    source = letters(200, 5, "abcdefgh")
    for start in range(0, 180, 3):
        assert (
            evaluation.longest_copy(source[start : start + 20], source)
            == (source[start : start + 20])
        )


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("n", [1, 2, 5])
def test_novel_ngrams_are_the_naive_ones(seed, n):
    text, source = letters(50, seed), letters(60, seed + 50)
    grams = [text[start : start + n] for start in range(len(text) - n + 1)]
    expected = sum(gram not in source for gram in grams) / len(grams)
    assert evaluation.novel_ngrams(text, source, n) == pytest.approx(expected)


def test_nothing_is_copied_from_or_into_nothing():
    assert evaluation.longest_copy("", "abc") == evaluation.longest_copy("abc", "") == ""
    assert evaluation.longest_copy([], "abc") == evaluation.longest_copy("x", "abc") == ""
    assert math.isnan(evaluation.novel_ngrams("ab", "abc", 3))
    assert evaluation.novel_ngrams("abcd", "ab", 3) == 1
    assert math.isnan(evaluation.novel_items([], ["Ann"]))


def test_other_alphabets_are_characters_too():
    source = "در این دیر مغان 🎵 و بس"
    assert evaluation.longest_copy("که این دیر 🎵 و", source) == " این دیر "


def test_names_that_nobody_has():
    assert evaluation.novel_items(["Ann", "Zorb", "Bob", "Zorb"], ["Ann", "Bob"]) == 0.5


def test_five_million_characters_are_searched_in_seconds():
    source = letters(1_000, 0, "abcdefghijklmnop") * 5_000
    text = letters(12_000, 9, "abcdefghijklmnop")
    started = time.process_time()
    copy = evaluation.longest_copy(text, source)
    assert 2 < len(copy) < 16 and copy in source
    assert time.process_time() - started < 20
