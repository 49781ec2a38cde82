"""The command line with texts of one's own: several, in other encodings, lists, rare symbols."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from rnnbook import checkpoints, corpora
from rnnbook.cli import build_parser, main, training_command

TINY = ["--hidden-size", "8", "--batch-size", "8", "--seq-len", "16", "--validations", "1",
        "--steps", "4", "--quiet"]  # fmt: skip


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def done(capsys, *arguments: str):
    """What a command printed that must succeed."""
    code = main(arguments)
    captured = capsys.readouterr()
    assert code == 0, captured.err
    return captured


def failure(capsys, *arguments: str) -> str:
    """The message of a command that must fail with exit code 1, and only a message."""
    assert main(arguments) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("rnnbook: ") and "Traceback" not in captured.err
    return captured.err


def give(data: bytes, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def names() -> list[str]:
    return corpora.load("names").text.splitlines()


def test_several_files_are_trained_on_evaluated_and_told(tmp_path, small_text, capsys):
    (tmp_path / "one.txt").write_text(small_text)
    (tmp_path / "two.txt").write_text("a cat ran.\n" * 20)
    out = done(capsys, "train", "one.txt", "two.txt", *TINY).out
    assert f"one.txt: {len(small_text):,} characters" in out
    info = checkpoints.load("one+two.safetensors").info
    assert info["command"].startswith("rnnbook train one.txt two.txt --hidden-size 8")
    assert [part["name"] for part in info["corpus"]["parts"]] == ["one.txt", "two.txt"]
    told = done(capsys, "inspect", "one+two.safetensors").out
    assert "two.txt: 220 characters, SHA-256" in told
    out = done(capsys, "evaluate", "one+two.safetensors", "one.txt", "two.txt").out
    assert "another text" not in out and f"{info['validation_loss']:.4f} nats" in out
    assert "another text" in done(capsys, "evaluate", "one+two.safetensors", "two.txt").out
    assert "name the text" in failure(capsys, "evaluate", "one+two.safetensors")


def test_standard_input_is_trained_on(small_text, capsys, monkeypatch):
    give(small_text.encode(), monkeypatch)
    done(capsys, "train", "-", "--out", "y.safetensors", *TINY)
    info = checkpoints.load("y.safetensors").info
    assert info["corpus"]["name"] == "standard input"
    assert info["command"].startswith("rnnbook train - ")
    give(small_text.encode(), monkeypatch)
    assert "another text" not in done(capsys, "evaluate", "y.safetensors", "-").out
    assert "name the text" in failure(capsys, "evaluate", "y.safetensors")


def test_a_text_in_another_encoding_is_read_as_was_suggested(tmp_path, capsys):
    text = "Die Mädchen hörten größere Vögel über den Dächern.\n" * 30
    (tmp_path / "a.txt").write_bytes(text.encode("cp1252"))
    message = failure(capsys, "train", "a.txt", *TINY)
    assert "Mädchen" in message and "add --encoding cp1252" in message
    done(capsys, "train", "a.txt", "--encoding", "cp1252", *TINY)
    info = checkpoints.load("a.safetensors").info
    assert "--encoding cp1252" in info["command"] and info["corpus"]["characters"] == len(text)
    done(capsys, "evaluate", "a.safetensors", "a.txt", "--encoding", "cp1252")
    assert "--encoding" in failure(capsys, "evaluate", "a.safetensors", "a.txt")


def test_rare_symbols_become_one_everywhere(tmp_path, small_text, capsys):
    text = "".join(small_text[n : n + 9] + chr(0x4E00 + n) for n in range(0, 2_700, 9)) + "\n"
    (tmp_path / "rare.txt").write_text(text)
    out = done(capsys, "train", "rare.txt", "--min-count", "5", *TINY).out
    assert "300 symbols that occur less than 5 times, 300 characters in all" in out
    assert "from 1 on" in failure(capsys, "train", "rare.txt", "--min-count", "0", *TINY)
    assert "lower" in failure(capsys, "train", "rare.txt", "--min-count", "9999", *TINY)
    checkpoint = checkpoints.load("rare.safetensors")
    assert "\ufffd" in checkpoint.vocab and len(checkpoint.vocab) < 30
    assert checkpoint.info["corpus"]["preparation"]["symbols"] == 300
    assert "--min-count 5" in checkpoint.info["command"]
    out = done(capsys, "evaluate", "rare.safetensors", "rare.txt").out
    assert f"{checkpoint.info['validation_loss']:.4f} nats" in out and "another" not in out
    assert "300 symbols" in done(capsys, "inspect", "rare.safetensors").out
    captured = done(capsys, "sample", "rare.safetensors", "--prompt", "the 一 cat", "--seed", "1")
    assert captured.out.startswith("the \ufffd cat") and "('一')" in captured.err


def test_a_list_in_alphabetical_order_is_told_of_and_shuffled(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("\n".join(sorted(names()[:400])) + "\n")
    out = done(capsys, "train", "list.txt", "--out", "a.safetensors", *TINY).out
    assert "stand in alphabetical order" in out and "--shuffle-lines" in out
    out = done(capsys, "train", "list.txt", "--shuffle-lines", *TINY).out
    assert "lines shuffled, with seed 0" in out and "stand in alphabetical" not in out
    info = checkpoints.load("list.safetensors").info
    assert info["corpus"]["preparation"] == {"shuffle_seed": 0}
    assert info["command"].startswith("rnnbook train list.txt --shuffle-lines")
    out = done(capsys, "evaluate", "list.safetensors").out
    assert f"{info['validation_loss']:.4f} nats" in out
    assert "shuffled, with seed 0" in done(capsys, "inspect", "list.safetensors").out


def test_a_resumed_training_reads_the_text_as_it_began(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("\n".join(sorted(names()[:400])) + "\n")
    command = ["train", "list.txt", "--shuffle-lines", "--min-count", "30", *TINY[:6], "--quiet",
               "--validations", "4", "--steps", "8"]  # fmt: skip
    done(capsys, *command, "--out", "whole.safetensors")
    begin_and_stop(command)
    assert "--min-count" in failure(capsys, "train", "list.txt", "--min-count", "9", "--resume")
    done(capsys, "train", "list.txt", "--resume")
    ours, whole = (checkpoints.load(f"{name}.safetensors") for name in ("list", "whole"))
    assert ours.info["corpus"] == whole.info["corpus"]
    for name, array in whole.weights.items():
        np.testing.assert_array_equal(ours.weights[name], array)


def begin_and_stop(command: list[str]) -> None:
    """What a user does who stops a training after its first validation."""
    options = build_parser().parse_args(command)
    training_command._apply_preset(options)
    session = training_command._open(options)
    steps = session.start()
    while next(steps).validation_loss is None:
        pass
    steps.close()


def test_a_finished_network_goes_on_with_its_text_as_it_was_prepared(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("\n".join(sorted(names()[:400])) + "\n")
    done(capsys, "train", "list.txt", "--shuffle-lines", "--min-count", "30", *TINY)
    begun = ["train", "--continue-from", "list.safetensors", "--steps", "2", "--quiet"]
    done(capsys, *begun, "--out", "more.safetensors")
    infos = [checkpoints.load(f"{name}.safetensors").info["corpus"] for name in ("list", "more")]
    assert infos[0] == infos[1]
    message = failure(capsys, *begun, "--min-count", "9", "--out", "other.safetensors")
    assert "--min-count" in message


def test_many_symbols_are_told_of_with_advice_and_not_printed(tmp_path, capsys):
    rng = np.random.default_rng(0)
    often = rng.integers(0x4E00, 0x4E00 + 60, 60_000)
    rare = rng.integers(0x5000, 0x5000 + 15_000, 3_000)
    often[rng.permutation(60_000)[:400]] = rare[:400]
    text = "".join(map(chr, np.concatenate([often, np.arange(0x6000, 0x6000 + 1_000)])))
    (tmp_path / "many.txt").write_text(text)
    out = done(capsys, "train", "many.txt", *TINY).out
    assert "different symbols make every step slow" in out
    message = failure(capsys, "sample", "many.safetensors", "--prompt", "é")
    assert "'é'" in message and len(message) < 400
    assert len(done(capsys, "inspect", "many.safetensors").out) < 1_500
    (tmp_path / "plain.txt").write_text("plain text " * 99)
    assert len(failure(capsys, "evaluate", "many.safetensors", "plain.txt")) < 400


def test_a_page_takes_the_text_as_the_network_read_it(tmp_path, capsys):
    (tmp_path / "list.txt").write_text("\n".join(sorted(names()[:400])) + "\n")
    done(capsys, "train", "list.txt", "--shuffle-lines", "--min-count", "30", *TINY)
    checkpoint = checkpoints.load("list.safetensors")
    corpus = corpora.load("list.txt").prepare(corpora.Preparation(30, 0))
    asked = []

    def build(networks, *, included, **settings):
        asked.extend(included)
        return "page"

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rnnbook.page.build", build)
        done(capsys, "page", "list.safetensors", "--text", "list.txt", "--with-text", "90")
    assert asked[0].text == corpus.split()[1][:90]
    assert not checkpoint.vocab.unknown(corpus.text)
