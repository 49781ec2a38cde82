"""What the chapter *How good is it?* defines, run from its own cells on cases made by hand."""

import lzma
import math
from bisect import bisect_left
from collections import Counter
from itertools import takewhile

import numpy as np
import pytest

from rnnbook import evaluation
from tests.chapters import code_cells, execute, missing

CELLS = {name: "".join(cell["source"]) for name, cell in code_cells("quality").items()}


COPIES = ("suffixes", "shared-code", "longest-copy-code")
BLEU = ("bleu-code", "bleu-function", "self-bleu-code")


def names_of(*cell_ids, until="", **given):
    """What these cells define, the last of them up to a mark."""
    names = {"np": np, "math": math, "Counter": Counter, "lzma": lzma, **given}
    names |= {"bisect_left": bisect_left, "takewhile": takewhile}
    for cell_id in cell_ids:
        source = CELLS[cell_id]
        execute(source[: source.index(until)] if until else source, f"quality/{cell_id}", names)
    return names


def copied(names, text, source):
    return names["longest_copy"](text, source, names["sorted_suffixes"](source))


def test_suffixes_are_sorted_as_in_a_dictionary():
    order = names_of("suffixes")["sorted_suffixes"]("banana")
    assert order == [5, 3, 1, 0, 4, 2]  # a, ana, anana, banana, na, nana


@pytest.mark.parametrize(
    ("text", "source", "copy"),
    [
        ("want to bend", "to be or not to be", "t to be"),
        ("xyz", "abc", ""),
        ("", "abc", ""),
        ("abc", "", ""),
        ("ab cd", "cd ab", "ab"),  # the first of two as long
        ("zzz", "zz", "zz"),
    ],
)
def test_the_longest_copy_is_found(text, source, copy):
    assert copied(names_of(*COPIES), text, source) == copy
    assert evaluation.longest_copy(text, source) == copy


def test_the_longest_copy_is_that_of_the_package_on_random_texts():
    names, rng = names_of(*COPIES), np.random.default_rng(0)
    for _ in range(100):
        text, source = ("".join(rng.choice(list("ab c"), rng.integers(1, 40))) for _ in range(2))
        assert copied(names, text, source) == evaluation.longest_copy(text, source)


def test_bleu_is_the_mean_of_four_shares_and_none_counts_as_half_a_hit():
    bleu = names_of(*BLEU)["bleu"]
    text = "the cat sat on the mat"
    assert bleu(text, ["it rained", text]) == pytest.approx(1)
    # in common: the (twice), cat, sat; the cat, cat sat; the cat sat; no four words
    shares = [4 / 6, 2 / 5, 1 / 4, 0.5 / 3]
    found = bleu(text, ["the cat sat in the rain"])
    assert found == pytest.approx(math.prod(shares) ** 0.25)


def test_bleu_punishes_what_is_shorter_than_the_nearest():
    bleu = names_of(*BLEU)["bleu"]
    line = "one two three four five six seven eight"
    near, far = f"{line} nine ten", f"{line} nine ten eleven twelve"
    assert bleu(line, [near, far]) == pytest.approx(math.exp(1 - 10 / 8))
    assert bleu(near, [line]) < 1  # longer, and two words are not there
    assert bleu(line, ["x", line]) == pytest.approx(1)


def test_self_bleu_is_that_of_sacrebleu():
    self_bleu, rng = names_of(*BLEU)["self_bleu"], np.random.default_rng(0)
    words = ["a", "rose", "is", "but", "any", "other", "name", "would", "smell"]
    for _ in range(10):
        texts = [" ".join(rng.choice(words, rng.integers(6, 20))) for _ in range(4)]
        assert self_bleu(texts) == pytest.approx(evaluation.self_bleu(texts))


def test_what_repeats_itself_packs_smaller():
    packed = names_of("packing")["packed"]
    noise = "".join(np.random.default_rng(0).choice(list("abcdefgh"), 1_000))
    assert packed("abcdefgh" * 125) < 0.1 < packed(noise)
    assert packed(noise) == evaluation.compression_ratio(noise)


def test_the_cheat_writes_whole_lines_of_its_source():
    given = {"train_text": "one\ntwo\nthree", "LONG": 50}
    shuffler = names_of("solution-cheat", until="rng = ", **given)["shuffler"]
    text = shuffler(np.random.default_rng(0), 50)
    assert len(text) == 50
    assert set(text.split("\n")[:-1]) == {"one", "two", "three"}


def test_every_exercise_is_solved_and_every_section_has_a_summary():
    assert missing("quality") == []
