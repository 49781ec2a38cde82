"""Model cards and tables: complete, escaped, and honest about the n-gram."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import random_checkpoint

from rnnbook import cards

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
    for part in ("rnnbook train mine.txt", "1.5000 nats", "2.0000 nats", "order 3", "seed 7",
                 "100 steps of 8 x 16", "1.6000, blocks of 256", "by 0.500 nats"):  # fmt: skip
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
        ({}, "Better than the best n-gram"),
        ({"validation_loss": 2.5}, "Worse than the best n-gram"),
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


def test_every_shipped_model_beats_its_ngram_or_says_why_not():
    for name, model in cards.shipped_models().items():
        found = cards.facts(model)
        if found["loss"] >= found["ngram"]:
            assert "never trained" in cards.verdict(model), name
