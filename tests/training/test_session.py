"""Training: it learns, it resumes bit for bit, and it stops with advice."""

from __future__ import annotations

import itertools
import json
import math
import signal
import subprocess
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rnnbook import checkpoints, corpora, ladder, training
from rnnbook.errors import CheckpointError, TextError, TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab
from rnnbook.training import TrainingConfig

pytestmark = [pytest.mark.numerical, pytest.mark.apart]  # each trains: one file takes minutes

NETWORK = ModelConfig("lstm", hidden_size=16, num_layers=1, embedding_size=4)
QUICK = TrainingConfig(
    minutes=None,
    steps=40,
    batch_size=32,
    seq_len=16,
    warmup_steps=5,
    validations=4,
    learning_rate=1e-2,
)


@pytest.fixture
def corpus(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return corpora.load(path)


def run(corpus, out, config=QUICK, network=NETWORK, **settings):
    return list(training.train(corpus, network, config, out, **settings))


def losses(out):
    """What the log says, without the clock."""
    return [
        (point.step, point.loss, point.validation_loss, point.sample)
        for point in training.read_log(training.log_path(out))
    ]


@pytest.mark.parametrize("kind", ["rnn", "gru", "lstm"])
@pytest.mark.parametrize("optimizer", ["muon", "adamw", "rmsprop"])
def test_every_kind_learns(tmp_path, corpus, kind, optimizer):
    out = tmp_path / "model.safetensors"
    rate = {"muon": 2e-2, "adamw": 1e-2, "rmsprop": 5e-3}[optimizer]
    config = replace(
        QUICK, steps=250, optimizer=optimizer, dropout=0.0, learning_rate=rate, average=0.9
    )
    progress = run(corpus, out, config, replace(NETWORK, kind=kind, num_layers=2))
    assert progress[0].loss > 2.0
    checkpoint = checkpoints.load(out)
    info = checkpoint.info
    assert info["validation_loss"] < 1.6 < math.log(len(checkpoint.vocab))
    assert info["steps"] == progress[-1].step == 250
    assert [point["step"] for point in info["history"]] == [62, 124, 186, 248, 250]
    assert len(info["history"][-1]["sample"]) == 300
    assert info["ngram"]["loss"] > 0 and info["corpus"]["sha256"] == corpus.sha256
    assert not training.state_path(out).exists()


def test_the_checkpoint_scores_what_it_says(tmp_path, corpus):
    from rnnbook import evaluation
    from rnnbook.text import split

    out = tmp_path / "model.safetensors"
    run(corpus, out)
    checkpoint = checkpoints.load(out)
    _, validation_ids = split(checkpoint.vocab.encode(corpus.text))
    loss = evaluation.evaluate(checkpoint.model(), validation_ids)
    assert loss.nats == pytest.approx(checkpoint.info["validation_loss"], abs=1e-4)
    log_probs = evaluation.log_probs(checkpoint.model(), validation_ids)
    assert ladder.halves(log_probs)[1] == pytest.approx(checkpoint.info["test_loss"], abs=1e-4)


def test_nothing_is_chosen_on_the_second_half_of_what_is_held_out(tmp_path, small_text):
    cut = len(small_text) - len(small_text) // 20  # the last twentieth, or more of it than that
    found = []
    for number, end in enumerate((small_text[cut:], "a" * (len(small_text) - cut))):
        path, out = tmp_path / f"{number}.txt", tmp_path / f"{number}.safetensors"
        path.write_text(small_text[:cut] + end)
        run(corpora.load(path), out)
        found.append((losses(out), checkpoints.load(out)))
    (seen, one), (same, other) = found
    assert seen == same and one.info["test_loss"] != other.info["test_loss"]
    for name, array in one.weights.items():
        np.testing.assert_array_equal(other.weights[name], array)


def test_the_same_seed_gives_the_same_losses_and_another_seed_others(tmp_path, corpus):
    names = ["a.safetensors", "b.safetensors", "c.safetensors"]
    for name, seed in zip(names, (0, 0, 1), strict=True):
        run(corpus, tmp_path / name, replace(QUICK, seed=seed))
    first, second, other = (losses(tmp_path / name) for name in names)
    assert first == second
    assert first != other


@pytest.mark.parametrize("stop_after", [1, 2, 3])
def test_a_stopped_training_resumes_as_if_nothing_had_happened(tmp_path, corpus, stop_after):
    whole, stopped = tmp_path / "whole.safetensors", tmp_path / "stopped.safetensors"
    run(corpus, whole)
    steps = training.train(corpus, NETWORK, QUICK, stopped)
    for _ in range(stop_after):
        next(steps)
    steps.close()
    run(corpus, stopped, resume=True)
    assert losses(stopped) == losses(whole)
    ours, theirs = checkpoints.load(stopped), checkpoints.load(whole)
    for name, array in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)


