"""Training a finished network further."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnnbook import checkpoints, corpora, evaluation, training
from rnnbook.cli import main
from rnnbook.errors import TrainingError
from rnnbook.recurrent import ModelConfig
from rnnbook.text import split
from rnnbook.training import Parent, TrainingConfig

NETWORK = ModelConfig("lstm", hidden_size=8, num_layers=1, embedding_size=4)
QUICK = TrainingConfig(
    minutes=None, steps=40, batch_size=8, seq_len=16, warmup_steps=5, validations=4, dropout=0.0
)


@pytest.fixture
def corpus(tmp_path, small_text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("small.txt").write_text(small_text)
    return corpora.load("small.txt")


@pytest.fixture
def parent(corpus):
    list(training.train(corpus, NETWORK, QUICK, "parent.safetensors"))
    return checkpoints.load("parent.safetensors")


def failure(capsys, *arguments):
    assert main([str(argument) for argument in arguments]) == 1
    message = capsys.readouterr().err
    assert message.startswith("rnnbook: ") and message.count("\n") == 1
    return message


def test_a_finished_network_is_trained_further(corpus, parent, capsys):
    words = ["train", "--continue-from", "parent.safetensors", "small.txt", "--steps", "200"]
    assert main(words) == 0
    output = capsys.readouterr().out
    run, loss = parent.info["run"], parent.info["validation_loss"]
    assert f"goes on from parent.safetensors (run {run}), of loss {loss:.4f}" in output
    assert f"{loss:.4f} for parent.safetensors, from which it went on" in output
    child = checkpoints.load("parent-continued.safetensors")
    assert child.config == parent.config and child.vocab == parent.vocab
    assert child.info["validation_loss"] < loss
    assert child.info["run"] != run
    assert child.info["parent"] == {
        "name": "parent.safetensors", "run": run, "validation_loss": loss, "steps": 40,
        "corpus": "small.txt", "validation_loss_here": pytest.approx(loss, abs=1e-5),
    }  # fmt: skip
    told = child.info["training"]
    assert told["seq_len"] == 16 and told["batch_size"] == 8 and told["steps"] == 200
    assert "--continue-from parent.safetensors" in child.info["command"]
    capsys.readouterr()
    assert main(["inspect", "parent-continued.safetensors"]) == 0
    assert f"from: parent.safetensors (run {run})" in capsys.readouterr().out


def test_the_first_weights_are_the_parents_and_so_is_the_result_if_nothing_is_better(
    corpus, parent
):
    for steps, rate in ((0, 0.1), (1, 5.0)):
        out = f"child{steps}.safetensors"
        config = replace(QUICK, steps=steps, learning_rate=rate, warmup_steps=0, average=0.0)
        settings = {"continue_from": "parent.safetensors"}
        list(training.train(corpus, NETWORK, config, out, **settings))
        child = checkpoints.load(out)
        for name, array in parent.weights.items():
            np.testing.assert_array_equal(child.weights[name], array)
        assert child.info["validation_loss"] == pytest.approx(parent.info["validation_loss"])


def test_another_text_may_follow_if_its_symbols_are_known(corpus, parent, small_text, capsys):
    Path("other.txt").write_text(small_text[::-1])
    words = ["train", "other.txt", "--continue-from", "parent.safetensors", "--out", "o.st"]
    assert main([*words, "--steps", "60"]) == 0
    child = checkpoints.load("o.st")
    assert child.info["corpus"]["name"] == "other.txt"
    before = child.info["parent"]["validation_loss_here"]
    _, ids = split(parent.vocab.encode(small_text[::-1]))
    assert evaluation.evaluate(parent.model(), ids).nats == pytest.approx(before, abs=1e-4)
    assert child.info["validation_loss"] < before
    assert child.info["parent"]["validation_loss"] == parent.info["validation_loss"]
    Path("strange.txt").write_text(small_text + "é" * 50 + "☃")
    message = failure(capsys, "train", "strange.txt", "--continue-from", "parent.safetensors")
    assert "2 symbols that parent.safetensors does not know: 'é' '☃'" in message
    assert not Path("parent-continued.safetensors.lock").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hidden-size", 16, "--kind", "gru"], "--kind gru (it has lstm) and --hidden-size 16"),
        (["--out", "parent.safetensors", "--overwrite"], "is read by this training"),
        (["--validation-fraction", 0.5], "at most 0.1"),
        (["--resume"], "no unfinished training"),
    ],
)
def test_what_cannot_be_is_one_sentence(corpus, parent, capsys, options, message):
    before = Path("parent.safetensors").read_bytes()
    words = ["train", "small.txt", "--continue-from", "parent.safetensors", "--steps", 1]
    assert message in failure(capsys, *words, *options)
    assert Path("parent.safetensors").read_bytes() == before


def test_a_preset_is_a_new_network(corpus, parent, capsys):
    message = failure(capsys, "train", "--preset", "c", "--continue-from", "parent.safetensors")
    assert "give one of them" in message
    assert "no shipped model" in failure(capsys, "train", "small.txt", "--continue-from", "none")


def test_a_continuation_is_resumed_by_the_same_command(corpus, parent, capsys):
    words = {"continue_from": "parent.safetensors"}
    for out in ("whole.st", "stopped.st"):
        points = training.train(corpus, NETWORK, QUICK, out, **words)
        if out == "stopped.st":
            next(points)
            points.close()
            points = training.train(corpus, NETWORK, QUICK, out, resume=True, **words)
        list(points)
    whole, stopped = checkpoints.load("whole.st"), checkpoints.load("stopped.st")
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(stopped.weights[name], array)
    assert stopped.info["parent"] == whole.info["parent"]


def test_another_parent_than_it_began_with_is_refused(corpus, parent):
    list(training.train(corpus, NETWORK, QUICK, "other.st"))
    for began, given in (("parent.safetensors", "other.st"), (None, "other.st")):
        out = f"{began}.child"
        points = training.train(corpus, NETWORK, QUICK, out, continue_from=began)
        next(points)
        points.close()
        with pytest.raises(TrainingError, match=r"began .*not from other.st"):
            training.train(corpus, NETWORK, QUICK, out, resume=True, continue_from=given)


@pytest.mark.parametrize("told", [None, 3, {}, {"dropout": "much"}, {"batch_size": -1}])
def test_a_parent_that_says_little_of_its_training_is_given_the_defaults(corpus, parent, told):
    checkpoint = replace(parent, info={**parent.info, "training": told})
    config = Parent("p", checkpoint).defaults(corpus)
    assert config == training.defaults_for(len(corpus.text))[1]
    odd = replace(parent, info={"corpus": 3})
    assert Parent("p", odd).describe()["corpus"] is None
    assert math.isfinite(Parent("p", odd).defaults(corpus).learning_rate)
