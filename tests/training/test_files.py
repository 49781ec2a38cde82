"""The files of a training: whose they are, who may write them, and what a full disk leaves."""

from __future__ import annotations

import errno
import json
import os
import shutil
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from rnnbook import checkpoints, corpora, training
from rnnbook.cli import main
from rnnbook.errors import CheckpointError, TextError, TrainingError
from rnnbook.files import write_atomically
from rnnbook.recurrent import ModelConfig
from rnnbook.training import TrainingConfig, outputs
from rnnbook.training.lock import Lock
from rnnbook.training.log import Log

NETWORK = ModelConfig("lstm", hidden_size=8, num_layers=1, embedding_size=4)
QUICK = TrainingConfig(
    minutes=None, steps=40, batch_size=8, seq_len=16, warmup_steps=5, validations=4
)
TINY = ["--hidden-size", "8", "--batch-size", "8", "--seq-len", "16", "--quiet"]


@pytest.fixture
def corpus(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return corpora.load(path)


@pytest.fixture
def text_path(tmp_path, corpus, monkeypatch):
    """The text, in the folder that commands run in."""
    monkeypatch.chdir(tmp_path)
    return "small.txt"


def start(corpus, out, points=1, config=QUICK, **settings):
    """A training that has made some progress, and is stopped and saved."""
    steps = training.train(corpus, NETWORK, config, out, **settings)
    for _ in range(points):
        next(steps)
    steps.close()


def finish(corpus, out, config=QUICK, **settings):
    return list(training.train(corpus, NETWORK, config, out, **settings))


def logged(out):
    return [
        (point.step, point.loss, point.validation_loss, point.sample)
        for point in training.read_log(training.log_path(out))
    ]


def failure(capsys, *arguments):
    """The one sentence of a command that must fail."""
    assert main([str(argument) for argument in arguments]) == 1
    message = capsys.readouterr().err
    assert message.startswith("rnnbook: ") and "Traceback" not in message
    assert message.count("\n") == 1
    return message


# Names


def test_names_that_differ_only_after_a_dot_are_two_trainings(tmp_path, corpus):
    first, second = tmp_path / "lr0.01.safetensors", tmp_path / "lr0.02.safetensors"
    start(corpus, first)
    start(corpus, second, config=replace(QUICK, seed=1))
    finish(corpus, second, replace(QUICK, seed=1), resume=True)
    assert training.state_path(first).exists() and not training.state_path(second).exists()
    finish(corpus, first, resume=True)
    assert checkpoints.load(first).info["training"]["seed"] == 0
    assert checkpoints.load(second).info["training"]["seed"] == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("m.v1", "m.v2"), ("m", "m.v1"), ("wiki.safetensors", "wiki.training.safetensors"),
     ("a.safetensors", "a.log.safetensors"), ("m", "m.training"), ("m", "m.lock.lock")],
)  # fmt: skip
def test_no_two_names_share_a_file_unless_one_is_refused(one, other):
    kinds = (Path, outputs.state_path, outputs.log_path, outputs.lock_path)
    shared = {kind(one) for kind in kinds} & {kind(other) for kind in kinds}
    assert not shared or is_refused(other)


def is_refused(path):
    try:
        training.check_out(path)
    except TrainingError:
        return True
    return False


def test_every_file_says_which_run_it_belongs_to(tmp_path, corpus):
    out = tmp_path / "m.v1"
    start(corpus, out, points=2)
    run, _ = training.read_state(training.state_path(out))
    lines = training.log_path(out).read_text().splitlines()
    assert {json.loads(line)["run"] for line in lines} == {run.id}
    assert checkpoints.load(out).info["run"] == run.id
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "m.v1", "m.v1.log.jsonl", "m.v1.training", "small.txt",
    ]  # fmt: skip


# Refusals


@pytest.mark.parametrize("out", [".", "./", "folder", "folder/", "folder/.", ""])
def test_a_folder_is_no_checkpoint(text_path, capsys, out):
    Path("folder").mkdir()
    for options in ([], ["--overwrite"], ["--resume"]):
        assert "is a folder" in failure(capsys, "train", text_path, *TINY, "--out", out, *options)
    assert not list(Path("folder").iterdir())


@pytest.mark.parametrize("name", ["x.training", "x.log.jsonl", "x.lock"])
def test_a_name_that_a_training_uses_itself_is_refused(text_path, capsys, name):
    assert "choose another --out" in failure(capsys, "train", text_path, "--out", name)


@pytest.mark.skipif(not Path("/dev/null").exists(), reason="no /dev/null")
def test_a_device_is_no_checkpoint(text_path, capsys):
    message = failure(capsys, "train", text_path, "--out", "/dev/null", "--overwrite")
    assert "not a plain file" in message
    assert Path("/dev/null").is_char_device()