@pytest.mark.slow
@pytest.mark.timeout(1800)  # twelve programs, one after the other
def test_ten_kills_at_random_moments_lose_nothing(tmp_path, corpus):
    whole, killed = tmp_path / "whole.safetensors", tmp_path / "killed.safetensors"
    command = [
        sys.executable, "-m", "rnnbook", "train", str(tmp_path / "small.txt"), "--quiet",
        "--steps", "400", "--validations", "40", "--hidden-size", "16", "--device", "cpu",
        "--batch-size", "8", "--seq-len", "16",
    ]  # fmt: skip
    subprocess.run([*command, "--out", str(whole)], check=True, stdout=subprocess.DEVNULL)
    command += ["--out", str(killed)]
    rng = np.random.default_rng()
    for kill in range(10):
        before = mtime(training.state_path(killed))
        process = subprocess.Popen(
            [*command, *(["--resume"] if kill else [])], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + 240
        # a state is written before the first step, a checkpoint at the first validation
        while (mtime(training.state_path(killed)) == before or not killed.exists()) and (
            time.monotonic() < deadline
        ):
            time.sleep(0.01)
        time.sleep(float(rng.uniform(0, 0.1)))
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL, "it ended before it was killed"
        assert training.state_path(killed).exists()
        checkpoints.load(killed)
    subprocess.run([*command, "--resume"], check=True, stdout=subprocess.DEVNULL)
    assert losses(killed) == losses(whole)
    ours, theirs = checkpoints.load(killed), checkpoints.load(whole)
    for name, array in theirs.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)


def mtime(path):
    return path.stat().st_mtime_ns if path.exists() else None


def test_an_interrupt_saves_and_says_how_to_go_on(tmp_path, corpus):
    out = tmp_path / "model.safetensors"
    command = [
        sys.executable, "-m", "rnnbook", "train", str(tmp_path / "small.txt"), "--quiet",
        "--out", str(out), "--steps", "100000", "--validations", "100000",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 240
    while not training.log_path(out).exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=240)
    assert process.returncode == 130
    assert "stopped and saved" in output and "--resume" in output
    assert training.state_path(out).exists()


def clocked(monkeypatch, seconds_of):
    """A clock on which steps take ``seconds_of(step)`` and nothing else takes any; its time."""
    from rnnbook.training import plan, session
    from rnnbook.training.trainer import Trainer

    step_of_trainer, now = Trainer.train_step, [0.0]

    def train_step(self, rate):
        now[0] += seconds_of(self.step)
        return step_of_trainer(self, rate)

    clock = SimpleNamespace(monotonic=lambda: now[0])
    monkeypatch.setattr(plan, "time", clock)
    monkeypatch.setattr(session, "time", clock)
    monkeypatch.setattr(Trainer, "train_step", train_step)
    return now


def test_minutes_are_planned_and_kept(tmp_path, corpus, monkeypatch):
    now = clocked(monkeypatch, lambda step: 0.01)
    config = replace(QUICK, minutes=0.1, steps=None)
    progress = run(corpus, tmp_path / "model.safetensors", config)
    assert progress[0].steps is None
    planned = [point.steps for point in progress if point.steps is not None]
    assert planned == sorted(planned, reverse=True), "a plan only ever becomes shorter"
    assert progress[-1].step == planned[-1]
    assert progress[-1].learning_rate < 0.5 * config.learning_rate
    assert 2 < now[0] < 1.1 * 6


def test_a_machine_that_slows_down_gets_a_shorter_plan(tmp_path, corpus, monkeypatch):
    now = clocked(monkeypatch, lambda step: 0.02 if step > 120 else 0.002)
    config = replace(QUICK, minutes=0.05, steps=None, validations=30)
    progress = run(corpus, tmp_path / "model.safetensors", config)
    planned = [point.steps for point in progress if point.steps is not None]
    assert progress[-1].step == planned[-1] < planned[0]
    assert now[0] < 1.1 * 3


