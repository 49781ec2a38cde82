"""The command line: what it prints, and how it takes bad input."""

from __future__ import annotations

import json

import numpy as np
import pytest
from conftest import random_checkpoint
from margins import sure_text

from rnnbook import checkpoints, corpora, ladder, training
from rnnbook.cli import main


@pytest.fixture
def model_path(tmp_path):
    path = tmp_path / "model.safetensors"
    random_checkpoint().save(path)
    return str(path)


@pytest.fixture
def text_path(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return str(path)


def failure(capsys, *arguments: str) -> str:
    """The message of a command that must fail with exit code 1, and only a message."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("rnnbook: ") and "Traceback" not in captured.err
    return captured.err


def test_a_file_becomes_a_model_that_writes_like_it(tmp_path, text_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", text_path, "--steps", "300", "--hidden-size", "48", "--quiet",
                 "--dropout", "0.1"]) == 0  # fmt: skip
    output = capsys.readouterr().out
    info = checkpoints.load(tmp_path / "small.safetensors").info
    assert f"validation loss {info['validation_loss']:.4f}" in output
    assert f"{info['ngram']['loss']:.4f} for the best n-gram" in output
    assert info["command"] == "rnnbook train small.txt --hidden-size 48 --steps 300 --dropout 0.1"

    assert main(["sample", "small.safetensors", "--length", "400", "--seed", "1"]) == 0
    words = capsys.readouterr().out.replace(".", "").split()
    known = {"the", "cat", "sat", "on", "a", "mat", "and", "ran"}
    assert sum(word in known for word in words) > 0.7 * len(words)

    assert main(["evaluate", "small.safetensors", text_path, "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["validation_loss"] == pytest.approx(info["validation_loss"], abs=1e-4)
    assert report["ngram"]["loss"] == pytest.approx(info["ngram"]["loss"])
    assert report["perplexity"] == pytest.approx(np.exp(report["validation_loss"]))

    assert main(["evaluate", "small.safetensors", text_path]) == 0
    assert f"{info['ngram']['order']}-gram" in capsys.readouterr().out
    assert main(["inspect", "small.safetensors"]) == 0
    story = capsys.readouterr().out
    assert "--- step 25:" in story and "by: rnnbook train small.txt" in story
    assert main(["inspect", "small.safetensors", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == 300


def test_either_engine_writes_the_text_of_a_seed(model_path, capsys):
    texts = []
    for engine in ("numpy", "torch", "numpy"):
        main(["sample", model_path, "--prompt", "ab", "--seed", "3", "--length", "80",
              "--temperature", "0.5", "--engine", engine])  # fmt: skip
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1] == texts[2]
    model = checkpoints.load(model_path).model()
    assert texts[0] == "ab" + sure_text(model, "ab", 80, 3, temperature=0.5) + "\n"


def test_a_seed_that_was_not_given_is_told(model_path, capsys):
    main(["sample", model_path, "--length", "30"])
    first = capsys.readouterr()
    seed = first.err.removeprefix("(seed ").removesuffix(")\n")
    main(["sample", model_path, "--length", "30", "--seed", seed])
    assert capsys.readouterr().out == first.out


def test_list_shows_every_shipped_model(capsys):
    assert main(["list"]) == 0
    output = capsys.readouterr().out
    for name in checkpoints.shipped():
        assert f"\n{name} " in output
    assert f"corpora to train on: {', '.join(corpora.names())}, or any text file" in output


@pytest.mark.parametrize("command", [[], ["train"], ["sample"], ["evaluate"], ["inspect"]])
def test_help_is_there(command, capsys):
    with pytest.raises(SystemExit) as caught:
        main([*command, "--help"])
    assert caught.value.code == 0
    assert len(capsys.readouterr().out) > 200


@pytest.mark.parametrize(
    "arguments", [["walk"], [], ["sample"], ["train", "x", "--device", "abacus"],
                  ["sample", "x", "--temperature", "warm"]],
)  # fmt: skip
def test_a_wrong_option_is_exit_code_2(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--temperature", "-1"], "temperature is a number of at least 0"),
        (["--temperature", "nan"], "temperature is a number of at least 0"),
        (["--length", "0"], "from 1 to 1,000,000"),
        (["--length", "1000000000"], "from 1 to 1,000,000"),
        (["--top-k", "0"], "top-k"),
        (["--top-p", "2"], "top-p"),
        (["--prompt", "日本"], "'日' '本'"),
        (["--prompt", ""], "prompt is empty"),
        (["--seed", "-4"], "seed"),
    ],
)
def test_bad_sampling_input(model_path, capsys, options, message):
    assert message in failure(capsys, "sample", model_path, *options)


def test_bad_files(tmp_path, capsys, model_path, text_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty.txt").write_bytes(b"")
    (tmp_path / "short.txt").write_text("too short")
    (tmp_path / "latin.txt").write_bytes(b"caf\xe9 " * 100)
    (tmp_path / "broken.safetensors").write_bytes(b"\x00" * 50)
    assert "is empty" in failure(capsys, "train", "empty.txt")
    assert "too short" in failure(capsys, "train", "short.txt")
    assert "not UTF-8" in failure(capsys, "train", "latin.txt")
    assert "no corpus of that name" in failure(capsys, "train", "missing.txt")
    assert "there is no folder" in failure(capsys, "train", text_path, "--out", "no/where.st")
    assert "learning_rate" in failure(capsys, "train", text_path, "--learning-rate", "-1")
    assert "hidden_size" in failure(capsys, "train", text_path, "--hidden-size", "0")
    assert "no unfinished training" in failure(capsys, "train", text_path, "--resume")
    assert "finished checkpoint" in failure(capsys, "train", text_path, "--out", model_path)
    assert "not a whole" in failure(capsys, "sample", "broken.safetensors")
    assert "no shipped model" in failure(capsys, "sample", "nonesuch")
    assert "never occurred" in failure(capsys, "evaluate", model_path, text_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "broken.safetensors", "empty.txt", "latin.txt", "model.safetensors", "short.txt",
        "small.txt",
    ]  # fmt: skip


def test_a_device_that_is_not_here_is_refused(text_path, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    assert "no device 'cuda'" in failure(capsys, "train", text_path, "--device", "cuda")


def test_overwrite_replaces_a_finished_checkpoint(tmp_path, text_path):
    out = tmp_path / "model.safetensors"
    common = ["train", text_path, "--out", str(out), "--quiet", "--hidden-size", "8"]
    assert main([*common, "--steps", "2"]) == 0
    assert main([*common, "--steps", "3", "--overwrite"]) == 0
    assert checkpoints.load(out).info["steps"] == 3
    assert not training.state_path(out).exists()


def test_a_training_without_ngrams_says_nothing_of_them(tmp_path, text_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main(["train", text_path, "--steps", "20", "--hidden-size", "8", "--quiet",
                 "--no-ngram"]) == 0  # fmt: skip
    assert "n-gram" not in capsys.readouterr().out
    info = checkpoints.load(tmp_path / "small.safetensors").info
    assert info["ngram"] == {} and info["command"].endswith("--no-ngram")
    for command in (["inspect"], ["evaluate", text_path, "--no-ngram"]):
        assert main([command[0], "small.safetensors", *command[1:]]) == 0
        assert "n-gram" not in capsys.readouterr().out


def test_evaluate_prints_halves_and_ladder(tmp_path, model_path, capsys, monkeypatch):
    monkeypatch.setattr(ladder, "PPMD_ORDERS", (4,))
    text_path = str(tmp_path / "text.txt")
    words = np.random.default_rng(0).choice(["a bad cab", "he had", "feed"], size=400)
    (tmp_path / "text.txt").write_text(". ".join(words))
    assert main(["evaluate", model_path, text_path, "--json", "--ladder", "--adapt"]) == 0
    report = json.loads(capsys.readouterr().out)
    kinds = [rung["kind"] for rung in report["rungs"]]
    assert kinds[:2] == [ladder.NETWORK, "Witten-Bell"] and kinds[2] in ladder.KINDS[1:3]
    assert kinds[3:] == list(ladder.KINDS[3:])
    network = report["rungs"][0]
    assert network["whole"] == pytest.approx(report["validation_loss"])
    orders = report["orders"]["Kneser-Ney"]
    assert report["ngram"]["loss"] == min(
        one["whole"] for one in report["orders"]["Witten-Bell"].values()
    )
    assert main(["evaluate", model_path, text_path]) == 0
    printed = capsys.readouterr().out
    assert "second half (test)" in printed and "(best static)" in printed and len(orders) >= 4


def test_evaluate_lets_the_model_learn_on_and_says_what_it_costs(tmp_path, model_path, capsys):
    text_path = tmp_path / "text.txt"
    text_path.write_text("a bad cab had fed. " * 150)
    assert main(["evaluate", model_path, str(text_path), "--no-ngram", "--adapt"]) == 0
    printed = capsys.readouterr().out
    assert "learning on at the rate" in printed and "times as long as reading" in printed
    assert main(["evaluate", model_path, str(text_path), "--no-ngram", "--adapt", "--json"]) == 0
    alone, learning = json.loads(capsys.readouterr().out)["rungs"]
    assert alone["kind"] == ladder.NETWORK and learning["kind"] == ladder.ADAPTED
    assert learning["test"] < alone["test"]


def test_no_ngram_and_ladder_exclude_each_other(model_path, capsys):
    with pytest.raises(SystemExit):
        main(["evaluate", model_path, "--no-ngram", "--ladder"])
    assert "not allowed with" in capsys.readouterr().err


@pytest.mark.parametrize("place", [1, 2, 3])
def test_options_stand_before_between_and_after_what_is_named(tmp_path, checkpoint, capsys, place):
    model, text = tmp_path / "model.safetensors", tmp_path / "text.txt"
    checkpoint.save(model)
    text.write_text("abc " * 40, encoding="utf-8")
    words = ["evaluate", str(model), str(text)]
    words[place:place] = ["--no-ngram", "--validation-fraction", "0.5"]
    assert main(words) == 0
    assert "text.txt" in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["evaluate"])
    assert "required: model\n" in capsys.readouterr().err
