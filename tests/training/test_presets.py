"""The book's trainings by name."""

from __future__ import annotations

import pytest

from rnnbook import checkpoints, corpora, training
from rnnbook.cli import main
from rnnbook.recurrent import count_parameters
from rnnbook.training import PRESETS


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_can_be_trained(name):
    preset = PRESETS[name]
    assert preset.corpus in corpora.names()
    assert preset.storage in ("float16", "int8")
    _, config = training.defaults_for(10**6)
    config = training.with_settings(config, **preset.settings)
    assert config.steps is not None, "so that any machine comes to the same result"


def test_the_compared_networks_are_equally_large():
    names = ("shakespeare", "shakespeare-gru", "shakespeare-rnn")
    sizes = [count_parameters(PRESETS[name].network, 78) for name in names]
    assert max(sizes) < 1.02 * min(sizes)
    assert PRESETS["shakespeare-untrained"].network == PRESETS["shakespeare"].network


def test_a_preset_is_trained_and_remembered(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["train", "--preset", "names", "--steps", "3", "--hidden-size", "8", "--quiet"]
    assert main(command) == 0
    checkpoint = checkpoints.load(tmp_path / "names.safetensors")
    assert checkpoint.info["command"] == "rnnbook train --preset names --hidden-size 8 --steps 3"
    assert checkpoint.info["corpus"]["name"] == "names"
    assert checkpoint.info["training"]["dropout"] == PRESETS["names"].settings["dropout"]
    assert checkpoint.config.hidden_size == 8


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["train"], "give a text file, the name of a corpus, or a --preset"),
        (["train", "names", "--preset", "c"], "brings its own corpus"),
    ],
)
def test_a_preset_and_a_corpus_exclude_each_other(arguments, message, capsys):
    assert main(arguments) == 1
    assert message in capsys.readouterr().err