def test_no_steps_give_the_untrained_network(tmp_path, corpus):
    from rnnbook.torch_networks.rnn import TorchModel

    out = tmp_path / "untrained.safetensors"
    run(corpus, out, replace(QUICK, steps=0))
    checkpoint = checkpoints.load(out)
    fresh = TorchModel(checkpoint.vocab, NETWORK, np.random.default_rng(QUICK.seed))
    for name, array in fresh.to_weights().items():
        np.testing.assert_array_equal(checkpoint.weights[name], array)
    assert checkpoint.info["validation_loss"] > checkpoint.info["ngram"]["loss"]


def test_the_learning_rate_warms_up_and_falls():
    rates = [training.learning_rate_at(step, 100, QUICK) for step in range(100)]
    assert rates[:5] == pytest.approx([0.002, 0.004, 0.006, 0.008, 0.01])
    assert all(later <= earlier for earlier, later in itertools.pairwise(rates[5:]))
    assert rates[-1] == pytest.approx(0.02 * 0.01, rel=0.05)


@pytest.mark.parametrize("rate", [50.0])
def test_a_training_that_diverges_stops_with_advice(tmp_path, corpus, rate):
    config = replace(QUICK, learning_rate=rate, clip=1e6, optimizer="sgd", warmup_steps=0)
    with pytest.raises(TrainingError, match=r"has diverged.*--learning-rate"):
        run(corpus, tmp_path / "model.safetensors", config)


def test_states_are_emptied_as_often_as_asked(corpus):
    from rnnbook.text import Vocab
    from rnnbook.training.trainer import Trainer

    vocab = Vocab.from_text(corpus.text)
    trainer = Trainer(vocab, NETWORK, replace(QUICK, reset=0.5), vocab.encode(corpus.text))
    emptied = 0
    for step in range(100):
        trainer.window = step % trainer.num_windows
        for state in trainer.states:
            state["h"] = state["h"] * 0 + 1
        trainer._reset_states()
        emptied += sum(int((state["h"][0, :, 0] == 0).sum()) for state in trainer.states)
    assert 0.4 < emptied / 3200 < 0.6
    trainer.close()


@pytest.mark.parametrize(
    ("length", "message"), [(1, "too short"), (30, "too short"), (63, "too short")]
)
def test_a_text_shorter_than_a_sequence_is_refused(tmp_path, length, message):
    path = tmp_path / "short.txt"
    path.write_text(("ab" * length)[:length])
    config = replace(QUICK, seq_len=64, batch_size=1)
    with pytest.raises(TextError, match=message):
        run(corpora.load(path), tmp_path / "model.safetensors", config)


@pytest.mark.parametrize("length", [200, 2_000, 30_000, 100_000, 10**6, 10**7])
def test_defaults_suit_the_length(length):
    network, config = training.defaults_for(length)
    training.check_length(int(length * 0.9), int(length * 0.1), config)
    assert network.hidden_size in (128, 256, 384)


def test_defaults_suit_the_time():
    quick, patient = (training.defaults_for(10**6, minutes) for minutes in (3, 20))
    assert patient[0] == quick[0]
    assert patient[1].dropout > quick[1].dropout > training.defaults_for(10**7, 3)[1].dropout
    assert training.defaults_for(10**6) == training.defaults_for(10**6, 4.5)


@pytest.mark.parametrize(
    "settings",
    [{"minutes": 0}, {"minutes": math.nan}, {"steps": -1}, {"batch_size": 0}, {"seq_len": 0},
     {"learning_rate": -1}, {"learning_rate": math.nan}, {"dropout": 1}, {"clip": 0},
     {"optimizer": "adam2"}, {"validation_fraction": 0}, {"average": 1}, {"reset": 2}],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(TrainingError, match=next(iter(settings))):
        replace(QUICK, **settings)


def test_there_must_be_something_to_resume(tmp_path, corpus):
    out = tmp_path / "model.safetensors"
    with pytest.raises(TrainingError, match="no unfinished training"):
        run(corpus, out, resume=True)
    steps = training.train(corpus, NETWORK, QUICK, out)
    next(steps)
    steps.close()
    with pytest.raises(TrainingError, match="go on with --resume"):
        run(corpus, out)
    other = replace(corpus, sha256="0" * 64)
    with pytest.raises(TrainingError, match="another text"):
        run(other, out, resume=True)
    training.state_path(out).write_bytes(b"nonsense")
    with pytest.raises(CheckpointError, match="not an unfinished training"):
        run(corpus, out, resume=True)


def test_a_run_survives_json():
    original = training.Run(NETWORK, QUICK, Vocab.from_text("ab"), {"name": "x"}, "cmd")
    assert training.Run.from_json(original.to_json()) == original
    assert json.loads(original.to_json())["best_validation"] is None
