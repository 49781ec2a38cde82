"""Training in several processes, as torchrun starts them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

import numpy as np
import pytest

from rnnbook import checkpoints, training
from rnnbook.errors import TrainingError
from rnnbook.training.processes import Processes

#: Steps that do not end, of which the first validation, with a checkpoint, comes soon.
MANY = ("--steps", "400000", "--validations", "4000")


def words(path, out, *options):
    return [
        "train", str(path), "--out", str(out), "--hidden-size", "16", "--steps", "60",
        "--batch-size", "32", "--seq-len", "16", "--device", "cpu", "--validations", "3",
        "--quiet", *options,
    ]  # fmt: skip


def train(path, out, *options, processes=1):
    command = [sys.executable, "-m"]
    if processes > 1:
        command += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        command += ["-m"]
    command += ["rnnbook", *words(path, out, *options)]
    return subprocess.run(command, capture_output=True, text=True, timeout=200)


@pytest.fixture
def text(tmp_path, small_text):
    path = tmp_path / "small.txt"
    path.write_text(small_text)
    return path


def test_two_processes_give_the_loss_of_one_with_the_same_batch(tmp_path, text):
    names, logs = {1: tmp_path / "one.safetensors", 2: tmp_path / "two.safetensors"}, {}
    for processes, out in names.items():
        result = train(text, out, "--dropout", "0", processes=processes)
        assert result.returncode == 0, result.stderr
        assert result.stdout.count("validation loss") == 1, "one process speaks"
        logs[processes] = training.read_log(training.log_path(out))
    for one, two in zip(logs[1], logs[2], strict=True):
        assert one.step == two.step
        assert two.loss == pytest.approx(one.loss, abs=1e-4)  # the sums come in another order
    one, two = (checkpoints.load(out) for out in names.values())
    for name, array in one.weights.items():
        np.testing.assert_allclose(two.weights[name], array, atol=1e-2)


@pytest.mark.slow
def test_processes_that_are_asked_to_stop_save_together(tmp_path, text):
    out = tmp_path / "model.safetensors"
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone"]
    command += ["--nproc-per-node", "2", "-m", "rnnbook", *words(text, out, *MANY)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        deadline = time.monotonic() + 200
        while not out.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGTERM)  # torchrun passes it on to all
        output, _ = process.communicate(timeout=100)
    assert output.decode().count("stopped and saved") == 1
    run, arrays = training.read_state(training.state_path(out))
    logged = training.read_log(training.log_path(out))[-1].step
    assert run.step == int(arrays["position"][0]) >= logged
    assert sum(name.startswith("masks/") for name in arrays) == 2, "of both processes"
    assert not training.lock_path(out).exists()


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(TrainingError, match="--batch-size that 3 divides"):
        Processes(0, 3).shares(32)
    assert [list(rows) for rows in Processes(1, 2).shares(4)] == [[0, 1], [2, 3]]
