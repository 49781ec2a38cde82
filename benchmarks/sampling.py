"""How fast one character after the other is sampled: ``python benchmarks/sampling.py``.

LSTMs with a vocabulary of 65 and an embedding of 64. In float32: PyTorch as it comes,
with oneDNN off and with ``LSTMCell``, and the package's NumPy network by plain steps. In
float64, in which the package samples (see ``rnnbook.sampling``): PyTorch in buffers made once,
the NumPy network by ``sampling.generate`` and by ``sampling.sample``, and 32 streams side by
side. Each is measured with the threads that the libraries choose and with one, in
processes of their own. They take turns, round by round. The table gives medians over
the quieter half of the rounds, in which other programs used the cores least; ratios
are taken within a round.

The bound: a character needs the weights read once (``W_hh``, ``W_hy``, ``W_xh`` of the
upper layers, one row of the input table, the biases), in float64. So many bytes, divided by what
the fastest of several readers reads a second from a buffer of that very size, with as
many threads.

Prints a table and writes ``benchmarks/results/sampling.json``.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from _common import provenance, table, write_json
from torch import nn

from rnnbook import sampling
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import ModelConfig, weight_shapes
from rnnbook.text import Vocab

Case = tuple[int, int]  # H, L
CASES: tuple[Case, ...] = ((256, 1), (384, 1), (256, 2))
V, E, STREAMS, TEMPERATURE = 65, 64, 32, 0.8
THREADS = {"default": {}, "one": {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}}


@cache
def network(hidden_size: int, num_layers: int) -> NumpyModel:
    """A network with random weights, as large as trained ones are."""
    config, rng = ModelConfig("lstm", hidden_size, num_layers, E), np.random.default_rng(0)
    scale = 1.3 * hidden_size**-0.5
    weights = {
        name: rng.normal(scale=scale, size=shape).astype(np.float32)
        for name, shape in weight_shapes(config, V).items()
    }
    return NumpyModel(Vocab([chr(40 + char_id) for char_id in range(V)]), config, weights)


class Plain:
    """The NumPy network without its stepper: the plain loop over ``step``."""

    def __init__(self, model: NumpyModel):
        self.vocab, self.initial_state, self.step = model.vocab, model.initial_state, model.step


# --- PyTorch -----------------------------------------------------------------------


@contextmanager
def onednn(enabled: bool):
    before = torch.backends.mkldnn.enabled
    torch.backends.mkldnn.enabled = enabled
    try:
        yield
    finally:
        torch.backends.mkldnn.enabled = before


@cache
def lstm(case: Case) -> tuple[nn.Embedding, nn.LSTM, nn.Linear]:
    hidden, layers = case
    recurrent = nn.LSTM(E, hidden, layers, batch_first=True)
    return nn.Embedding(V, E), recurrent, nn.Linear(hidden, V)


@torch.no_grad()
def torch_steps(case: Case, length: int) -> None:
    """What a tutorial writes: ``nn.LSTM`` on one character, softmax, multinomial."""
    embedding, layers, output = lstm(case)
    char_id, state = torch.zeros((1, 1), dtype=torch.int64), None
    for _ in range(length):
        y, state = layers(embedding(char_id), state)
        probs = torch.softmax(output(y[:, -1]) / TEMPERATURE, dim=-1)
        char_id = torch.multinomial(probs, 1)


def torch_steps_without_onednn(case: Case, length: int) -> None:
    with onednn(False):
        torch_steps(case, length)


@cache
def lstm_cells(case: Case) -> list[nn.LSTMCell]:
    return [nn.LSTMCell(E if layer == 0 else case[0], case[0]) for layer in range(case[1])]


@torch.no_grad()
def torch_cells(case: Case, length: int) -> None:
    (embedding, _, output), cells = lstm(case), lstm_cells(case)
    char_id, states = torch.zeros(1, dtype=torch.int64), [None] * case[1]
    for _ in range(length):
        x = embedding(char_id)
        for layer, cell in enumerate(cells):
            states[layer] = cell(x, states[layer])
            x = states[layer][0]
        char_id = torch.multinomial(torch.softmax(output(x) / TEMPERATURE, dim=-1), 1)[:, 0]


class TorchStepper:
    """The ``Stepper`` of ``rnnbook.numpy_networks`` for the LSTM, by PyTorch and its ``out=``."""

    def __init__(self, model: NumpyModel, batch_size: int):
        table, folded = model._folded
        size = model.config.hidden_size
        self.table, self.layers, kind = torch.from_numpy(table), [], torch.float64
        for columns, b_up, _ in folded:
            h = torch.zeros(batch_size, size, dtype=kind)
            gates = torch.zeros(batch_size, 5 * size, dtype=kind)
            product = torch.zeros(batch_size, columns.shape[1], dtype=kind)
            W = torch.from_numpy(columns)  # (H, 4H + R)
            self.layers.append((W, torch.from_numpy(b_up), h, gates, product))

    def read(self, ids: torch.Tensor) -> torch.Tensor:
        """Ids (B,) -> logits (B, V)."""
        x = self.table[ids]
        for W, b_up, h, gates, product in self.layers:
            size = h.shape[1]
            torch.add(product[:, : 4 * size], x, out=gates[:, : 4 * size])
            gates[:, : 4 * size].tanh_()
            o_i_f, c = gates[:, : 3 * size], gates[:, 4 * size :]
            o_i_f.mul_(0.5).add_(0.5)
            products = gates[:, size : 3 * size] * gates[:, 3 * size :]  # i g and f c
            torch.add(products[:, :size], products[:, size:], out=c)
            torch.tanh(c, out=h)
            h.mul_(gates[:, :size])
            torch.mm(h, W, out=product)
            x = product[:, 4 * size :].add_(b_up)
        return x


@torch.inference_mode()
def torch_buffers(case: Case, length: int, batch_size: int = 1) -> None:
    stepper = TorchStepper(network(*case), batch_size)
    ids = torch.zeros(batch_size, dtype=torch.int64)
    for _ in range(length):
        probs = torch.softmax(stepper.read(ids) / TEMPERATURE, dim=-1)
        ids = torch.multinomial(probs, 1)[:, 0]


def torch_streams(case: Case, length: int) -> None:
    torch_buffers(case, length, STREAMS)


# --- NumPy -------------------------------------------------------------------------


def numpy_steps(case: Case, length: int) -> None:
    rng = np.random.default_rng(0)
    sampling.sample(Plain(network(*case)), "A", length, temperature=TEMPERATURE, rng=rng)


def numpy_sample(case: Case, length: int) -> None:
    rng = np.random.default_rng(0)
    sampling.sample(network(*case), "A", length, temperature=TEMPERATURE, rng=rng)


def numpy_generate(case: Case, length: int) -> None:
    rng = np.random.default_rng(0)
    for _ in sampling.generate(network(*case), "A", length, temperature=TEMPERATURE, rng=rng):
        pass


def numpy_streams(case: Case, length: int) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(STREAMS)]
    prompts = ["A"] * STREAMS
    sampling.sample_many(network(*case), prompts, length, temperature=TEMPERATURE, rngs=rngs)


# --- the bound ---------------------------------------------------------------------


def bytes_a_character(case: Case) -> int:
    hidden, layers = case
    matrices = (2 * layers - 1) * 4 * hidden * hidden + V * hidden
    vectors = layers * 4 * hidden + V  # a row of the table, the biases
    return 8 * (matrices + vectors)


@cache
def readers(case: Case) -> dict[str, Callable[[], object]]:
    """Ways to read a buffer of that size, each once over it."""
    numbers, width = bytes_a_character(case) // 8, case[0]
    memory = np.ones(numbers + 8)
    start = -memory.ctypes.data % 64 // 8
    flat = memory[start : start + numbers]
    tensor, ways = torch.from_numpy(flat), {}
    for columns in (width, 2 * width, 4096):
        matrix = flat[: numbers // columns * columns].reshape(-1, columns)
        x, y = np.ones(columns), np.ones(len(matrix))
        out, out_T = np.empty_like(y), np.empty_like(x)
        ways[f"NumPy, dgemv of {len(matrix)} x {columns}"] = lambda m=matrix, x=x, out=out: np.dot(
            m, x, out
        )
        ways[f"NumPy, dgemv of {columns} x {len(matrix)}, columns together"] = (
            lambda m=matrix, y=y, out=out_T: np.dot(y, m, out)
        )
    ways["NumPy, sdot"] = lambda: np.dot(flat, flat)
    ways["PyTorch, sum"] = lambda: torch.sum(tensor)
    ways["PyTorch, dot"] = lambda: torch.dot(tensor, tensor)
    return ways


def bound(case: Case, reads: int) -> tuple[float, str]:
    """Characters a second if reading the weights were all, and the fastest reader."""
    seconds = {}
    for name, read in readers(case).items():
        start = time.perf_counter()
        for _ in range(reads):
            read()
        seconds[name] = (time.perf_counter() - start) / reads
    fastest = min(seconds, key=seconds.__getitem__)
    return 1 / seconds[fastest], fastest


# --- measuring ---------------------------------------------------------------------

#: What is measured, how many characters at a time, and how many streams it draws.
CONTENDERS: dict[str, tuple[Callable[..., None], int, int]] = {
    "nn.LSTM, step by step": (torch_steps, 100, 1),
    "the same, oneDNN off": (torch_steps_without_onednn, 500, 1),
    "LSTMCell": (torch_cells, 500, 1),
    "PyTorch, buffers": (torch_buffers, 1000, 1),
    "NumPy, plain steps": (numpy_steps, 1000, 1),
    "NumPy, generate": (numpy_generate, 2000, 1),
    "NumPy, sample": (numpy_sample, 4000, 1),
    "32 streams, PyTorch": (torch_streams, 50, STREAMS),
    "32 streams, NumPy": (numpy_streams, 100, STREAMS),
}


def measure(case: Case, reads: int) -> dict[str, Any]:
    """One round: characters a second of every contender, and the bound before and after."""
    rates: dict[str, Any] = {}
    before = busy_seconds() - time.process_time()
    started = time.perf_counter()
    first = bound(case, reads)
    for name, (run, length, streams) in CONTENDERS.items():
        run(case, 2)
        start = time.perf_counter()
        run(case, length)
        rates[name] = streams * length / (time.perf_counter() - start)
    again = bound(case, reads)
    rates["bound"], rates["reader"] = max(first, again)
    others = busy_seconds() - time.process_time() - before
    rates["others"] = others / (time.perf_counter() - started)  # cores
    return rates


def busy_seconds() -> float:
    """How long the cores have worked, for whomever; 0 where the system does not tell."""
    if not (stat := Path("/proc/stat")).exists():
        return 0.0
    user, nice, system, _idle, _wait, irq, soft_irq, steal = map(
        int, stat.read_text().splitlines()[0].split()[1:9]
    )
    return (user + nice + system + irq + soft_irq + steal) / os.sysconf("SC_CLK_TCK")


def wait_for_quiet(patience: float) -> None:
    """Wait until others leave nine tenths of the cores free, but no longer than that."""
    end = time.perf_counter() + patience
    while time.perf_counter() < end:
        before = busy_seconds()
        time.sleep(1)
        if busy_seconds() - before < 0.1 * (os.cpu_count() or 1):
            return


@contextmanager
def worker(environment: dict[str, str]) -> Iterator[ProcessPoolExecutor]:
    """A process of its own, for the threads of BLAS are chosen when NumPy is imported."""
    before = dict(os.environ)
    os.environ.update(environment)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(os.getpid).result()
        os.environ.clear()
        os.environ.update(before)
        yield pool


def measure_in_turns(rounds: int, reads: int, patience: float) -> dict[Case, list[dict]]:
    """Per network, a list of rounds: what was measured for every setting of threads."""
    found: dict[Case, list[dict]] = {case: [] for case in CASES}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(worker(THREADS[name])) for name in THREADS}
        for _ in range(rounds):
            for case in CASES:
                wait_for_quiet(patience)
                found[case].append(
                    {
                        threads: pool.submit(measure, case, reads).result()
                        for threads, pool in workers.items()
                    }
                )
    return found


def summary(measured: list[dict], threads: str) -> dict[str, Any]:
    """Medians over the quieter half of the rounds; ratios are taken within each round."""

    def noise(one: dict) -> float:
        return sum(rates["others"] for rates in one.values())

    kept = sorted(measured, key=noise)[: (len(measured) + 1) // 2]
    ours, (naive, no_onednn, *_) = "NumPy, sample", CONTENDERS
    result: dict[str, Any] = {
        name: round(median(one[threads][name] for one in kept)) for name in (*CONTENDERS, "bound")
    }

    def ratio(name: str, of: str) -> float:
        return round(median(one[threads][ours] / one[of][name] for one in kept), 2)

    result["share of the bound"] = ratio("bound", threads)
    result["times nn.LSTM as it comes"] = ratio(naive, "default")
    result["times oneDNN off"] = ratio(no_onednn, "default")
    result["cores used by others"] = round(median(one[threads]["others"] for one in kept), 2)
    result["reader"] = max((one[threads] for one in kept), key=lambda r: r["bound"])["reader"]
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--reads", type=int, default=500, help="readings of the buffer")
    parser.add_argument("--patience", type=float, default=0, help="seconds to wait for quiet")
    options = parser.parse_args()
    found = measure_in_turns(options.rounds, options.reads, options.patience)
    results = {
        f"{H}x{L}, {threads}": summary(measured, threads)
        for (H, L), measured in found.items()
        for threads in THREADS
    }
    names = [name for name in next(iter(results.values())) if name != "reader"]
    rows = [[name, *(f"{result[name]:,}" for result in results.values())] for name in names]
    print(table(["characters a second; threads:", *results], rows))
    for column, result in results.items():
        print(f"fastest reader, {column}: {result['reader']}")
    rounds = {f"{H}x{L}": measured for (H, L), measured in found.items()}
    write_json("sampling", provenance(results=results, rounds=rounds))


if __name__ == "__main__":
    main()
