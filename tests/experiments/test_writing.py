"""The experiments about writing: their cases, their writers, and what their rows hold."""

from __future__ import annotations

import inspect
import json
import math

import numpy as np
import pytest

from rnnbook import checkpoints, corpora, evaluation, experiments
from rnnbook.experiments import form, writers, writing
from rnnbook.experiments.writers import COUNTING, NETWORK, TEXT, Piece, material
from rnnbook.ngram import NGram
from rnnbook.sampling import sample
from rnnbook.text import split

SMALL = "names"  # a network and a text that are quick
WRITERS = [(NETWORK, 0.8), (COUNTING, 0.8), (TEXT, None)]


#: One model for every kind of form.
EVERY_FORM = list({measure: name for name, measure in reversed(form.MEASURES.items())}.values())
COUNTS = {"quotes", "brackets", "braces", "dollars", "environments", "markup", "tags", "headings",
          "formulas", "functions", "functions_read", "statements", "names", "names_used", "tunes",
          "bars", "lines", "new_numbers", "paragraphs"}  # fmt: skip
#: What the held-out text reaches at least; other shares are .85 or more.
LEAST = {"formulas_sympy_reads": 0, "functions_without_undefined": 0.5, "speaker_known": 0,
         "bars_full": 0.8, "brackets_closed": 0.8, "tags_closed": 0.5,
         "tags_opened_that_close": 0.5}  # fmt: skip


@pytest.fixture(autouse=True)
def short(monkeypatch):
    for name, value in {"PIECES": 3, "LENGTH": 400, "PROMPTS": 3, "GREEDY_LENGTH": 300,
                        "SCORED": 2_000, "LOOKS": 30}.items():  # fmt: skip
        monkeypatch.setattr(writing, name, value)


def texts(pieces) -> list[str]:
    return [piece.text for piece in pieces]


@pytest.mark.parametrize("experiment", writing.EXPERIMENTS, ids=lambda one: one.name)
def test_cases_fit_what_runs_them_and_are_told_apart(experiment):
    cases = experiment.cases()
    arguments = set(inspect.signature(experiment.run).parameters)
    assert all(set(case) == arguments for case in cases)
    assert len({json.dumps(case, sort_keys=True) for case in cases}) == len(cases)
    assert {case["model"] for case in cases} <= set(checkpoints.shipped())
    assert len({case["seed"] for case in cases}) >= 3
    assert experiments.find(experiment.name) is experiment


@pytest.mark.parametrize(("writer", "temperature"), WRITERS)
def test_a_seed_is_a_text(writer, temperature):
    of = material(SMALL)
    first, again, other = (
        texts(writers.write(of, writer, temperature, seed, 3, 200)) for seed in (0, 0, 1)
    )
    assert first == again and len(set(first + other)) == 6
    assert all(len(text) == 200 for text in first)


def test_all_writers_go_on_from_the_same_places():
    of = material(SMALL)
    before = {
        writer: [piece.before for piece in writers.write(of, writer, temperature, 1, 3, 50)]
        for writer, temperature in WRITERS
    }
    assert before[NETWORK] == before[COUNTING] == before[TEXT]
    for piece in writers.write(of, TEXT, None, 1, 3, 50):
        assert piece.before + piece.text in of.held_out
        assert piece.before.endswith("\n")


@pytest.mark.parametrize("most", [50_000, 3])
def test_a_memory_changes_no_text(most, monkeypatch):
    monkeypatch.setattr(writers, "_REMEMBERED", most)
    of = material(SMALL)
    ids = of.network.vocab.encode(of.train_text[:20_000])
    plain = NGram(of.network.vocab, ids, 4)
    for temperature in (0.0, 0.7):
        first, second = (
            sample(model, "Lee\n", 200, temperature=temperature, rng=np.random.default_rng(0))
            for model in (plain, writers.Remembering(plain))
        )
        assert first == second


def test_the_held_out_text_is_what_no_network_read():
    of = material(SMALL)
    train_text, held_out = split(corpora.load(SMALL).text, 0.1)
    assert (of.train_text, of.held_out) == (train_text, held_out)
    assert writers.ngram(of).order == of.ngram_order
    ids = of.network.vocab.encode(held_out)
    stored = checkpoints.load(SMALL).info["ngram"]["loss"]
    assert -writers.ngram(of).log_probs(ids)[1:].mean() == pytest.approx(stored, abs=1e-3)


@pytest.mark.parametrize(("writer", "temperature"), WRITERS)
@pytest.mark.parametrize("name", [SMALL, "latex"])
def test_rows_of_writing_are_plain_numbers(name, writer, temperature):
    case = {"model": name, "writer": writer, "temperature": temperature, "seed": 0}
    row = writing.writing(**case)
    json.dumps(row, allow_nan=False)
    assert not set(row) & set(case)
    assert row == writing.writing(**case)
    assert row["characters"] == 1_200 and row["words"] > 20
    for key in ("distinct_4", "self_bleu", "compression_ratio", "novel_8", "non_words"):
        assert 0 <= row[key] <= 1