@pytest.mark.parametrize("way", ["itself", "link", "hard link", "log"])
def test_the_text_is_never_written_over(text_path, capsys, small_text, way):
    out = {"itself": "small.txt", "link": "link", "hard link": "other", "log": "m"}[way]
    if way == "link":
        Path("link").symlink_to(text_path)
    elif way == "hard link":
        os.link(text_path, "other")
    elif way == "log":
        text_path = Path(text_path).rename("m.log.jsonl")
    for options in ([], ["--overwrite"]):
        message = failure(capsys, "train", text_path, *TINY, "--out", out, *options)
        assert "is read by this training" in message
    assert Path(text_path).read_text() == small_text


@pytest.mark.parametrize("name", ["m", "m.training", "m.log.jsonl", "m.lock"])
def test_a_file_of_another_kind_is_left_alone(text_path, capsys, name):
    Path(name).write_text("my diary\nof a year\n")
    for options in ([], ["--overwrite"]):
        message = failure(capsys, "train", text_path, *TINY, "--out", "m", "--steps", 1, *options)
        assert name in message and "--out" in message
    assert Path(name).read_text() == "my diary\nof a year\n"


def test_options_that_contradict_what_is_resumed_are_named(text_path, corpus, capsys):
    start(corpus, "m.safetensors")
    before = training.state_path("m.safetensors").read_bytes()
    message = failure(
        capsys, "train", text_path, "--out", "m.safetensors", "--resume", "--steps", 60,
        "--hidden-size", 64, "--kind", "gru", "--num-layers", 2, "--batch-size", 8,
        "--storage", "int8",
    )  # fmt: skip
    for part in (
        "--steps 60 (it has 40)",
        "--hidden-size 64 (it has 8)",
        "--kind gru (it has lstm)",
        "--num-layers 2 (it has 1)",
        "--storage int8 (it has float32)",
    ):
        assert part in message
    assert "--batch-size" not in message, "that one is the same"
    assert "--num-layers 2 (it has 1), --steps 60 (it has 40) and --storage int8" in message
    assert training.state_path("m.safetensors").read_bytes() == before
    with pytest.raises(TrainingError, match=r"--learning-rate 0.5 \(it has"):
        finish(corpus, "m.safetensors", replace(QUICK, learning_rate=0.5), resume=True)


def test_a_resume_says_what_it_goes_on_with(text_path, corpus, capsys):
    start(corpus, "m.safetensors", points=2)
    assert main(["train", text_path, "--out", "m.safetensors", "--resume"]) == 0
    output = capsys.readouterr().out
    assert "going on at step 20 of 40" in output
    assert "lstm: 1 x 8 units" in output and "batches of 8 x 16" in output
    assert "small.txt: " in output and "counting" not in output
    assert checkpoints.load("m.safetensors").info["steps"] == 40


def test_what_there_is_to_resume_decides_the_sentence(text_path, corpus, capsys):
    arguments = ["train", text_path, *TINY, "--out", "m.safetensors", "--steps", 2]
    assert "no unfinished training" in failure(capsys, *arguments, "--resume")
    assert main([str(argument) for argument in arguments]) == 0
    assert "--continue-from m.safetensors" in failure(capsys, *arguments, "--resume")
    assert "finished checkpoint" in failure(capsys, *arguments)
    assert "give one of them" in failure(capsys, *arguments, "--resume", "--overwrite")


def test_a_resume_does_not_write_over_the_network_of_another(tmp_path, corpus):
    out, other = tmp_path / "m.safetensors", tmp_path / "other.safetensors"
    start(corpus, out)
    finish(corpus, other, replace(QUICK, steps=1))
    shutil.copy(other, out)
    with pytest.raises(TrainingError, match="network of another training"):
        finish(corpus, out, resume=True)
    assert out.read_bytes() == other.read_bytes()


def test_overwriting_keeps_the_old_network_until_there_is_a_new_one(tmp_path, corpus):
    out = tmp_path / "m.safetensors"
    finish(corpus, out, replace(QUICK, steps=3))
    old = out.read_bytes()
    config = replace(QUICK, validations=1)
    start(corpus, out, config=config, overwrite=True)
    assert out.read_bytes() == old
    finish(corpus, out, config, resume=True)
    assert checkpoints.load(out).info["steps"] == 40
    assert [step for step, *_ in logged(out)] == [10, 20, 30, 40]
    runs = {json.loads(line)["run"] for line in training.log_path(out).read_text().splitlines()}
    assert runs == {checkpoints.load(out).info["run"]}


# Two at a time


