"""What the chapter *Beyond characters* computes by hand, held against cases made by hand.

The chapter trains its networks when the book is built. Here its functions get small ones.
"""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from chapters import code_cells, execute, missing

from rnnbook import evaluation
from rnnbook.language_model import softmax
from rnnbook.numpy_networks.model import lstm_cell
from rnnbook.text import Vocab
from rnnbook.torch_networks.sequences import Classifier, pad_left, pad_right
from rnnbook.torch_networks.translation import Attention, EncoderDecoder

CELLS = code_cells("beyond")


def define(cell_id, **names):
    """The names after a cell has run with these."""
    execute("".join(CELLS[cell_id]["source"]), f"beyond/{cell_id}", names)
    return names


def define_until(cell_id, stop, **names):
    """The same for what stands before the line that starts with ``stop``."""
    source = "".join(CELLS[cell_id]["source"])
    assert f"\n{stop}" in source, f"{cell_id} has lost the line {stop!r}"
    execute(source.split(f"\n{stop}")[0], f"beyond/{cell_id}", names)
    return names


# Attention


@pytest.fixture(scope="module")
def attend():
    return define("attend", np=np, softmax=softmax)["attend"]


def test_attention_without_a_preference_sees_the_mean(attend):
    memory = np.arange(12.0).reshape(4, 3)  # (S, H)
    join = np.hstack([np.zeros((3, 3)), np.eye(3) / 100])  # passes on what is seen
    seen, weights = attend(np.ones(3), memory, np.zeros((3, 3)), join, np.zeros(3))
    np.testing.assert_allclose(weights, 1 / 4)
    np.testing.assert_allclose(seen, np.tanh(memory.mean(0) / 100))


def test_attention_finds_the_state_that_resembles(attend):
    memory = np.eye(4)
    _, weights = attend(50 * memory[2], memory, np.eye(4), np.zeros((4, 8)), np.zeros(4))
    assert weights.argmax() == 2 and weights[2] > 0.99
    assert weights.sum() == pytest.approx(1)


def test_attention_is_that_of_the_package(attend):
    rng = np.random.default_rng(0)
    layer, memory, h = Attention(5), rng.standard_normal((7, 5)), rng.standard_normal(5)
    with torch.no_grad():
        for parameter in layer.parameters():
            parameter.copy_(torch.as_tensor(rng.standard_normal(tuple(parameter.shape))))
        layer = layer.double()
        theirs = layer(
            torch.as_tensor(h)[None, None], torch.as_tensor(memory)[:, None],
            torch.zeros(7, 1, dtype=torch.bool),
        )  # fmt: skip
    arrays = [p.detach().numpy() for p in (layer.W_score, layer.join.W, layer.join.b)]
    for ours, other in zip(attend(h, memory, *arrays), theirs, strict=True):
        np.testing.assert_allclose(ours, other[0, 0].numpy(), atol=1e-12)


# Numbers in two languages


@pytest.fixture(scope="module")
def numbers():
    english, german = ["forty-one", "one", "two"], ["einundvierzig", "eins", "zwei"]
    return define(
        "numbers-ids", np=np, EncoderDecoder=EncoderDecoder, pad_left=pad_left,
        pad_right=pad_right, english=english, german=german,
        sources=Vocab.from_text("".join(english)), targets=Vocab.from_text("".join(german)),
    )  # fmt: skip


def test_an_answer_is_spelled_as_it_was_given(numbers):
    ids = numbers["right_answer"]([0, 1, 2])  # (T, B)
    assert ids.shape == (len("einundvierzig") + 1, 3)
    assert [numbers["spell"](column) for column in ids.T] == numbers["german"]


def test_what_follows_the_end_is_not_spelled(numbers):
    targets, end = numbers["targets"], numbers["END"]
    ids = [*(targets.encode("zwei") + 2), end, *(targets.encode("eins") + 2), end]
    assert numbers["spell"](np.array(ids)) == "zwei"


