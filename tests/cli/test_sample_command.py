"""``rnnbook sample``: prompts of every kind, and many texts at once."""

from __future__ import annotations

import io
import json
import sys
import unicodedata

import numpy as np
import pytest
from conftest import random_checkpoint

from rnnbook import sampling
from rnnbook.cli import main
from rnnbook.cli.sample_command import unescape
from rnnbook.errors import SamplingError

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


def random_model(chars: str, path: str = "model.safetensors", **settings) -> str:
    random_checkpoint(chars=chars, **settings).save(path)
    return path


def give(data: bytes, monkeypatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))


def test_a_prompt_may_come_from_a_file_or_from_standard_input(tmp_path, capsys, monkeypatch):
    model = random_model("\n abcd:")
    (tmp_path / "prompt.txt").write_bytes(b"ab:\r\ncd\n")
    sampled = done(capsys, "sample", model, "--prompt-file", "prompt.txt", "--seed", "1").out
    assert sampled.startswith("ab:\ncd\n")
    give(b"ab:\ncd\n", monkeypatch)
    assert done(capsys, "sample", model, "--prompt-file", "-", "--seed", "1").out == sampled
    assert "not both" in failure(
        capsys, "sample", model, "--prompt", "a", "--prompt-file", "prompt.txt"
    )
    assert "cannot read" in failure(capsys, "sample", model, "--prompt-file", "none.txt")


def test_escapes_are_read_on_request(capsys):
    model = random_model("\n\t\\ abcé")
    given = ["--prompt", r"a\n\tb\\c\u00e9", "--escapes", "--seed", "1"]
    assert done(capsys, "sample", model, *given).out.startswith("a\n\tb\\cé")
    plain = random_model("\n abn", "plain.safetensors")
    assert "add --escapes" in failure(capsys, "sample", plain, "--prompt", r"a\n")
    assert r"one of \n \t" in failure(capsys, "sample", plain, "--prompt", r"\q", "--escapes")


@pytest.mark.parametrize(
    ("escaped", "text"),
    [(r"\\n", r"\n"), (r"\x41\u0042\U00000043", "ABC"), (r"\ud83d\ude00", "😀"), ("a b", "a b")],
)
def test_unescape(escaped, text):
    assert unescape(escaped) == text


@pytest.mark.parametrize("escaped", ["\\", r"\u12", r"\xg0", r"\U99999999", r"\ud83d", "\\\n"])
def test_what_is_no_escape_is_refused(escaped):
    with pytest.raises(SamplingError, match=r"\\n \\t"):
        unescape(escaped)


@pytest.mark.parametrize("prompt", ["-ROMEO", "-h", "--a", "--at=1", "-", "-1"])
def test_a_prompt_may_begin_with_a_dash(prompt, capsys):
    model = random_model("\n -=ROMEOaht1")
    command = ["sample", model, "--prompt", prompt, "--length", "20", "--seed", "1"]
    assert done(capsys, *command).out.startswith(prompt)


def test_a_prompt_that_was_forgotten_is_asked_for(capsys):
    with pytest.raises(SystemExit) as caught:
        main(["sample", "model", "--prompt", "--length", "5"])
    assert caught.value.code == 2
    assert "expected one argument" in capsys.readouterr().err


def test_a_text_without_line_breaks_is_sampled_with_the_defaults(tmp_path, capsys):
    letters = np.random.default_rng(0).choice(list("ACGT"), 3_200)
    (tmp_path / "dna.txt").write_text("".join(letters))
    done(capsys, "train", "dna.txt", *TINY)
    captured = done(capsys, "sample", "dna.safetensors", "--seed", "1", "--length", "50")
    assert len(captured.out) == 52 and set(captured.out) <= set("ACGT\n")
    assert "no line break; it begins with 'A'" in captured.err


@pytest.mark.parametrize(
    ("chars", "prompt"), [("\n ab", "\n"), (" ab", " "), ("!ab", "a"), ("!?", "!")]
)
def test_the_default_prompt_is_always_known(chars, prompt):
    vocab = random_checkpoint(chars=chars).vocab
    assert sampling.default_prompt(vocab) == prompt


@pytest.mark.parametrize("model_form, prompt_form", [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_prompt_in_the_other_normal_form_is_rewritten(model_form, prompt_form, capsys):
    model = random_model(unicodedata.normalize(model_form, "\n abcéü"))
    prompt = unicodedata.normalize(prompt_form, "bé")
    captured = done(capsys, "sample", model, "--prompt", prompt, "--seed", "1")
    assert captured.out.startswith(unicodedata.normalize(model_form, "bé"))
    assert f"form {model_form}" in captured.err
    known = done(capsys, "sample", model, "--prompt", "ab", "--seed", "1")
    assert known.err == ""


def test_many_texts_are_those_of_their_seeds(capsys):
    model = random_model("\n abcd:")
    command = ["sample", model, "--prompt", "ab", "--length", "40", "--temperature", "0.5"]
    out = done(capsys, *command, "--count", "70", "--seed", "5").out
    heads = [line for line in out.splitlines() if line.startswith("--- text ")]
    assert heads == [f"--- text {k + 1} of 70, seed {k + 5}" for k in range(70)]
    lines = done(capsys, *command, "--count", "70", "--seed", "5", "--json").out.splitlines()
    texts = [json.loads(line) for line in lines]
    assert [text["seed"] for text in texts] == list(range(5, 75))
    assert all(text["prompt"] == "ab" and len(text["text"]) == 40 for text in texts)
    assert len({text["text"] for text in texts}) > 60
    assert out == "".join(
        f"{head}\nab{text['text']}\n" for head, text in zip(heads, texts, strict=True)
    )
    one = json.loads(done(capsys, *command, "--seed", "9", "--json").out)
    assert one["seed"] == 9 and done(capsys, *command, "--seed", "9").out == f"ab{one['text']}\n"


def test_many_texts_are_drawn_side_by_side(monkeypatch, capsys):
    model, asked = random_model("\n abcd:"), []
    whole = sampling.sample_many

    def counted(network, prompts, *arguments, **settings):
        asked.append(len(prompts))
        return whole(network, prompts, *arguments, **settings)

    monkeypatch.setattr(sampling, "sample_many", counted)
    done(capsys, "sample", model, "--count", "70", "--length", "3", "--seed", "0")
    assert sum(asked) == 70 and len(asked) == 2
    assert "count" in failure(capsys, "sample", model, "--count", "0")


def test_a_prompt_of_many_texts_is_read_once(monkeypatch):
    model, read = random_checkpoint().model(), []
    reading = sampling._read_prompt

    def counted(network, prompt, *settings):
        read.append(prompt)
        return reading(network, prompt, *settings)

    monkeypatch.setattr(sampling, "_read_prompt", counted)
    rngs = [np.random.default_rng(seed) for seed in range(4)]
    texts = sampling.sample_many(model, ["ab", "c", "ab", "ab"], 9, rngs=rngs)
    assert read == ["ab", "c"] and len(set(texts)) == 4


def test_a_seed_that_was_not_given_is_told_of_many_texts(capsys):
    model = random_model("\n abcd:")
    assert "seed" in done(capsys, "sample", model, "--count", "2", "--length", "3").err
