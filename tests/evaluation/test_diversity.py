"""How varied a text is, on texts whose variety is known."""

from __future__ import annotations

import math
import random
import time

import pytest

from rnnbook import evaluation

RANDOM = "".join(random.Random(0).choices("abcdefghij \n", k=4_000))


def naive_cycle(text: str) -> int | None:
    """The definition, one character at a time."""
    for period in range(1, len(text) // 3 + 1):
        end = range(len(text) - 2 * period, len(text))
        if all(text[place] == text[place - period] for place in end):
            return period
    return None


@pytest.mark.parametrize("period", [1, 2, 15, 16, 17, 18, 50, 200])
@pytest.mark.parametrize("repetitions", [2, 3, 4])
def test_a_planted_cycle_is_found_if_it_stands_three_times(period, repetitions):
    cycle = RANDOM[:period] if period > 1 else "q"
    text = RANDOM[1_000:1_100] + "x" + cycle * repetitions
    assert evaluation.cycle_length(text) == naive_cycle(text)
    assert (evaluation.cycle_length(text) == period) is (repetitions >= 3)


@pytest.mark.parametrize("seed", range(30))
def test_cycles_of_few_characters_agree_with_the_definition(seed):
    rng = random.Random(seed)
    text = "".join(rng.choices("ab", k=rng.randint(0, 60)))
    text += text[-rng.randint(1, 20) :] * rng.randint(0, 4)
    assert evaluation.cycle_length(text) == naive_cycle(text)


def test_a_huge_text_is_searched_for_cycles_in_no_time():
    started = time.process_time()
    assert evaluation.cycle_length(RANDOM * 100 + "end") is None
    assert evaluation.cycle_length("x" + RANDOM * 100) == len(RANDOM)
    assert time.process_time() - started < 10


def test_self_bleu_of_copies_and_of_strangers():
    one, two = "the cat sat on the mat and ran away", "seven ships sailed north by night in fog"
    assert evaluation.self_bleu([one, one, one]) == pytest.approx(1)
    assert evaluation.self_bleu([one, two]) < 0.05
    some = evaluation.self_bleu([one, one.replace("cat", "dog"), two])
    assert 0.05 < some < 1
    assert math.isnan(evaluation.self_bleu([one]))
    assert evaluation.self_bleu(["", ""]) == 0


def test_self_bleu_is_the_mean_of_sentence_bleu():
    import sacrebleu

    texts = ["a b c d e f", "a b c x e f", "q r a b c z"]
    expected = [
        sacrebleu.sentence_bleu(
            text, [other for other in texts if other != text], use_effective_order=True
        ).score
        for text in texts
    ]
    assert evaluation.self_bleu(texts) == pytest.approx(sum(expected) / 300)


def test_what_repeats_compresses():
    assert evaluation.compression_ratio("ab" * 2_000) < 0.02
    assert 0.4 < evaluation.compression_ratio(RANDOM) < 0.6  # log2 12 of 8 bits, nearly
    assert math.isnan(evaluation.compression_ratio(""))
    assert evaluation.compression_ratio("\ud800") > 0  # a lone surrogate
