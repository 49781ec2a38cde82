"""What a training step costs: ``python benchmarks/cost.py``.

The time of one step of the package's trainer (LSTM, Adam, a worker a core) while
the sequence length, the hidden size, or the batch grows and the rest stays; and the
exponent of each, the slope of a line through the logarithms. An exponent of 1 says
that twice as much takes twice as long. Beside it the exponent of the multiplications
that the step needs by the book.

Prints a table and writes ``benchmarks/results/cost.json``.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import median

os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from _common import provenance, table, write_json

from rnnbook.recurrent import ModelConfig, count_parameters
from rnnbook.text import Vocab
from rnnbook.training import TrainingConfig
from rnnbook.training.trainer import Trainer

V, E = 65, 64
START = {"sequence length": 32, "hidden size": 256, "batch": 32}
GROWTH = {
    "sequence length": (8, 16, 32, 64, 128, 256),
    "hidden size": (64, 128, 256, 384, 512, 768),
    "batch": (4, 8, 16, 32, 64, 128),
}


def trainer(sizes: dict[str, int]) -> Trainer:
    config = TrainingConfig(
        steps=1, seq_len=sizes["sequence length"], batch_size=sizes["batch"], optimizer="adamw"
    )
    network = ModelConfig("lstm", sizes["hidden size"], 1, E)
    ids = np.random.default_rng(0).integers(V, size=200_000)
    return Trainer(Vocab([chr(33 + i) for i in range(V)]), network, config, ids)


def seconds_a_step(sizes: dict[str, int], at_least: float) -> float:
    """The median time of a step, over enough steps to fill ``at_least`` seconds."""
    one = trainer(sizes)
    one.train_step(1e-3)
    times: list[float] = []
    while sum(times) < at_least or len(times) < 5:
        start = time.perf_counter()
        one.train_step(1e-3)
        times.append(time.perf_counter() - start)
    one.close()
    return median(times)


def exponent(x, y) -> float:
    return float(np.polyfit(np.log(x), np.log(y), 1)[0])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seconds", type=float, default=1.0, help="of measuring each size")
    options = parser.parse_args()
    results, rows = {}, []
    for what, values in GROWTH.items():
        settings = [{**START, what: value} for value in values]
        times = [seconds_a_step(sizes, options.seconds) for sizes in settings]
        work = [
            count_parameters(ModelConfig("lstm", s["hidden size"], 1, E), V)
            * s["batch"] * s["sequence length"]
            for s in settings
        ]  # fmt: skip
        results[what] = {
            "values": values,
            "seconds": times,
            "exponent": exponent(values, times),
            "exponent of the work": exponent(values, work),
        }
        rows += [(f"{what} {v}", f"{t * 1e3:.1f}") for v, t in zip(values, times, strict=True)]
        found = results[what]
        rows.append((f"{what}: exponent", f"{found['exponent']:.2f}"))
        rows.append(("  of the multiplications", f"{found['exponent of the work']:.2f}"))
    print(table(("one step", "ms"), rows))
    write_json("cost", provenance(start=START, results=results))


if __name__ == "__main__":
    main()
