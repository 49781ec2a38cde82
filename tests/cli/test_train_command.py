"""What ``rnnbook train`` prints: lines in a file, a bar on a terminal, and results always."""

from __future__ import annotations

import io
import sys

import pytest

from rnnbook import checkpoints
from rnnbook.cli import main, training_report
from rnnbook.training import Progress


@pytest.fixture
def command(tmp_path, small_text, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.txt").write_text(small_text)
    return [
        "train", "small.txt", "--hidden-size", "8", "--batch-size", "8", "--seq-len", "16",
        "--steps", "60", "--validations", "3",
    ]  # fmt: skip


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_a_file_gets_lines_and_no_bar(command, capsys):
    assert main(command) == 0
    output, errors = capsys.readouterr()
    assert "\r" not in output + errors and errors == ""
    lines = [line for line in output.splitlines() if line.startswith("step ")]
    history = checkpoints.load("small.safetensors").info["history"]
    assert len(lines) == len(history) == 3
    for line, point in zip(lines, history, strict=True):
        assert f"training {point['loss']:.3f}  validation {point['validation_loss']:.3f}" in line
        assert line.endswith(" ".join(point["sample"].split())[:60])


def test_a_terminal_gets_a_bar(command, capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main(command) == 0
    assert "\r" in terminal.getvalue() and "60/60" in terminal.getvalue()
    assert capsys.readouterr().out.count("validation ") == 3 + 1 + 1


def test_quiet_silences_the_bar_and_the_samples_and_no_result(command, capsys, monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    assert main([*command, "--quiet"]) == 0
    assert terminal.getvalue() == ""
    output = capsys.readouterr().out
    info = checkpoints.load("small.safetensors").info
    lines = [line for line in output.splitlines() if line.startswith("step ")]
    assert [line.split()[-1] for line in lines] == [
        f"{point['validation_loss']:.3f}" for point in info["history"]
    ]
    assert f"validation loss {info['validation_loss']:.4f}" in output
    assert output.splitlines()[-1].startswith("after "), "no sample"


def points(losses):
    for step, loss in enumerate(losses, 1):
        yield Progress(10 * step, 1000, 2.0, 0.1, step, step, validation_loss=loss)


@pytest.mark.parametrize(("every", "lines"), [(0.0, 4), (1e9, 1)])
def test_between_validations_a_file_gets_a_line_now_and_then(capsys, every, lines):
    training_report.follow(points([None, 1.5, None, None]), quiet=False, every=every)
    said = capsys.readouterr().out.splitlines()
    assert len(said) == lines
    assert "step     20  training 2.000  validation 1.500" in said
    if lines > 1:
        assert said[0] == "step     10 of 1000  training 2.000"