def test_two_trainings_to_one_output_do_not_meet(tmp_path, corpus):
    out = tmp_path / "m.safetensors"
    first = training.train(corpus, NETWORK, QUICK, out)
    next(first)
    for settings in ({}, {"resume": True}, {"overwrite": True}):
        with pytest.raises(TrainingError, match=f"process {os.getpid()} is training to"):
            training.train(corpus, NETWORK, QUICK, out, **settings)
    assert [point.step for point in first] == [20, 30, 40]
    assert "block_loss" in checkpoints.load(out).info
    assert not training.lock_path(out).exists()
    finish(corpus, out, overwrite=True)


def test_the_lock_of_a_dead_process_is_taken_over(tmp_path, corpus):
    out = tmp_path / "m.safetensors"
    training.lock_path(out).write_text("rnnbook train, process 1\n")  # it runs, and holds nothing
    finish(corpus, out)
    assert not training.lock_path(out).exists()


def test_a_lock_is_given_back_when_a_training_is_refused(tmp_path, corpus):
    out = tmp_path / "m.safetensors"
    with pytest.raises(TrainingError, match="no unfinished"):
        finish(corpus, out, resume=True)
    with pytest.raises(TextError, match="too short"):
        finish(corpus, out, replace(QUICK, seq_len=10_000))
    Lock(training.lock_path(out), out).release()
    assert not training.lock_path(out).exists()


def test_many_processes_ask_for_one_lock_and_one_gets_it(tmp_path):
    program = textwrap.dedent("""
        import sys, time
        from pathlib import Path
        from rnnbook.errors import TrainingError
        from rnnbook.training.lock import Lock
        try:
            lock = Lock(Path(sys.argv[1]), "x")
        except TrainingError:
            print("no", flush=True)
        else:
            print("yes", flush=True)
            sys.stdin.read()
    """)
    command = [sys.executable, "-c", program, str(tmp_path / "x.lock")]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    processes = [subprocess.Popen(command, **pipes) for _ in range(4)]
    answers = [process.stdout.readline().strip() for process in processes]
    for process in processes:
        process.communicate()
    assert sorted(answers) == ["no", "no", "no", "yes"]


# Disks


FULL = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def failing_from(number, error=FULL):
    """``write_atomically``, but the call of this number, and those after it, fail half-way."""
    calls = []

    def write(path, fill):
        calls.append(path)
        if len(calls) < number:
            return write_atomically(path, fill)

        def fill_half(temporary):
            fill(temporary)
            with temporary.open("rb+") as file:
                file.truncate(temporary.stat().st_size // 2)
            raise error

        return write_atomically(path, fill_half)

    return write


@pytest.mark.parametrize("number", range(1, 8))
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS])
def test_whichever_write_fails_the_training_goes_on_from_the_one_before(
    tmp_path, corpus, monkeypatch, number, code
):
    whole, out = tmp_path / "whole.safetensors", tmp_path / "m.safetensors"
    finish(corpus, whole)
    error = OSError(code, os.strerror(code))
    monkeypatch.setattr(outputs, "write_atomically", failing_from(number, error))
    with pytest.raises(CheckpointError, match=r"cannot save .*make room and go on with --resume"):
        finish(corpus, out)
    monkeypatch.undo()
    assert not list(tmp_path.glob(".*.tmp"))
    finish(corpus, out, resume=number > 1)  # of the first write nothing is left
    assert logged(out) == logged(whole)
    for name, array in checkpoints.load(whole).weights.items():
        np.testing.assert_array_equal(checkpoints.load(out).weights[name], array)


def test_a_training_does_without_a_log_that_cannot_be_written(tmp_path, corpus, capsys):
    out = tmp_path / "m.safetensors"
    session = training.open_session(corpus, NETWORK, QUICK, out)
    points = session.start()
    next(points)
    training.log_path(out).unlink()
    training.log_path(out).mkdir()
    assert next(points).step == 20
    assert "could not be written" in session.outputs.problem
    training.log_path(out).rmdir()
    assert [point.step for point in points] == [30, 40]
    assert session.outputs.problem == ""
    assert [step for step, *_ in logged(out)] == [20, 30, 40], "what waited is written then"


def test_half_a_line_in_the_log_does_not_stop_a_resume(tmp_path, corpus):
    whole, out = tmp_path / "whole.safetensors", tmp_path / "m.safetensors"
    finish(corpus, whole)
    start(corpus, out, points=2)
    with training.log_path(out).open("ab") as file:
        file.write(b'{"step": 99')
    assert [step for step, *_ in logged(out)] == [10, 20]
    finish(corpus, out, resume=True)
    assert logged(out) == logged(whole)


