"""The errors of a model, sorted by what would have removed them.

An error is a guess that gives the right character less than a half. Every error is
counted once, at the first cause that applies:

- ``n-gram``: an n-gram gives the right character a half or more
- ``repeated word``: a letter of a word that occurred in the last 1,000 characters
- ``rare word``: a letter of a word that the training text has seldom
- ``after a space``, ``after a newline``: the first character of a word or a line
- ``rest``: whatever else

The first letter of a word is no matter of the word: knowing the words before does not
say which one comes.

Source: Karpathy, Johnson and Fei-Fei (2015), arXiv 1506.02078, section 4.4, with words
of any kind in place of its finer classes.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

CAUSES = (
    "n-gram", "repeated word", "rare word", "after a space", "after a newline", "rest",
)  # fmt: skip
RIGHT = 0.5  # a right character that gets less is an error
WINDOW = 1000  # characters in which a word is remembered
SELDOM = 5  # a word that the training text has fewer times is rare

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)*")


def count_words(text: str) -> dict[str, int]:
    """How often each word occurs; capitals count as what they are."""
    counts: dict[str, int] = {}
    for word in _WORD.findall(text):
        counts[word] = counts.get(word, 0) + 1
    return counts


def sort_errors(
    text: str,
    probs: NDArray[np.floating],
    ngram_probs: NDArray[np.floating],
    word_counts: Mapping[str, int],
) -> dict[str, NDArray[np.bool_]]:
    """Which guesses of text[1:] are errors of which cause: masks (T - 1,) by name.

    ``probs`` and ``ngram_probs`` (T - 1,) are what the model and an n-gram gave to each
    right character, ``word_counts`` how often the training text has each word.
    """
    repeated, rare = _words(text, word_counts)
    before = np.array(list(text[:-1]))
    applies = {
        "n-gram": ngram_probs >= RIGHT,
        "repeated word": repeated[1:],
        "rare word": rare[1:],
        "after a space": before == " ",
        "after a newline": before == "\n",
        "rest": np.ones(len(before), dtype=bool),
    }
    left, found = np.asarray(probs) < RIGHT, {}
    for cause in CAUSES:
        found[cause] = left & applies[cause]
        left = left & ~applies[cause]
    return found


def _words(
    text: str, word_counts: Mapping[str, int]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """The letters (T,) of repeated and of rare words, but for the first of each word."""
    repeated, rare = np.zeros((2, len(text)), dtype=bool)
    last: dict[str, int] = {}
    for match in _WORD.finditer(text):
        word, start, end = match.group(), *match.span()
        repeated[start + 1 : end] = start - last.get(word, -WINDOW - 1) <= WINDOW
        rare[start + 1 : end] = word_counts.get(word, 0) < SELDOM
        last[word] = end
    return repeated, rare