def test_a_question_ends_at_the_last_step(numbers):
    ids = numbers["question"]([0, 1])
    assert (ids[:6, 1] == numbers["PAD"]).all() and (ids[6:, 1] > numbers["PAD"]).all()
    assert numbers["sources"].decode(ids[:, 0] - 1) == "forty-one"


def test_wrong_characters_are_edits_over_the_length_of_the_answers():
    names = define(
        "clerk", np=np, german=["eins", "zwei"], english=["one", "two"], taught=np.array([0]),
        held_out=np.array([1]), texts=["zwei"], exact=lambda texts, numbers: 1.0,
        edit_distances=define("imports-tasks")["edit_distances"],
    )  # fmt: skip
    names = define("clerk-judged", **names)
    assert names["clerk"] == ["eins"]
    assert names["wrong_characters"](["eins", "drei"], [0, 1]) == pytest.approx(2 / 8)
    assert names["wrong_characters"](["eins", "zwei"], [0, 1]) == 0


def test_looks_that_cross_are_found_where_they_cross():
    english, german = [""] * 42, [""] * 42
    english[41], german[41] = "forty-one", "einundvierzig"
    padding = 4
    looks = np.zeros((20, padding + len(english[41])))  # (T, S)
    looks[: len("ein"), -len("one") :] = 1 / 3
    looks[len("einund") : len(german[41]), padding : padding + len("forty")] = 1 / 5
    source = "".join(CELLS["crossing"]["source"]).split("\nshown")[0]
    names = {"english": english, "german": german}
    execute(source, "beyond/crossing", names)
    np.testing.assert_allclose(names["crossing"](41, looks), np.eye(2))
    looks = np.roll(looks, -padding, axis=1)  # the same seen elsewhere
    assert np.trace(names["crossing"](41, looks)) < 1


# Classes


def test_the_classifier_by_hand_is_that_of_the_package():
    rng = np.random.default_rng(0)
    vocab = Vocab.from_text("abcdef")
    classifier = Classifier("lstm", 32, 64, 12, rng, len(vocab) + 1)

    def ids_of(pieces):
        return pad_left([vocab.encode(piece) + 1 for piece in pieces])

    names = define(
        "one-answer-by-hand", np=np, torch=torch, lstm_cell=lstm_cell, vocab=vocab,
        classifier=classifier, ids_of=ids_of, some=["abc"],
    )  # fmt: skip
    for piece in ("f", "faced", "ab" * 20):
        theirs = classifier(torch.as_tensor(ids_of([piece])))[0].detach().numpy()
        np.testing.assert_allclose(names["answer"](piece), theirs, atol=1e-5)


# Forecasts


@pytest.fixture(scope="module")
def rules():
    return define("rules-code", np=np)


def test_the_naive_rule_stays(rules):
    np.testing.assert_array_equal(rules["naive"]([3, 1, 2], 3), [2, 2, 2])


def test_the_seasonal_rule_repeats_the_last_period(rules):
    past = np.array([9, 9, 1, 2, 3])
    np.testing.assert_array_equal(rules["seasonal"](past, 7, 3), [1, 2, 3, 1, 2, 3, 1])


def test_drift_follows_a_season_that_rises_without_an_error(rules):
    t = np.arange(40)
    values = 0.5 * t + np.array([0, 3, 1, -2])[t % 4]
    told = rules["seasonal"](values[:20], 20, 4, drift=True)
    np.testing.assert_allclose(told, values[20:])
    assert np.abs(rules["seasonal"](values[:20], 20, 4) - values[20:]).min() > 0


# Tunes


def test_full_bars_are_those_as_long_as_the_metre():
    names = define("full-bars", np=np, evaluation=evaluation)
    head = "X:1\nT:A\nM:6/8\nL:1/8\nK:G\n"
    good, bad = "GAB cde|GAB c3|G3 c3|G6|\n", "GAB cde|GAB c3|G3 c2|G6|\n"
    assert names["full_bars"]([head + good]) == (1, 2)
    assert names["full_bars"]([head + good, head + bad, "nonsense"]) == (3 / 4, 4)


# The chapter


def test_every_section_has_a_summary_and_every_exercise_a_solution():
    assert not missing("beyond")


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")
