"""Signals, any number in any order: one save, one sentence, no traceback."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import pytest

from rnnbook import checkpoints, corpora, training
from rnnbook.recurrent import ModelConfig
from rnnbook.training import Interrupts, TrainingConfig
from rnnbook.training.interrupts import ENDING

INT, TERM, HUP = signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)
NETWORK = ModelConfig("lstm", hidden_size=8, num_layers=1, embedding_size=4)
QUICK = TrainingConfig(
    minutes=None, steps=40, batch_size=8, seq_len=16, warmup_steps=5, validations=4
)


@pytest.fixture
def text_path(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return path


def command(text_path, out, *options):
    return [
        sys.executable, "-m", "rnnbook", "train", str(text_path), "--out", str(out),
        "--steps", "2000000", "--hidden-size", "8", "--batch-size", "8", "--seq-len", "16",
        "--validations", "20000", "--device", "cpu", "--quiet", *options,
    ]  # fmt: skip


def started(words, **settings):
    settings = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, **settings}
    return subprocess.Popen(words, **settings)


def wait_for(condition):
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def send(process, signals, gap):
    for number in signals:
        if process.poll() is None:
            process.send_signal(number)
        time.sleep(gap)


def signal_of(process):
    """The signal that a process tells it ended by: of its own will, or at its very end by force."""
    return process.returncode - 128 if process.returncode > 0 else -process.returncode


@pytest.mark.slow
@pytest.mark.parametrize(
    ("signals", "gap"),
    [
        ([INT], 0),
        ([INT, INT], 0.003),
        ([INT, INT], 0.03),
        ([INT, TERM], 0.06),
        ([TERM, HUP, INT], 0.0),
        ([HUP, INT, INT], 0.1),
        ([INT] * 30, 0.003),
    ],
)
def test_any_signals_save_once_and_what_was_saved_goes_on(tmp_path, text_path, signals, gap):
    out = tmp_path / "m.safetensors"
    process = started(command(text_path, out))
    wait_for(out.exists)  # it has validated once
    send(process, signals, gap)
    output, errors = process.communicate(timeout=60)
    assert signal_of(process) in signals  # those that wait together come in any order
    assert errors == ""
    assert output.count("stopped and saved; go on with the same command and --resume") == 1
    run, _ = training.read_state(training.state_path(out))
    points = training.read_log(training.log_path(out))
    assert run.step >= points[-1].step > run.step - 10
    assert run.id == checkpoints.load(out).info["run"]
    assert not training.lock_path(out).exists()
    assert not list(tmp_path.glob(".*"))


@pytest.mark.slow
@pytest.mark.parametrize("signals", [[INT], [INT, INT, INT], [TERM, INT]])
@pytest.mark.parametrize("after", [0.0, 0.4, 0.8])
def test_while_torch_loads_nothing_is_lost_and_nothing_is_said_of_a_state(
    tmp_path, text_path, signals, after
):
    out = tmp_path / "m.safetensors"
    process = started(command(text_path, out, "--steps", "1000000000"))
    assert process.stdout.readline().startswith("small.txt:")
    time.sleep(after)  # a moment while it loads; on a fast machine it may be over by then
    send(process, signals, 0.01)
    output, errors = process.communicate(timeout=60)
    assert signal_of(process) in signals
    assert errors == ""
    said = "stopped and saved" if training.state_path(out).exists() else "there is nothing to save"
    assert output.count("stopped") == 1 and said in output
    assert not training.lock_path(out).exists()


@pytest.mark.slow
def test_what_was_told_to_ignore_a_hang_up_ignores_it(tmp_path, text_path):
    out = tmp_path / "m.safetensors"
    ignoring = "import signal, runpy, sys; signal.signal(signal.SIGHUP, signal.SIG_IGN); "
    ignoring += "sys.argv = sys.argv[1:]; runpy.run_module('rnnbook', run_name='__main__')"
    words = command(text_path, out)
    process = started([sys.executable, "-c", ignoring, *words[2:]])
    wait_for(out.exists)
    process.send_signal(HUP)
    before = training.log_path(out).stat().st_size
    wait_for(lambda: training.log_path(out).stat().st_size > before + 1000)
    process.send_signal(TERM)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 128 + TERM and errors == "" and "stopped and saved" in output


# The library, by itself


class Left(Exception):
    pass


def leave(number):
    raise Left(number)


def test_what_is_held_back_is_noted_and_the_first_counts():
    interrupts = Interrupts(leave, ENDING)
    interrupts.install()
    try:
        with interrupts.held():
            for number in (TERM, INT, TERM, INT):
                signal.raise_signal(number)
            assert interrupts.received == TERM
            with pytest.raises(Left), interrupts.exposed():
                raise AssertionError("never reached")
            signal.raise_signal(INT)
        signal.raise_signal(INT)  # one request is enough
    finally:
        interrupts.uninstall()
    assert signal.getsignal(INT) is signal.default_int_handler


def test_where_nothing_is_held_back_a_signal_leaves_at_once():
    interrupts = Interrupts(leave)
    with interrupts.held(), pytest.raises(Left), interrupts.exposed():
        signal.raise_signal(INT)
    assert interrupts.received == INT
    assert signal.getsignal(INT) is signal.default_int_handler


def test_the_handlers_are_those_of_before_whatever_happens():
    with pytest.raises(ValueError, match="x"), Interrupts().held():
        assert signal.getsignal(INT) is not signal.default_int_handler
        raise ValueError("x")
    assert signal.getsignal(INT) is signal.default_int_handler


def test_an_interrupt_of_a_step_lets_the_step_end_and_saves(tmp_path, text_path, monkeypatch):
    from rnnbook.training.trainer import Trainer

    corpus, outs = corpora.load(text_path), [tmp_path / name for name in ("whole", "torn")]
    list(training.train(corpus, NETWORK, QUICK, outs[0]))
    update = Trainer._update

    def interrupted(self, shares, rate):
        if self.step == 24:
            signal.raise_signal(INT)  # in the middle of a step
        update(self, shares, rate)

    monkeypatch.setattr(Trainer, "_update", interrupted)
    with pytest.raises(KeyboardInterrupt):
        list(training.train(corpus, NETWORK, QUICK, outs[1]))
    monkeypatch.undo()
    assert training.read_state(training.state_path(outs[1]))[0].step == 25
    assert not training.lock_path(outs[1]).exists()
    list(training.train(corpus, NETWORK, QUICK, outs[1], resume=True))
    logs = [training.read_log(training.log_path(out)) for out in outs]
    assert [(p.step, p.loss, p.validation_loss) for p in logs[0]] == [
        (p.step, p.loss, p.validation_loss) for p in logs[1]
    ]


@pytest.mark.parametrize("where", ["best_order", "evaluate_blocks"])
def test_an_interrupt_where_there_is_nothing_to_save_is_immediate(
    tmp_path, text_path, monkeypatch, where
):
    from rnnbook.training import session
    from rnnbook.training.trainer import Trainer

    def interrupted(*arguments, **settings):
        signal.raise_signal(INT)
        raise AssertionError("never reached")

    monkeypatch.setattr(session if where == "best_order" else Trainer, where, interrupted)
    out = tmp_path / "m.safetensors"
    with pytest.raises(KeyboardInterrupt):
        list(training.train(corpora.load(text_path), NETWORK, QUICK, out))
    monkeypatch.undo()
    assert training.state_path(out).exists() == (where == "evaluate_blocks")
    if where == "evaluate_blocks":
        list(training.train(corpora.load(text_path), NETWORK, QUICK, out, resume=True))
        assert "block_loss" in checkpoints.load(out).info


def test_outside_the_main_thread_nothing_is_installed(tmp_path, text_path):
    import threading

    out, ended = tmp_path / "m.safetensors", []

    def work():
        ended.extend(training.train(corpora.load(text_path), NETWORK, QUICK, out))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert ended[-1].step == 40
