"""Linear recurrences against the LSTM: ``python benchmarks/linear_training.py``.

Thousand characters a second of whole training steps, with the trainer of this package and Muon, in
float32 and in bfloat16: about as many parameters in every column, those of an LSTM of 384 units,
and as many characters a step in every row, in many short streams or in few long ones. All have one
layer, as the LSTM has, but for a minGRU of two. A step of the
LSTM waits for the one before it; what is computed of a linear recurrence's inputs does not, and
what is left is a multiplication and an addition a number. *Recurrence alone* is the part of the
minGRU that goes step by step, with its gates: its share of a step's time.

Every kind has a process of its own with all cores, and they take turns; the tables give medians,
by the clock and by the time of the processor, which is what can be compared on a machine that
computes something else, too. Prints tables and writes ``benchmarks/results/linear_training.json``.
"""

from __future__ import annotations

import argparse
import os
from statistics import median

from torch_training import V, rate

SHAPES = ((64, 64), (4, 1024), (16, 256), (1, 4096))  # B, T
CASES = tuple((*shape, precision) for shape in SHAPES for precision in ("float32", "bfloat16"))
KINDS = ("lstm", "mingru", "mingru, 2 layers", "minlstm", "lru", "s6", "rglru")
HIDDEN, E = 384, 64  # of the LSTM


def network(name: str):
    """A network of the kind with about as many parameters as the LSTM, of one layer or two."""
    from rnnbook.recurrent import ModelConfig, count_parameters

    if name == "lstm":
        return ModelConfig("lstm", HIDDEN, 1, E)
    kind, wanted = name.partition(",")[0], count_parameters(network("lstm"), V)
    layers = 2 if "2" in name else 1
    sizes = (ModelConfig(kind, size, layers, E) for size in range(128, 1024, 16))
    return min(sizes, key=lambda config: abs(count_parameters(config, V) - wanted))


def trainer(kind: str, batch: int, length: int, precision: str):
    """The package's trainer on characters drawn at random."""
    import numpy as np

    from rnnbook.text import Vocab
    from rnnbook.training import TrainingConfig
    from rnnbook.training.trainer import Trainer

    config = TrainingConfig(steps=1, batch_size=batch, seq_len=length, precision=precision)
    vocab = Vocab([chr(33 + char_id) for char_id in range(V)])
    ids = np.random.default_rng(0).integers(V, size=400_000)
    return Trainer(vocab, network(kind), config, ids)


def speed(kind: str, case: tuple[int, int, str]) -> tuple[float, float]:
    """Characters a second of training steps: by the clock, and by the time of the processor."""
    made = trainer(kind, *case)
    result = rate(lambda: made.train_step(1e-3), case[0] * case[1])
    made.close()
    return result


def scan_alone(case: tuple[int, int, str]) -> tuple[float, float]:
    """Characters a second of the recurrence of the minGRU of one layer, forward and back."""
    import torch

    from rnnbook.torch_networks.passes import Blend

    batch, length, _ = case
    hidden = network("mingru").hidden_size
    z, n = (torch.rand(length, batch, hidden, requires_grad=True) for _ in range(2))
    h_0, given = torch.zeros(batch, hidden), torch.rand(length, batch, hidden)

    def step() -> None:
        torch.autograd.grad(Blend.apply(z, n, h_0), (z, n), given)

    return rate(step, batch * length)


COLUMNS = {
    **{kind: (lambda case, kind=kind: speed(kind, case)) for kind in KINDS},
    "recurrence alone": scan_alone,
}


def measured(rounds: int, cases) -> dict[str, dict[str, list[tuple[float, float]]]]:
    """By case and column, the rates of every round."""
    from torch_training import Column

    found: dict[str, dict[str, list[tuple[float, float]]]] = {}
    columns = {name: Column(name, None, None, __file__) for name in COLUMNS}
    for case in cases:
        row = "B {}, T {}, {}".format(*case)
        of_case = found.setdefault(row, {name: [] for name in columns})
        for _ in range(rounds):
            for name, column in columns.items():
                of_case[name].append(column.measure(case))
        print(row, "done", flush=True)
    for column in columns.values():
        column.close()
    return found


def summary(found, index: int) -> dict[str, dict[str, float]]:
    """Medians by one of the two times, and how many times as fast as the LSTM each kind is."""
    rows = {}
    for case, columns in found.items():
        rates = {name: median(pair[index] for pair in pairs) for name, pairs in columns.items()}
        alone = rates.pop("recurrence alone")
        rows[case] = {
            **rates,
            **{f"{kind} over lstm": rates[kind] / rates["lstm"] for kind in KINDS[1:]},
            **({"recurrence's share": rates["mingru"] / alone} if index else {}),
        }
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first of them")
    parser.add_argument("--worker", choices=tuple(COLUMNS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.worker:
        from torch_training import work

        work(options.worker, COLUMNS)
        return
    from _common import provenance, table, write_json

    from rnnbook.recurrent import count_parameters

    load = [os.getloadavg()[0]]
    found = measured(options.rounds, CASES[: options.cases])
    load.append(os.getloadavg()[0])
    networks = {
        kind: {**network(kind).to_dict(), "parameters": count_parameters(network(kind), V)}
        for kind in KINDS
    }
    content = {"load": load, "networks": networks}
    for index, name in enumerate(("clock", "processor")):
        rows = content[name] = summary(found, index)
        print(f"\nby the {name}")
        print(table(("thousand characters a second", *KINDS),
                    [(case, *(f"{row[kind] / 1e3:.1f}" for kind in KINDS))
                     for case, row in rows.items()]))  # fmt: skip
        names = [key for key in next(iter(rows.values())) if key not in KINDS]
        print(table(("ratios", *names),
                    [(case, *(f"{row[key]:.2f}" for key in names))
                     for case, row in rows.items()]))  # fmt: skip
    print(f"\nload at the start {load[0]:.1f}, at the end {load[1]:.1f}, {os.cpu_count()} cores")
    about = provenance(rounds=options.rounds, **content)
    about["command"] = "python benchmarks/linear_training.py"
    write_json("linear_training", about)


if __name__ == "__main__":
    main()
