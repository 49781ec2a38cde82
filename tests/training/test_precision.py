"""The arithmetic of a training: chosen by a measurement, said, kept, and the same every time."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rnnbook import checkpoints, corpora, training
from rnnbook.cli import main
from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.training import TrainingConfig, precision
from rnnbook.training.precision import choose
from rnnbook.training.trainer import Trainer

VOCAB = Vocab("abcdefgh")
LARGE = ModelConfig("lstm", 128, 1, 8)
NETWORK = ModelConfig("lstm", 32, 1, 8)
QUICK = TrainingConfig(
    minutes=None, steps=30, batch_size=32, seq_len=16, validations=2, precision="bfloat16"
)


@pytest.fixture
def corpus(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return corpora.load(path)


@pytest.mark.parametrize(
    ("gain", "chosen"), [(1.8, "bfloat16"), (1.0, "float32"), (0.02, "float32")]
)
def test_auto_takes_bfloat16_where_it_is_faster(monkeypatch, gain, chosen):
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: True)
    monkeypatch.setattr(precision, "_measure", lambda *settings: gain)
    choice = choose("auto", VOCAB, LARGE, 32)
    assert (choice.precision, choice.gain) == (chosen, gain)
    assert chosen in str(choice) and f"{gain:.1f} times as fast" in str(choice)


def test_auto_measures_nothing_where_there_is_no_choice(monkeypatch):
    monkeypatch.setattr(precision, "_measure", None)  # cannot be called
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: False)
    assert choose("auto", VOCAB, LARGE, 32).precision == "float32"
    monkeypatch.setattr(precision, "multiplies_bfloat16", lambda: True)
    assert choose("auto", VOCAB, NETWORK, 32).precision == "float32"
    assert choose("auto", VOCAB, LARGE, 32, "cuda").precision == "float32"
    assert choose("bfloat16", VOCAB, LARGE, 32).precision == "bfloat16"


def test_the_measurement_gives_a_ratio():
    assert precision._measure(VOCAB, LARGE, 16, 0.0) > 0


def test_bfloat16_on_another_device_is_refused():
    with pytest.raises(TrainingError, match="use float32"):
        choose("bfloat16", VOCAB, LARGE, 32, "mps")
    with pytest.raises(TrainingError, match="precision cannot be 'half'"):
        replace(QUICK, precision="half")


def test_a_training_in_bfloat16_resumes_bit_for_bit_and_says_what_it_is(tmp_path, corpus):
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    said: list[str] = []
    session = training.open_session(corpus, NETWORK, QUICK, whole)
    progress = list(session.start(announce=said.append))
    assert said == ["products in bfloat16"]
    assert progress[-1].loss < progress[0].loss
    steps = training.train(corpus, NETWORK, QUICK, stopped)
    next(steps)
    steps.close()
    auto, other = (replace(QUICK, precision=name) for name in ("auto", "float32"))
    with pytest.raises(TrainingError, match=r"--precision float32 \(it has bfloat16\)"):
        training.train(corpus, NETWORK, other, stopped, resume=True)
    list(training.train(corpus, NETWORK, auto, stopped, resume=True))
    ours, theirs = checkpoints.load(stopped), checkpoints.load(whole)
    assert ours.info["training"]["precision"] == "bfloat16", "that of the run, not of the call"
    for name, array in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)
    list(training.train(corpus, NETWORK, other, tmp_path / "exact.safetensors"))
    exact = checkpoints.load(tmp_path / "exact.safetensors")
    assert any((exact.weights[name] != array).any() for name, array in theirs.weights.items())
    assert abs(exact.info["validation_loss"] - theirs.info["validation_loss"]) < 0.02


@pytest.mark.parametrize("hidden_size", [32, 640])
def test_large_networks_read_the_batch_whole(corpus, hidden_size):
    vocab = Vocab.from_text(corpus.text)
    config = replace(QUICK, precision="float32", seq_len=4, dropout=0.0)
    network = replace(NETWORK, hidden_size=hidden_size)
    losses = []
    for workers in (2, 2, 1):
        trainer = Trainer(vocab, network, config, vocab.encode(corpus.text), workers=workers)
        is_large = hidden_size == 640
        assert len(trainer.rows) == (1 if is_large else workers)
        assert trainer.cores == (workers if is_large else 1)
        losses.append([trainer.train_step(1e-2) for _ in range(3)])
        trainer.close()
    assert losses[0] == losses[1], "the same numbers in every run"
    assert losses[0][0] == pytest.approx(losses[2][0], abs=1e-4)


def test_the_command_says_the_arithmetic_and_inspect_shows_it(tmp_path, corpus, capsys):
    out = tmp_path / "model.safetensors"
    command = ["train", str(tmp_path / "small.txt"), "--out", str(out), "--hidden-size", "16"]
    assert main([*command, "--steps", "5", "--precision", "bfloat16", "--quiet"]) == 0
    assert "products in bfloat16" in capsys.readouterr().out
    assert main(["inspect", str(out)]) == 0
    assert "products in bfloat16" in capsys.readouterr().out
