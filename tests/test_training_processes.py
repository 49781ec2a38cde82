"""Training in several processes, as torchrun starts them."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from rnnbook import checkpoints, training
from rnnbook.errors import TrainingError
from rnnbook.training.processes import Processes


def train(path, out, *options, processes=1):
    command = [sys.executable, "-m"]
    if processes > 1:
        command += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        command += ["-m"]
    command += ["rnnbook", "train", str(path), "--out", str(out), "--hidden-size", "16"]
    command += ["--steps", "60", "--batch-size", "32", "--seq-len", "16", "--device", "cpu"]
    command += ["--validations", "3", "--quiet", *options]
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


def test_a_batch_that_cannot_be_shared_out_is_refused():
    with pytest.raises(TrainingError, match="--batch-size that 3 divides"):
        Processes(0, 3).shares(32)
    assert [list(rows) for rows in Processes(1, 2).shares(4)] == [[0, 1], [2, 3]]
