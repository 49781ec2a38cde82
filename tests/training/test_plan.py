"""How many steps fit into the minutes: by a clock of its own, on which nothing else runs."""

from __future__ import annotations

from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest

from rnnbook import evaluation
from rnnbook.evaluation import losses
from rnnbook.language_model import log_softmax
from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.text import Vocab
from rnnbook.training import Run, TrainingConfig, defaults_for, plan

BATCH = 14 * 64


@dataclass
class Costs:
    """Seconds of a step, of a validation a character, and of what else a validation does."""

    step: float
    reading: float
    other: float
    before: float = 5.0


def train(minutes: float, costs: Costs, num_validation: int, monkeypatch) -> tuple[float, int]:
    """When a training would end, in seconds, and after how many steps."""
    clock = costs.before
    monkeypatch.setattr(plan, "time", SimpleNamespace(monotonic=lambda: clock))
    config = TrainingConfig(minutes=minutes, batch_size=14, seq_len=64)
    run = Run(ModelConfig("lstm", 128), config, Vocab("ab"), {}, "")
    planned, step = plan.Plan(run, num_validation, 0), 0
    while run.steps is None or step < run.steps:
        clock, step = clock + costs.step, step + 1
        run.seconds = clock
        planned.measure(step)
        if planned.validation_is_due(step):
            characters = plan.choosing(num_validation)
            clock += characters * costs.reading
            planned.note_reading(characters, characters * costs.reading)
            clock += costs.other
            run.seconds = clock
            planned.keep_the_time(step)
    return clock + 2 * num_validation * costs.reading, step


PLANS = {
    "usual": (4.5, Costs(0.04, 0.04 / 4096 / 2, 0.3), 100_000),
    "a short text": (1.0, Costs(0.01, 0.01 / 4096 / 2, 0.1), 3_000),
    "thousands of symbols": (1.5, Costs(0.35, 0.35 / BATCH / 2, 1.5), 66_000),
    "slow steps": (1.5, Costs(2.5, 2.5 / 4096 / 3, 2.0), 66_000),
    "slower validations than was thought": (1.5, Costs(0.3, 2.5e-4, 2.0), 66_000),
}


@pytest.mark.parametrize("name", PLANS)
def test_a_training_keeps_its_minutes(name, monkeypatch):
    minutes, costs, num_validation = PLANS[name]
    seconds, steps = train(minutes, costs, num_validation, monkeypatch)
    assert seconds < 1.1 * 60 * minutes
    assert seconds > 0.5 * 60 * minutes and steps >= 3


def test_measuring_slow_steps_takes_a_small_share_of_the_time(monkeypatch):
    clock = 0.0
    monkeypatch.setattr(plan, "time", SimpleNamespace(monotonic=lambda: clock))
    run = Run(ModelConfig("lstm", 128), TrainingConfig(minutes=2), Vocab("ab"), {}, "")
    planned, step = plan.Plan(run, 1_000, 0), 0
    while run.steps is None:
        clock, step = clock + 2.5, step + 1
        planned.measure(step)
    assert clock < 0.1 * 120 and step < 5


def test_thousands_of_symbols_make_the_network_and_the_batch_smaller():
    usual, config = defaults_for(660_000, 1.5)
    assert (usual.hidden_size, config.batch_size) == (384, 64)
    assert defaults_for(660_000, 1.5, 300) == (usual, config)
    network, smaller = defaults_for(660_000, 1.5, 17_827)
    assert network.hidden_size == 128 and 8 <= smaller.batch_size < 20
    assert smaller.batch_size * smaller.seq_len * 17_827 <= 2**24
    assert count_parameters(network, 17_827) < count_parameters(usual, 17_827) / 2


class Recorder:
    """A network of many symbols that notes how many logits it is asked for at once."""

    def __init__(self, size: int):
        self.vocab, self.most = Vocab(map(chr, range(0x4E00, 0x4E00 + size))), 0

    def initial_state(self, batch_size: int = 1):
        return {}

    def read(self, ids, state):
        logits = np.zeros((*ids.shape, len(self.vocab)), dtype=np.float32)
        self.most = max(self.most, logits.size)
        return logits, state


def test_a_validation_computes_few_logits_at_once():
    model, ids = Recorder(3_000), np.arange(20_000) % 3_000
    assert evaluation.evaluate(model, ids).nats == pytest.approx(np.log(3_000))
    assert evaluation.evaluate_blocks(model, ids).nats == pytest.approx(np.log(3_000))
    assert model.most <= 2**22


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_loss_of_a_network_of_many_symbols_is_that_of_its_log_probabilities(dtype):
    rng = np.random.default_rng(0)
    logits = (5 * rng.standard_normal((50, 3_000))).astype(dtype)
    ids = rng.integers(3_000, size=50)
    expected = -log_softmax(logits)[np.arange(50), ids]
    np.testing.assert_allclose(losses._surprise(logits, ids), expected, atol=2e-5)