@pytest.mark.parametrize("name", EVERY_FORM)
def test_measures_of_form(name, monkeypatch):
    """The held-out text keeps its own form, as far as pieces that are cut can."""
    monkeypatch.setattr(form, "EQUATIONS", 5)
    of = material(name)
    row = form.measure(name, writers.write(of, TEXT, None, 0, 4, 3_000), of)
    json.dumps(row, allow_nan=False)
    for key, value in row.items():
        if key in ("undefined", "names_repeated"):
            assert value <= 0.3, key
        elif key in COUNTS:
            assert value > 0 or key == "environments", key
        elif value is not None:
            assert value >= LEAST.get(key, 0.85), key
    check_places(of)
    rng = np.random.default_rng(0)
    nonsense = of.network.vocab.decode(rng.integers(0, len(of.network.vocab), 2_000))
    for pieces in ([Piece(nonsense, "")], [Piece("", "")], []):
        json.dumps(form.measure(name, pieces, of), allow_nan=False)


def check_places(of) -> None:
    """Pieces of different seeds do not overlap, and are whole."""
    length = 1_500
    starts = sorted(start for seed in (0, 1, 2) for start in writers.places(of, seed, 8, length))
    assert all(np.diff(starts) >= length) and starts[0] >= writers.CONTEXT
    assert starts[-1] + length <= len(of.held_out)


def test_planted_faults_are_counted():
    of = material("war-and-peace")
    text = '"One," he said.\n\n"Two, he said.\n\nThe last paragraph is "cut'
    row = form.quotations([Piece(text, "")], of)
    assert (row["quotes_closed"], row["quotes"]) == (0.5, 2)
    of = writers.Material("numbers-en", "numbers-en", of.network, "1: one\n2: two\n", "", 3)
    row = form.numbers([Piece("1: one\n2: three\nnone\n4: fo", "")], of)
    assert (row["lines"], row["in_form"], row["spelled_right"]) == (3, 0.6667, 0.3333)
    assert (row["new_numbers"], row["new_spelled_right"]) == (1, 0)  # "none" is of no number


def test_entropy_falls_with_the_temperature():
    values = [
        writing.sampling(SMALL, NETWORK, temperature, 0)["entropy_on_held_out"]
        for temperature in (0.2, 1.0, 2.0)
    ]
    assert values[0] < values[1] < values[2] <= math.log(len(material(SMALL).network.vocab))


def test_entropy_reads_both_kinds_of_model():
    of = material(SMALL)
    for guesser in (of.network, writers.ngram(of)):
        logits = writing._logits(guesser, "Lee\nMul")
        state = guesser.initial_state()
        for place, char_id in enumerate(of.network.vocab.encode("Lee\nMul")):
            expected, state = guesser.step(np.array([char_id]), state)
            np.testing.assert_allclose(logits[place], expected[0], atol=1e-4)


def test_the_n_gram_s_likeliest_text_runs_in_a_circle():
    row = writing.loops(SMALL, COUNTING, 0.0, 0)
    assert row["looped"] == 1 and row["cycle"] >= 1 and row["prompts"] == 3
    assert 1 <= row["different_cycles"] <= 3
    assert writing._canonical("cab") == writing._canonical("bca") == "abc"
    assert writing.loops(SMALL, COUNTING, 1.0, 0)["looped"] == 0


def test_three_units_of_one_loss():
    row = writing.ngram_gain(SMALL, 1)
    assert row["bits_per_char"] == pytest.approx(row["loss"] / math.log(2), abs=1e-3)
    assert row["perplexity"] == pytest.approx(math.exp(row["loss"]), abs=1e-3)
    assert row["gain"] == pytest.approx(row["ngram_loss"] - row["loss"], abs=2e-4)
    assert row["gain_after_2"] < row["gain_after_50"]


def test_the_loss_is_the_one_of_evaluate():
    of = material(SMALL)
    slot = len(of.held_out) // writing.SCORED_PIECES
    ids = of.network.vocab.encode(of.held_out[slot : slot + writing.SCORED])
    expected = evaluation.evaluate(of.network, ids, num_streams=1)
    row = writing.ngram_gain(SMALL, 1)
    assert row["loss"] == pytest.approx(expected.nats, abs=1e-3)
    assert row["characters"] == expected.characters


@pytest.mark.parametrize("model", ["python", "c"])
def test_real_functions_define_their_names(model):
    row = writing.undefined_names(model, TEXT, None, 0)
    json.dumps(row, allow_nan=False)
    assert row["heads"] >= 20 and row["names_used"] > 30
    assert row["undefined"] < 0.25


def test_a_function_that_is_cut_is_measured_up_to_there():
    head = "def f(a):\n"
    cut = form.first_function_names("python", f"{head}    b = a\n    return b + c\n    del", "")
    assert (cut.used, cut.undefined) == (3, 1)
    later = form.first_function_names("python", f"{head}    pass\n\ndef g(): return x\n\ny", "")
    assert later.used == 0
    c = form.first_function_names("c", "int f(int a) {\n    return a + b;\n    fre", "")
    assert (c.used, c.undefined) == (2, 1)
