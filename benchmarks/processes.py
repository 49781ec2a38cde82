"""Threads and processes: ``python benchmarks/processes.py TEXT``.

The same training (LSTM of 384 units, batches of 64 x 64 characters) by one process
with one worker, by one process with a worker a core, and by ``torchrun`` with a
process a core. Characters a second are taken from the training's own log, from the
tenth step to the last, so that starting up does not count.

Prints a table and writes ``benchmarks/results/processes.json``.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from _common import provenance, table, write_json

from rnnbook import corpora, training

ONE_WORKER = """
import sys
from rnnbook.training import trainer
from rnnbook.cli import main
trainer._ROWS_A_WORKER = 10**6
sys.exit(main(sys.argv[1:]))
"""


def speed(start: list[str], text: Path, folder: Path, steps: int) -> float:
    """Characters a second of a training that is started in this way."""
    out = folder / "model.safetensors"
    command = [*start, "train", str(text), "--out", str(out), "--hidden-size", "384"]
    command += ["--steps", str(steps), "--validations", "1", "--quiet", "--overwrite"]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, env=environment)
    log = training.read_log(training.log_path(out))
    first = next(point for point in log if point.step == 10)
    last = [point for point in log if point.validation_loss is None][-1]
    return (last.characters - first.characters) / (last.seconds - first.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", help="a UTF-8 text file, or the name of a corpus")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--steps", type=int, default=61)
    options = parser.parse_args()
    cores = os.cpu_count() or 1
    ways = {
        "1 process, 1 worker": [sys.executable, "-c", ONE_WORKER],
        f"1 process, {cores} workers": [sys.executable, "-m", "rnnbook"],
        f"torchrun, {cores} processes": [
            sys.executable, "-m", "torch.distributed.run", "--standalone",
            "--nproc-per-node", str(cores), "-m", "rnnbook",
        ],
    }  # fmt: skip
    found: dict[str, list[float]] = {name: [] for name in ways}
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text.txt")
        text.write_text(corpora.load(options.corpus).text[:400_000], encoding="utf-8")
        for _ in range(options.rounds):
            for name, start in ways.items():
                found[name].append(speed(start, text, Path(folder), options.steps))
    base = median(found["1 process, 1 worker"])
    rows = [
        (name, f"{median(speeds):,.0f}", f"{median(speeds) / base:.2f}")
        for name, speeds in found.items()
    ]
    header = ("way", "characters a second", "speed-up")
    print(table(header, rows))
    write_json("processes", provenance(rounds=options.rounds, header=header, rows=rows))


if __name__ == "__main__":
    main()
