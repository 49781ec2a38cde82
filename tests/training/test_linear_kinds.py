"""The linear recurrences are trained, resumed and trained further as the other kinds are."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from rnnbook import checkpoints, corpora, evaluation, training
from rnnbook.cli import main
from rnnbook.recurrent import LINEAR, ModelConfig, is_exact
from rnnbook.text import Vocab, split
from rnnbook.training import TrainingConfig, cores
from rnnbook.training.trainer import Trainer

pytestmark = pytest.mark.numerical

QUICK = TrainingConfig(
    minutes=None, steps=60, batch_size=32, seq_len=16, warmup_steps=5, validations=2, dropout=0.1,
    learning_rate=3e-2, average=0.9,
)  # fmt: skip


def network(kind: str) -> ModelConfig:
    return ModelConfig(kind, 16, 2, 4, **({"state_size": 2} if kind == "s6" else {}))


@pytest.fixture
def corpus(tmp_path, small_text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.txt").write_text(small_text)
    return corpora.load("small.txt")


@pytest.mark.parametrize("kind", LINEAR)
def test_every_kind_learns_is_stopped_and_goes_on_as_if_nothing_had_happened(corpus, kind):
    list(training.train(corpus, network(kind), QUICK, "whole.safetensors"))
    whole = checkpoints.load("whole.safetensors")
    assert whole.info["validation_loss"] < 1.7 < math.log(len(whole.vocab))
    assert len(whole.info["history"][-1]["sample"]) == 300
    _, ids = split(whole.vocab.encode(corpus.text))
    loss = evaluation.evaluate(whole.model(), ids)
    assert loss.nats == pytest.approx(whole.info["validation_loss"], abs=1e-4)
    steps = training.train(corpus, network(kind), QUICK, "stopped.safetensors")
    next(steps)
    steps.close()
    list(training.train(corpus, network(kind), QUICK, "stopped.safetensors", resume=True))
    stopped = checkpoints.load("stopped.safetensors")
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(stopped.weights[name], array)


def test_the_commands_know_them(corpus, capsys):
    words = ["train", "small.txt", "--kind", "mingru", "--hidden-size", "16", "--steps", "40",
             "--seq-len", "16", "--no-output-gate", "--mlp-factor", "2", "--quiet"]  # fmt: skip
    assert main(words) == 0
    first = checkpoints.load("small.safetensors")
    assert first.config == ModelConfig("mingru", 16, 2, 64, output_gate=False, mlp_factor=2)
    assert "--kind mingru" in first.info["command"]
    assert "--no-output-gate --mlp-factor 2" in first.info["command"]
    more = ["train", "--continue-from", "small.safetensors", "--steps", "40", "--quiet"]
    assert main(more) == 0
    second = checkpoints.load("small-continued.safetensors")
    assert second.config == first.config
    assert second.info["validation_loss"] < first.info["validation_loss"]
    capsys.readouterr()
    for words in (["inspect"], ["evaluate"], ["sample", "--length", "20", "--prompt", "the "]):
        assert main([words[0], "small.safetensors", *words[1:]]) == 0
    assert "mingru" in capsys.readouterr().out
    assert main([*more, "--kind", "minlstm", "--out", "other.safetensors"]) == 1
    assert "a network keeps its size" in capsys.readouterr().err
    wrong = ["train", "small.txt", "--kind", "gru", "--norm", "none", "--out", "c.safetensors"]
    assert main(wrong) == 1
    assert "norm: only for the kinds mingru" in capsys.readouterr().err
    dropped = ["train", "small.txt", "--kind", "lru", "--weight-dropout", ".1", "--steps", "2"]
    assert main([*dropped, "--out", "d.safetensors"]) == 1
    assert "no recurrent weights" in capsys.readouterr().err


@pytest.mark.parametrize("kind", LINEAR)
def test_what_forgets_is_not_pulled_towards_zero(kind):
    """With gradients of nothing, only the weight decay is left, and it leaves these alone."""
    config = replace(QUICK, weight_decay=1.0, optimizer="sgd")
    trainer = Trainer(Vocab("ab"), network(kind), config, np.arange(1100) % 2, workers=1)
    before = {name: value.clone() for name, value in trainer.model.state_dict().items()}
    trainer._decay(0.5)
    for name, value in trainer.model.state_dict().items():
        kept = is_exact(name) or value.ndim == 1
        assert torch.equal(value, before[name] if kept else 0.5 * before[name]), name
    trainer.close()


def test_a_state_is_carried_from_window_to_window_and_emptied_where_a_stream_begins_anew():
    ids = np.random.default_rng(0).integers(2, size=2000)
    trainer = Trainer(Vocab("ab"), network("s6"), replace(QUICK, reset=0.0), ids, workers=1)
    trainer.train_step(1e-9)
    after = {name: value.clone() for name, value in trainer.states[0].items()}
    assert all(bool(value.abs().max() > 0) for value in after.values())
    logits, _ = trainer.model.read(trainer.streams[:, 16:32], after)
    fresh, _ = trainer.model.read(trainer.streams[:, 16:32], trainer.model.initial_state(32))
    assert np.abs(logits[:, 0] - fresh[:, 0]).max() > 1e-3
    trainer.config = replace(trainer.config, reset=1.0)
    trainer._reset_states()
    assert all(bool((value == 0).all()) for value in trainer.states[0].values())
    trainer.close()


def test_workers_share_long_rows_and_where_there_is_one_row_products_are_shared(monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    ids, found = np.random.default_rng(0).integers(2, size=9000), {}
    for kind in ("mingru", "lstm"):
        for batch, length in ((64, 64), (4, 1024), (1, 4096), (4, 64)):
            config = replace(QUICK, batch_size=batch, seq_len=length)
            made = network(kind) if kind == "mingru" else ModelConfig("lstm", 16, 1, 4)
            trainer = Trainer(Vocab("ab"), made, config, ids)
            found[kind, batch, length] = (len(trainer.rows), trainer.cores)
            trainer.close()
    assert found == {
        ("mingru", 64, 64): (2, 1), ("mingru", 4, 1024): (2, 1), ("mingru", 1, 4096): (1, 2),
        ("mingru", 4, 64): (1, 1), ("lstm", 64, 64): (2, 1), ("lstm", 4, 1024): (1, 1),
        ("lstm", 1, 4096): (1, 1), ("lstm", 4, 64): (1, 1),
    }  # fmt: skip


def test_memory_is_kept_only_where_the_c_library_can_be_asked(monkeypatch):
    """The settings themselves are harmless: they change when pages are given back, no number."""
    asked = []

    class Library:
        def mallopt(self, name, value):
            asked.append(name)
            return 1

    monkeypatch.setattr(cores.sys, "platform", "linux")
    monkeypatch.setattr(cores.ctypes, "CDLL", lambda name: Library())
    assert cores.keep_freed_memory() and asked == [-1, -2, -3, -8]
    monkeypatch.setattr(cores.ctypes, "CDLL", lambda name: object())
    assert not cores.keep_freed_memory()
    monkeypatch.setattr(cores.sys, "platform", "darwin")
    assert not cores.keep_freed_memory()
