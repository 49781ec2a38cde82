"""The tasks that ask what a state can do: their examples, their networks, their shares."""

from __future__ import annotations

import numpy as np
import pytest

from rnnbook.experiments import Result, tasks
from rnnbook.experiments.tasks import ASKED, NOTHING, TASKS, TRAINED, VOCABS


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def test_parity_asks_after_every_bit(rng):
    bits, odd = TASKS["parity"](9, 4, rng)
    assert bits.shape == odd.shape == (4, 9)
    for row, answers in zip(bits, odd, strict=True):
        assert [sum(row[: k + 1]) % 2 for k in range(9)] == list(answers)


def test_copying_asks_for_the_same_letters(rng):
    read, asked = TASKS["copying"](5, 3, rng)
    for row, answers in zip(read, asked, strict=True):
        text = VOCABS["copying"].decode(row)
        assert text[5:] == "|" + "." * 5
        assert list(answers[:6]) == [NOTHING] * 6
        assert VOCABS["copying"].decode(answers[6:]) == text[:5]


def test_recall_asks_for_the_value_of_every_key_once(rng):
    read, asked = TASKS["recall"](6, 3, rng)
    vocab = VOCABS["recall"]
    for row, answers in zip(read, asked, strict=True):
        told, questions = vocab.decode(row).split("|")
        values = dict(zip(told[::2], told[1::2], strict=True))
        assert len(values) == 6 and sorted(questions) == sorted(values)
        assert list(answers[:13]) == [NOTHING] * 13
        assert vocab.decode(answers[13:]) == "".join(values[key] for key in questions)


@pytest.mark.parametrize("task", TASKS)
def test_all_that_is_asked_fits_into_what_a_transformer_sees(task, rng):
    for length in (TRAINED[task], *ASKED[task]):
        assert TASKS[task](length, 1, rng)[0].shape[1] <= tasks.CONTEXT


@pytest.mark.parametrize("kind", ("rnn", *tasks.KINDS, tasks.SIGNED, tasks.BARE))
def test_networks_have_about_as_many_parameters(kind):
    network, size = tasks._network("copying", kind, seed=0)
    assert size["parameters"] == sum(p.numel() for p in network.network.parameters())
    assert 0.85 < size["parameters"] / tasks.PARAMETERS < 1.15
    assert (size["state"] == 0) == (kind == tasks.ATTENDING)


def test_one_reads_without_convolution():
    assert tasks.configuration(tasks.BARE, 35).conv_width == 0
    assert tasks.configuration("mingru", 35).conv_width == 4


def test_a_case_gives_shares(monkeypatch):
    monkeypatch.setitem(tasks.STEPS, "recall", 2)
    row = tasks.run("recall", "mingru", 0.01, 0)
    assert list(row["right"]) == [str(length) for length in ASKED["recall"]]
    assert all(0 <= share <= 1 for share in row["right"].values())
    assert 1 < row["chosen_by"] < 6  # nats; 35 symbols are 3.6


def test_shares_are_of_the_rate_that_learnt_better():
    def row(rate: float, seed: int, loss: float | None, right: float) -> dict:
        return {"task": "parity", "kind": "lstm", "learning_rate": rate, "seed": seed,
                "chosen_by": loss, "right": {"24": right}}  # fmt: skip

    rows = [row(0.1, 0, 0.2, 0.6), row(0.1, 1, 0.3, 0.7), row(0.2, 0, 0.1, 1.0),
            row(0.2, 1, None, 1.0)]  # fmt: skip
    result = Result("tasks", tuple(rows), {})
    assert tasks.shares(result, "parity", "lstm", 24) == [0.6, 0.7]
