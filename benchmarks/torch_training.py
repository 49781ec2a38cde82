"""How fast a network learns in PyTorch: ``python benchmarks/torch_training.py``.

Thousand characters a second of whole training steps. The *tutorial* is the loop that most
tutorials write: ``nn.LSTM`` with its embedding, cross-entropy, ``backward`` and Adam, with the
threads that PyTorch chooses; in float32, and under bfloat16 autocast, which stands empty on a
processor for which oneDNN has no such LSTM (one without AVX-512). *JAX* is a scan over the
steps under ``jit``, with the same loss and Adam; it is left out unless ``--jax PYTHON`` names an
interpreter that has it. *Before* is the trainer of this package at a commit, with Muon: ``git
archive`` unpacks it into a temporary folder. The rest is the trainer as it stands, with Adam
and with Muon, in the arithmetic that it chooses here and in float32.

Every column has a process of its own and they take turns; the tables give medians. The second
table counts the time of the processor, not that of the clock: characters a second of all cores,
if every core were at work all the time. Where others compute at the same time, only that can be
compared. Last come ratios, the optimiser's share of a step, and the load of the machine.

Prints tables and writes ``benchmarks/results/torch_training.json``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

V, E = 65, 64
CASES = (  # kind, H, L, B, T
    ("lstm", 384, 1, 64, 64),
    ("lstm", 768, 1, 64, 64),
    ("lstm", 1024, 1, 64, 64),
    ("lstm", 128, 1, 64, 64),
    ("lstm", 256, 1, 64, 64),
    ("lstm", 384, 2, 64, 64),
    ("gru", 384, 1, 64, 64),
    ("rnn", 384, 1, 64, 64),
)
MAIN = 3  # so many cases have all columns, and ratios
BEFORE = "a5f4054"
CHARACTERS = 16_000  # about as many are trained on in one measurement

Rates = tuple[float, float]  # by the clock, and by the time of the processor
NO_BFLOAT16 = "could not create a primitive descriptor"  # what PyTorch raises then
Measured = dict[str, dict[str, list[Rates]]]  # by case, by column, of every round


def tutorial(case, autocast: bool) -> Rates | None:
    """``nn.LSTM`` as it comes: characters a second. None where autocast cannot run it."""
    import torch
    from torch import nn

    kind, hidden, layers, batch, length = case
    torch.manual_seed(0)
    recurrent = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}[kind]
    embedding, network = nn.Embedding(V, E), recurrent(E, hidden, layers, batch_first=True)
    output = nn.Linear(hidden, V)
    parameters = [p for module in (embedding, network, output) for p in module.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=1e-3)
    ids = torch.randint(V, (batch, length))

    def step() -> None:
        with torch.autocast("cpu", torch.bfloat16, enabled=autocast):
            logits = output(network(embedding(ids))[0])
        loss = nn.functional.cross_entropy(logits.float().flatten(0, 1), ids.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    try:
        return rate(step, batch * length)
    except RuntimeError as error:
        if not autocast or NO_BFLOAT16 not in str(error):
            raise
        return None


def jax_scan(case) -> Rates:
    """A scan under ``jit`` with Adam written out: characters a second. LSTM of one layer only."""
    import jax
    import jax.numpy as jnp

    _, hidden, _, batch, length = case
    keys = jax.random.split(jax.random.PRNGKey(0), 5)
    shapes = ((V, E), (E, 4 * hidden), (hidden, 4 * hidden), (hidden, V))
    weights = [
        0.05 * jax.random.normal(key, shape) for key, shape in zip(keys, shapes, strict=False)
    ]
    weights += [jnp.zeros(4 * hidden), jnp.zeros(V)]
    ids = jax.random.randint(keys[4], (length, batch), 0, V)

    def loss(weights):
        embedding, W_xh, W_hh, W_hy, b_h, b_y = weights
        inputs = embedding[ids] @ W_xh + b_h  # (T, B, 4H)

        def cell(state, x):
            h, c = state
            i, f, g, o = jnp.split(x + h @ W_hh, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            h = jax.nn.sigmoid(o) * jnp.tanh(c)
            return (h, c), h

        zeros = jnp.zeros((batch, hidden))
        _, h = jax.lax.scan(cell, (zeros, zeros), inputs)
        log_probs = jax.nn.log_softmax(h @ W_hy + b_y)
        return -jnp.take_along_axis(log_probs, ids[:, :, None], axis=2).mean()

    @jax.jit
    def update(weights, first, second):
        gradients = jax.grad(loss)(weights)
        first = [0.9 * m + 0.1 * g for m, g in zip(first, gradients, strict=True)]
        second = [0.99 * v + 0.01 * g * g for v, g in zip(second, gradients, strict=True)]
        moved = [
            w - 1e-3 * m / (jnp.sqrt(v) + 1e-8)
            for w, m, v in zip(weights, first, second, strict=True)
        ]
        return moved, first, second

    state = [weights, [0 * w for w in weights], [0 * w for w in weights]]

    def step() -> None:
        state[:] = update(*state)
        jax.block_until_ready(state)

    return rate(step, batch * length)


def ours(case, optimizer: str, precision: str | None) -> Rates:
    """The package's trainer, or that of before: characters a second."""
    trainer = _trainer(case, optimizer, precision)
    result = rate(lambda: trainer.train_step(1e-3), case[3] * case[4])
    trainer.close()
    return result