@pytest.mark.parametrize(
    "damage", [b"", b"\xff\xfe\x00", b"[" * 10_000, b'{"run": 3}\n', b"null\n"]
)
def test_a_log_of_any_kind_does_not_stop_a_resume(tmp_path, corpus, damage):
    out = tmp_path / "m.safetensors"
    start(corpus, out)
    training.log_path(out).write_bytes(damage)
    finish(corpus, out, resume=True)
    assert [step for step, *_ in logged(out)] == [10, 20, 30, 40]


def test_an_append_that_fails_leaves_no_half_line(tmp_path):
    resource = pytest.importorskip("resource")
    log = Log(tmp_path / "log", "a")
    log.append(training.Progress(1, 2, 0.5, 0.1, 10, 1.0))
    before = log.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        log.append(training.Progress(2, 2, 0.5, 0.1, 10, 1.0))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert log.problem and log.path.read_bytes() == before
    log.append(training.Progress(3, 3, 0.5, 0.1, 10, 1.0))
    assert not log.problem
    assert [point.step for point in training.read_log(log.path)] == [1, 2, 3]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
def test_a_full_device_is_a_problem_of_the_log_only():
    log = Log(Path("/dev/full"), "a")
    log.append(training.Progress(1, 2, 0.5, 0.1, 10, 1.0))
    assert "No space" in log.problem


def test_the_lines_of_other_runs_stay(tmp_path):
    path = tmp_path / "log"
    point = training.Progress(1, 2, 0.5, 0.1, 10, 1.0)
    for run in ("old", "mine", "other"):
        Log(path, run).append(point)
    Log(path, "mine").restore(0, [], {"old"})
    assert [json.loads(line)["run"] for line in path.read_text().splitlines()] == ["other"]


def test_a_folder_that_vanishes_is_made_again(tmp_path, corpus):
    whole, out = tmp_path / "whole.safetensors", tmp_path / "runs" / "m.safetensors"
    finish(corpus, whole)
    out.parent.mkdir()
    points = training.train(corpus, NETWORK, QUICK, out)
    next(points)
    shutil.rmtree(out.parent)
    assert [point.step for point in points] == [20, 30, 40]
    for name, array in checkpoints.load(whole).weights.items():
        np.testing.assert_array_equal(checkpoints.load(out).weights[name], array)
    assert [step for step, *_ in logged(out)] == [10, 20, 30, 40]
    assert sorted(path.name for path in out.parent.iterdir()) == [out.name, f"{out.name}.log.jsonl"]


def test_what_killed_processes_left_is_cleared_and_nothing_else(tmp_path, corpus):
    out = tmp_path / "m.safetensors"
    mine = tmp_path / ".m.safetensors.training.abcd_123.tmp"
    others = [tmp_path / ".m.safetensors.tmp", tmp_path / ".n.safetensors.abcdefgh.tmp"]
    for path in (mine, *others):
        path.write_text("x")
    finish(corpus, out)
    assert not mine.exists() and all(path.exists() for path in others)


@pytest.mark.parametrize("content", [b"nonsense", b""])
def test_a_damaged_state_is_one_sentence(tmp_path, corpus, content):
    out = tmp_path / "m.safetensors"
    training.state_path(out).write_bytes(content)
    for settings in ({"resume": True}, {"overwrite": True}):
        with pytest.raises(CheckpointError, match="not an unfinished training"):
            finish(corpus, out, **settings)
    assert training.state_path(out).read_bytes() == content


def test_a_state_of_another_network_is_one_sentence(tmp_path, corpus):
    from safetensors import safe_open
    from safetensors.numpy import save_file

    out = tmp_path / "m.safetensors"
    start(corpus, out)
    with safe_open(training.state_path(out), framework="np") as file:
        arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        metadata = file.metadata()
    name = next(name for name in arrays if name.startswith("model/"))
    save_file({**arrays, name: arrays[name][:1]}, training.state_path(out), metadata)
    with pytest.raises(CheckpointError, match="not an unfinished training"):
        finish(corpus, out, resume=True)
    run = json.loads(metadata["rnnbook-training"])
    run["model_config"]["num_layers"] = 10**9
    for text in (json.dumps(run), "[" * 100_000 + "]" * 100_000, "[]"):
        save_file(arrays, training.state_path(out), {**metadata, "rnnbook-training": text})
        with pytest.raises(CheckpointError, match="not an unfinished training"):
            finish(corpus, out, resume=True)


def test_a_link_leads_to_the_file_that_is_written(tmp_path, corpus):
    (tmp_path / "disk").mkdir()
    out = tmp_path / "m.safetensors"
    out.symlink_to(tmp_path / "disk" / "real.safetensors")
    finish(corpus, out, replace(QUICK, steps=1))
    assert out.is_symlink()
    assert checkpoints.load(tmp_path / "disk" / "real.safetensors").info["steps"] == 1
