"""Muon against Adam: ``python benchmarks/optimizers.py tinyshakespeare.txt``.

An LSTM of 128 units reads the same million characters with either optimiser, at
three learning rates and with three seeds each. The last tenth of the training text
is held out and scored; the validation part of other benchmarks is never seen. The
time is that of the training steps, so that what Muon adds to a step counts.

Prints a table and writes ``benchmarks/results/optimizers.json``.
"""

from __future__ import annotations

import argparse
import os
import time
from statistics import mean, stdev

os.environ.setdefault("OMP_NUM_THREADS", "1")

from _common import provenance, table, write_json

from rnnbook import corpora
from rnnbook.recurrent import ModelConfig
from rnnbook.text import Vocab, split
from rnnbook.training import TrainingConfig, learning_rate_at
from rnnbook.training.trainer import Trainer

RATES = {"adamw": (2e-2, 4e-2, 8e-2), "muon": (2e-2, 4e-2, 8e-2)}
SEEDS = (0, 1, 2)
NETWORK = ModelConfig("lstm", 128, 1, 64)


def run(vocab, ids, optimizer: str, rate: float, seed: int, characters: int) -> dict:
    """Train on the given characters; the loss on what is held out, and the seconds."""
    train_ids, held_out = split(ids, 0.1)
    config = TrainingConfig(
        steps=characters // (64 * 32), seq_len=32, optimizer=optimizer, learning_rate=rate,
        seed=seed, dropout=0.1,
    )  # fmt: skip
    trainer, start = Trainer(vocab, NETWORK, config, train_ids), time.perf_counter()
    for step in range(config.steps):
        trainer.train_step(learning_rate_at(step, config.steps, config))
    seconds = time.perf_counter() - start
    loss = trainer.evaluate(held_out, trainer.averaged_weights()).nats
    trainer.close()
    return {"optimizer": optimizer, "learning_rate": rate, "seed": seed, "loss": loss,
            "seconds": seconds}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("corpus", help="a UTF-8 text file, or the name of a corpus")
    parser.add_argument("--characters", type=int, default=1_000_000, help="to train on")
    options = parser.parse_args()
    corpus = corpora.load(options.corpus)
    vocab = Vocab.from_text(corpus.text)
    ids, _ = split(vocab.encode(corpus.text), 0.1)
    runs, rows = [], []
    for optimizer, rates in RATES.items():
        for rate in rates:
            found = [run(vocab, ids, optimizer, rate, s, options.characters) for s in SEEDS]
            runs += found
            losses = [one["loss"] for one in found]
            seconds = mean(one["seconds"] for one in found)
            rows.append((optimizer, rate, f"{mean(losses):.4f}", f"{stdev(losses):.4f}",
                         f"{seconds:.1f}"))  # fmt: skip
    print(table(("optimizer", "rate", "loss", "spread of seeds", "seconds"), rows))
    write_json("optimizers", provenance(corpus=corpus.describe(), runs=runs))


if __name__ == "__main__":
    main()
