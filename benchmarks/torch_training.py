"""How fast a network learns in PyTorch: ``python benchmarks/torch_training.py``.

Thousand characters a second of whole training steps: the package's trainer, with
one worker and with one a core, beside the loop that a tutorial writes (``nn.LSTM``
with its embedding, cross-entropy, ``backward`` and Adam, with the threads that
PyTorch chooses). The optimiser is Adam in all of them, so that they do the same
work; what Muon adds stands in the last column. They take turns; the table gives
medians. Last, the time of the step's product in bfloat16 over that in float32: above
1, bfloat16 does not help on this processor, and the trainer leaves it alone.

Prints a table and writes ``benchmarks/results/torch_training.json``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from concurrent.futures import ProcessPoolExecutor
from statistics import median

from _common import provenance, table, write_json

V, E = 65, 64
CASES = (  # kind, H, L, B, T
    ("lstm", 128, 1, 64, 64),
    ("lstm", 256, 1, 64, 64),
    ("lstm", 384, 1, 32, 64),
    ("lstm", 384, 1, 64, 32),
    ("lstm", 384, 1, 64, 64),
    ("lstm", 384, 1, 128, 64),
    ("lstm", 384, 2, 64, 64),
    ("lstm", 512, 1, 64, 64),
    ("gru", 384, 1, 64, 64),
    ("rnn", 384, 1, 64, 64),
)
CHARACTERS = 40_000  # about as many are trained on in one measurement


def tutorial(case) -> float:
    """``nn.LSTM`` as it comes: characters a second."""
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
        logits = output(network(embedding(ids))[0])
        loss = nn.functional.cross_entropy(logits.flatten(0, 1), ids.flatten())
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()

    return rate(step, batch * length)


def ours(case, optimizer: str, workers: int) -> float:
    """The package's trainer: characters a second."""
    import numpy as np

    from rnnbook.recurrent import ModelConfig
    from rnnbook.text import Vocab
    from rnnbook.training import TrainingConfig
    from rnnbook.training import trainer as engine

    kind, hidden, layers, batch, length = case
    engine._ROWS_A_WORKER = -(-batch // workers)
    config = TrainingConfig(steps=1, batch_size=batch, seq_len=length, optimizer=optimizer)
    vocab = Vocab([chr(33 + char_id) for char_id in range(V)])
    ids = np.random.default_rng(0).integers(V, size=400_000)
    network = ModelConfig(kind, hidden, layers, E)
    trainer = engine.Trainer(vocab, network, config, ids)
    result = rate(lambda: trainer.train_step(1e-3), batch * length)
    trainer.close()
    return result


def bfloat16_cost() -> float:
    """How long 64 x 384 times 384 x 1536 takes in bfloat16, over float32."""
    import torch

    seconds = []
    for dtype in (torch.bfloat16, torch.float32):
        a, b = torch.ones(64, 384, dtype=dtype), torch.ones(384, 1536, dtype=dtype)
        a @ b
        start = time.perf_counter()
        for _ in range(50):
            a @ b
        seconds.append(time.perf_counter() - start)
    return seconds[0] / seconds[1]


def rate(step, characters: int) -> float:
    step()
    steps = max(2, CHARACTERS // characters)
    start = time.perf_counter()
    for _ in range(steps):
        step()
    return steps * characters / (time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    context, cores = multiprocessing.get_context("spawn"), os.cpu_count() or 1
    found: dict[str, dict[str, list[float]]] = {}
    with ProcessPoolExecutor(1, context) as theirs:
        theirs.submit(os.getpid).result()
        os.environ["OMP_NUM_THREADS"] = "1"  # as the command line sets it for its workers
        with ProcessPoolExecutor(1, context) as mine:
            cost = median(mine.submit(bfloat16_cost).result() for _ in range(5))
            for _ in range(options.rounds):
                for case in CASES:
                    rates = {
                        "tutorial": theirs.submit(tutorial, case).result(),
                        "1 worker": mine.submit(ours, case, "adamw", 1).result(),
                        f"{cores} workers": mine.submit(ours, case, "adamw", cores).result(),
                        "with Muon": mine.submit(ours, case, "muon", cores).result(),
                    }
                    name = "{} {}x{}, B {}, T {}".format(case[0], case[2], case[1], *case[3:])
                    for column, value in rates.items():
                        found.setdefault(name, {}).setdefault(column, []).append(value)
    medians = {name: {c: median(v) for c, v in rates.items()} for name, rates in found.items()}
    columns = list(next(iter(medians.values())))
    rows = []
    for name, rates in medians.items():
        ratio = rates[columns[2]] / rates["tutorial"]
        rows.append((name, *(f"{rates[c] / 1e3:.1f}" for c in columns), f"{ratio:.2f}"))
    print(table(("thousand characters a second", *columns, "ratio"), rows))
    print(f"a product in bfloat16 takes {cost:.1f} times as long as in float32")
    content = {"chars_per_second": medians, "bfloat16_over_float32": cost}
    write_json("torch_training", provenance(rounds=options.rounds, **content))


if __name__ == "__main__":
    main()