def muon_share(case) -> Rates:
    """What part of a step of the trainer its optimiser takes, by the clock and the processor."""
    trainer = _trainer(case, "muon", "auto")
    spent, update = [0.0, 0.0], trainer._update

    def timed(*arguments) -> None:
        clock, processor = time.perf_counter(), time.process_time()
        update(*arguments)
        spent[0] += time.perf_counter() - clock
        spent[1] += time.process_time() - processor

    trainer.train_step(1e-3)
    trainer._update = timed
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(4):
        trainer.train_step(1e-3)
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    trainer.close()
    return spent[0] / clock, spent[1] / processor


def _trainer(case, optimizer: str, precision: str | None):
    """A trainer; ``precision`` is None for the package of before, which had no choice."""
    import numpy as np

    from rnnbook.recurrent import ModelConfig
    from rnnbook.text import Vocab
    from rnnbook.training import TrainingConfig

    if precision is None:
        from rnnbook.torch_training import Trainer
    else:
        from rnnbook.training.trainer import Trainer
    kind, hidden, layers, batch, length = case
    arithmetic = {} if precision is None else {"precision": precision}
    config = TrainingConfig(
        steps=1, batch_size=batch, seq_len=length, optimizer=optimizer, **arithmetic
    )
    vocab = Vocab([chr(33 + char_id) for char_id in range(V)])
    ids = np.random.default_rng(0).integers(V, size=400_000)
    return Trainer(vocab, ModelConfig(kind, hidden, layers, E), config, ids)


