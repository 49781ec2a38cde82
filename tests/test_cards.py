"""Model cards and tables: complete, escaped, and honest about the n-gram."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from conftest import random_checkpoint
from paths import ROOT

from rnnbook import cards
from rnnbook.counters.kneser_ney import KneserNey
from rnnbook.counters.measured import Baseline, baseline, measured
from rnnbook.ngram import NGram

STATIC = (NGram.smoothing, KneserNey.smoothing)

INFO = {
    "corpus": {
        "name": "<b>mine</b>", "characters": 1234, "sha256": "0123456789abcdef",
        "source": "a file", "licence": "the file's own",
    },
    "ngram": {"order": 3, "loss": 2.0},
    "validation_loss": 1.5,
    "block_loss": 1.6,
    "measured": "on all of it",
    "steps": 100,
    "seconds": 60.0,
    "command": "rnnbook train mine.txt",
    "training": {"batch_size": 8, "seq_len": 16, "optimizer": "muon", "seed": 7},
    "history": [{"sample": "<script>alert(1)</script>"}],
}  # fmt: skip


def checkpoint(**changes):
    return replace(random_checkpoint(), info={**INFO, **changes})


def test_a_card_tells_the_whole_story():
    text = cards.card("mine", checkpoint())
    for part in ("rnnbook train mine.txt", "1.5000 nats", "2.0000 nats per character, 3-gram",
                 "seed 7", "100 steps of 8 x 16", "1.6000, blocks", "by 0.500 nats"):  # fmt: skip
        assert part in text
    assert "<th scope=" in text and "<caption>" in text


def test_what_models_and_corpora_say_is_escaped():
    text = cards.card("<i>name</i>", checkpoint()) + cards.corpora_table({"x": checkpoint()})
    for markup in ("<script>", "<b>mine", "<i>name"):
        assert markup not in text
    assert "&lt;script&gt;alert(1)" in text


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "Better than the best static counter (3-gram) by 0.500"),
        ({"validation_loss": 2.5}, "Worse than the best static counter (3-gram) by 0.500"),
        ({"validation_loss": 4.0, "steps": 0}, "it was never trained"),
    ],
)
def test_the_verdict_follows_the_numbers(changes, words):
    assert words in cards.verdict(checkpoint(**changes))


def test_every_shipped_model_has_a_card_and_is_small():
    from rnnbook import checkpoints

    models, total = cards.shipped_models(), 0
    for name, model in models.items():
        size = checkpoints.shipped_path(name).stat().st_size
        total += size
        assert size <= 5e6
        assert model.info["command"] in cards.card(name, model)
    assert total <= 40e6
    assert cards.models_table(models).count("<tr>") == len(models) + 1


def test_every_shipped_model_stands_beside_the_best_counter_that_was_measured():
    ladder = json.loads((ROOT / "benchmarks" / "results" / "ladder.json").read_text())["texts"]
    for name, model in cards.shipped_models().items():
        found, climbed = cards.facts(model), ladder[model.info["corpus"]["name"]]
        assert climbed["sha256"] == model.info["corpus"]["sha256"]
        static = [rung for rung in climbed["rungs"] if rung["kind"] in STATIC]
        best = min(static, key=lambda rung: rung["choosing"])  # no loss of the test chooses
        assert (found["counter"], found["counted"]) == (best["name"], best["whole"])
        ahead = found["loss"] < found["counted"]
        assert cards.verdict(model).startswith("Better" if ahead else "Worse"), name


def test_a_text_that_nobody_has_climbed_is_measured_by_its_training_s_ngram():
    info = {"corpus": {"sha256": "0" * 64}, "ngram": {"order": 4, "loss": 2.1}}
    assert baseline(info) == Baseline("4-gram", 2.1)
    assert baseline({"ngram": {"loss": 2.1}}) == Baseline("n-gram", 2.1)
    for nothing in ({}, {"corpus": None, "ngram": None}, {"ngram": {"order": 4}},
                    {"ngram": {"loss": float("nan")}}, {"ngram": {"loss": True}}):  # fmt: skip
        assert baseline(nothing) is None


def test_what_cards_read_is_what_the_ladder_measured():
    ladder = json.loads((ROOT / "benchmarks" / "results" / "ladder.json").read_text())["texts"]
    assert {one["sha256"] for one in ladder.values()} == set(measured())
    for one in ladder.values():
        stored = measured()[one["sha256"]]
        assert stored["counter"] == one["best_static"]
        rung = next(r for r in one["rungs"] if r["name"] == stored["counter"])
        assert all(stored[half] == rung[half] for half in ("choosing", "test", "whole"))
