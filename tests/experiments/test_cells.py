"""Experiments on the shipped networks: small pieces of them, and what they are made of."""

from __future__ import annotations

import json

import numpy as np
import pytest

from rnnbook.experiments import cells, guesses, held_out, lags
from rnnbook.inspection.detectors import DETECTORS
from rnnbook.recurrent import ModelConfig

pytestmark = pytest.mark.numerical

EXPERIMENTS = [one for module in (cells, guesses, lags) for one in module.EXPERIMENTS]


@pytest.fixture
def short(monkeypatch):
    """Pieces of a twentieth, read anew."""
    whole = held_out.piece
    monkeypatch.setattr(held_out, "piece", lambda name, seed, length=0: whole(name, seed, 3000))
    for cached in (held_out.trace, held_out.search, held_out.untrained_search):
        cached.cache_clear()
    yield
    for cached in (held_out.trace, held_out.search, held_out.untrained_search):
        cached.cache_clear()


@pytest.mark.parametrize("experiment", EXPERIMENTS, ids=lambda experiment: experiment.name)
def test_every_case_has_its_seeds_and_stands_once(experiment):
    cases = experiment.cases()
    assert len({json.dumps(case) for case in cases}) == len(cases)
    settings = {json.dumps({**case, "seed": None}) for case in cases}
    assert len(cases) == 3 * len(settings)


def test_what_is_looked_for_is_known():
    assert {name for names in cells.PROPERTIES.values() for name in names} <= set(DETECTORS)


def test_pieces_are_held_out_and_apart():
    train, validation = held_out.parts("names")
    pieces = [held_out.piece("names", seed) for seed in range(3)]
    assert "".join(pieces) == "".join(
        validation[seed * (len(validation) // 3) :][: len(piece)]
        for seed, piece in enumerate(pieces)
    )
    assert sum(map(len, pieces)) <= len(validation) < len(train)


def test_the_line_unit_is_found_above_its_nulls(short):
    case = {"model": "shakespeare", "property": "late in the line", "seed": 0}
    row = cells.units(**case)
    json.dumps(row, allow_nan=False)
    assert not row.keys() & case.keys()
    assert row["measure"] == "AUC" and row["score"] > 0.9
    assert row["above_nulls"] == pytest.approx(
        row["score"] - max(row["shifted"], row["permuted"], row["untrained"]), abs=2e-4
    )
    assert row["ending"] > 5 * abs(row["random_ending"]) and row["endings"] > 20


def test_gates_of_a_trained_network_saturate(short):
    row = cells.gates("shakespeare-gru", 0)
    json.dumps(row, allow_nan=False)
    assert row["r1_below"] > 0.3 and row["untrained_r1_below"] == 0
    assert 0 <= row["z1_mostly_above"] <= 1 and "n1_below" not in row


def test_distances_of_what_closes():
    ends, lengths = guesses._brackets("a (b[c]) ] {d)")
    assert ends.tolist() == [6, 7] and lengths.tolist() == [2, 5]
    ends, lengths = guesses._quotations('so" he "said" and "so\n\nno')
    assert ends.tolist() == [12] and lengths.tolist() == [5]
    assert guesses._brackets("none")[0].size == guesses._quotations("none")[0].size == 0


def test_the_gradient_of_fresh_networks_fades(monkeypatch):
    class Small:
        vocab, config, weights = held_out.network("shakespeare").vocab, ModelConfig("rnn", 24), {}

    monkeypatch.setattr(lags.checkpoints, "load", lambda name: Small)
    monkeypatch.setattr(lags, "_windows", lambda name, seed: np.arange(6464).reshape(64, 101) % 60)
    row = lags.run("rnn", "fresh", 0)
    json.dumps(row, allow_nan=False)
    assert row["relative_1"] == 1 and row["decay"] < 0.8 and len(row["gradient"]) == 100
    assert row["bits_1"] > row["bits_20"] >= 0
    assert row["gradient"] != lags.run("rnn", "fresh", 1)["gradient"]