def rate(step, characters: int) -> Rates:
    """Characters a second of a function that reads so many: by the clock, by the processor."""
    step()
    steps = max(2, CHARACTERS // characters)
    clock, processor = time.perf_counter(), time.process_time()
    for _ in range(steps):
        step()
    clock, processor = time.perf_counter() - clock, time.process_time() - processor
    return steps * characters / clock, steps * characters * (os.cpu_count() or 1) / processor


COLUMNS = {  # what each process computes
    "nn.LSTM": lambda case: tutorial(case, False),
    "nn.LSTM, bfloat16": lambda case: tutorial(case, True),
    "JAX": jax_scan,
    "before, Muon": lambda case: ours(case, "muon", None),
    "Adam": lambda case: ours(case, "adamw", "auto"),
    "Muon": lambda case: ours(case, "muon", "auto"),
    "Muon, float32": lambda case: ours(case, "muon", "float32"),
    "share": muon_share,
}


def work(column: str, columns=COLUMNS) -> None:
    """The process of a column: a case a line comes in, its number goes out."""
    for line in sys.stdin:
        print(json.dumps(columns[column](tuple(json.loads(line)))), flush=True)


class Column:
    """A process that measures the cases of one column."""

    def __init__(self, name: str, python: str | None, path: str | None, program: str = __file__):
        environment = dict(os.environ)
        if path:
            environment["PYTHONPATH"] = path
        environment.setdefault("GOMP_SPINCOUNT", "10000")  # as the command line sets both
        if not name.startswith("nn") and name != "JAX":
            environment["OMP_NUM_THREADS"] = "1"
        command = [python or sys.executable, program, "--worker", name]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment
        )

    def measure(self, case) -> Rates | None:
        assert self._process.stdin and self._process.stdout
        print(json.dumps(case), file=self._process.stdin, flush=True)
        found = json.loads(self._process.stdout.readline())
        return found and (found[0], found[1])

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def measured(options: argparse.Namespace) -> Measured:
    """Every case's rates by column, of all rounds."""
    found: Measured = {}
    with tempfile.TemporaryDirectory() as folder:
        archive = subprocess.run(
            ["git", "archive", BEFORE, "rnnbook"], cwd=Path(__file__).parent.parent,
            check=True, capture_output=True,
        )  # fmt: skip
        subprocess.run(["tar", "-x", "-C", folder], input=archive.stdout, check=True)
        columns = {}
        for name in COLUMNS:
            if name != "JAX" or options.jax:
                python = options.jax if name == "JAX" else sys.executable
                path = folder if name.startswith("before") else str(Path(__file__).parent.parent)
                columns[name] = Column(name, python, path)
        for number, case in enumerate(CASES[: options.cases]):
            name = "{} {}x{}, B {}, T {}".format(case[0], case[2], case[1], *case[3:])
            for _ in range(options.rounds):
                for column, process in columns.items():
                    if number < MAIN or column not in ("JAX", "share"):
                        rates = process.measure(case)
                        if rates is not None:
                            found.setdefault(name, {}).setdefault(column, []).append(rates)
            print(name, "done", flush=True)
        for process in columns.values():
            process.close()
    return found


def ratios(rates: dict[str, float]) -> dict[str, float]:
    """What the trainer's speed is measured against, as far as that runs on this processor."""
    compared = {
        "Muon over before": ("Muon", "before, Muon"),
        "Muon over nn.LSTM, bfloat16": ("Muon", "nn.LSTM, bfloat16"),
        "Adam over nn.LSTM, bfloat16": ("Adam", "nn.LSTM, bfloat16"),
        "Muon over nn.LSTM, both float32": ("Muon, float32", "nn.LSTM"),
    }
    return {
        name: rates[ours] / rates[theirs]
        for name, (ours, theirs) in compared.items()
        if theirs in rates
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first of them")
    parser.add_argument("--jax", metavar="PYTHON", help="an interpreter that has JAX")
    parser.add_argument("--worker", choices=tuple(COLUMNS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        work(options.worker)
        return
    from _common import provenance, table, write_json

    load = [os.getloadavg()[0]]
    found = measured(options)
    load.append(os.getloadavg()[0])
    content = {"load": load}
    for index, kind in enumerate(("clock", "processor")):
        content[kind] = summary(found, index)
        for header, rows in tables(content[kind]):
            print(f"\nby the {kind}")
            print(table(header, rows))
    print(f"\nload at the start {load[0]:.1f}, at the end {load[1]:.1f}, {os.cpu_count()} cores")
    about = provenance(rounds=options.rounds, before=BEFORE, **content)
    about["command"] = "python benchmarks/torch_training.py"
    write_json("torch_training", about)


def summary(found: Measured, index: int) -> dict[str, dict[str, dict[str, float]]]:
    """The medians by one of the two times, the ratios, and the shares."""
    rates = {
        name: {column: median(pair[index] for pair in pairs) for column, pairs in columns.items()}
        for name, columns in found.items()
    }
    shares = {name: columns.pop("share") for name, columns in rates.items() if "share" in columns}
    compared = {name: ratios(columns) for name, columns in rates.items()}
    for name, share in shares.items():
        compared[name]["optimiser's share"] = share
    return {"chars_per_second": rates, "ratios": compared}


def tables(content):
    """The two tables of a summary: headers and rows."""
    for name, digits, unit in (("chars_per_second", 1, 1e3), ("ratios", 2, 1.0)):
        columns = list(next(iter(content[name].values())))
        what = "thousand characters a second" if unit == 1e3 else "ratios"
        yield (
            (what, *columns),
            [
                (case, *(f"{row[c] / unit:.{digits}f}" if c in row else "" for c in columns))
                for case, row in content[name].items()
            ],
        )


if __name__ == "__main__":
    main()
