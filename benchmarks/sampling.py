"""How fast one character after the other is sampled: ``python benchmarks/sampling.py``.

Measures LSTMs with a vocabulary of 65 and an embedding of 64, in float32: PyTorch
as it comes, with oneDNN off and with ``LSTMCell``; the package's NumPy network by
plain steps and by :func:`rnnbook.sampling.sample`; PyTorch in buffers made once;
and 32 streams side by side. Each is measured with the threads that the libraries
choose and with one, in processes of their own. They take turns, round by round;
the table gives medians over the rounds, and so do the ratios.

The bound: a character needs the weights read once (``W_hh``, ``W_hy``, ``W_xh`` of
the upper layers, one row of the input table, the biases). So many bytes, divided by
what the fastest of several readers reads a second from a buffer of that very size.

Prints a table and writes ``benchmarks/results/sampling.json``.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import nn

from rnnbook import sampling
from rnnbook.files import write_atomically
from rnnbook.numpy_model import NumpyModel
from rnnbook.recurrent import ModelConfig, weight_shapes
from rnnbook.text import Vocab

RESULTS = Path(__file__).parent / "results" / "sampling.json"
CASES = ((256, 1), (384, 1), (256, 2))  # H, L
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
def lstm(case: tuple[int, int]) -> tuple[nn.Embedding, nn.LSTM, nn.Linear]:
    hidden, layers = case
    recurrent = nn.LSTM(E, hidden, layers, batch_first=True)
    return nn.Embedding(V, E), recurrent, nn.Linear(hidden, V)


@torch.no_grad()
def torch_steps(case, length: int) -> None:
    """What a tutorial writes: ``nn.LSTM`` on one character, softmax, multinomial."""
    embedding, layers, output = lstm(case)
    char_id, state = torch.zeros((1, 1), dtype=torch.int64), None
    for _ in range(length):
        y, state = layers(embedding(char_id), state)
        probs = torch.softmax(output(y[:, -1]) / TEMPERATURE, dim=-1)
        char_id = torch.multinomial(probs, 1)


def torch_steps_without_onednn(case, length: int) -> None:
    with onednn(False):
        torch_steps(case, length)


@cache
def lstm_cells(case) -> list[nn.LSTMCell]:
    return [nn.LSTMCell(E if layer == 0 else case[0], case[0]) for layer in range(case[1])]


@torch.no_grad()
def torch_cells(case, length: int) -> None:
    (embedding, _, output), cells = lstm(case), lstm_cells(case)
    char_id, states = torch.zeros(1, dtype=torch.int64), [None] * case[1]
    for _ in range(length):
        x = embedding(char_id)
        for layer, cell in enumerate(cells):
            states[layer] = cell(x, states[layer])
            x = states[layer][0]
        char_id = torch.multinomial(torch.softmax(output(x) / TEMPERATURE, dim=-1), 1)[:, 0]


class TorchStepper:
    """``rnnbook.numpy_model.Stepper`` for the LSTM with PyTorch's functions and ``out=``."""

    def __init__(self, model: NumpyModel, batch_size: int):
        table, folded = model._folded
        size = model.config.hidden_size
        self.table, self.layers = torch.from_numpy(table), []
        for matrix, b_up, _ in folded:
            h, gates = torch.zeros(batch_size, size), torch.zeros(batch_size, 5 * size)
            product = torch.zeros(batch_size, len(matrix))
            W = torch.from_numpy(matrix).T
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
def torch_buffers(case, length: int, batch_size: int = 1) -> None:
    stepper = TorchStepper(network(*case), batch_size)
    ids = torch.zeros(batch_size, dtype=torch.int64)
    for _ in range(length):
        probs = torch.softmax(stepper.read(ids) / TEMPERATURE, dim=-1)
        ids = torch.multinomial(probs, 1)[:, 0]


def torch_streams(case, length: int) -> None:
    torch_buffers(case, length, STREAMS)


# --- NumPy -------------------------------------------------------------------------


def numpy_steps(case, length: int) -> None:
    rng = np.random.default_rng(0)
    sampling.sample(Plain(network(*case)), "A", length, temperature=TEMPERATURE, rng=rng)


def numpy_sample(case, length: int) -> None:
    rng = np.random.default_rng(0)
    sampling.sample(network(*case), "A", length, temperature=TEMPERATURE, rng=rng)


def numpy_generate(case, length: int) -> None:
    rng = np.random.default_rng(0)
    for _ in sampling.generate(network(*case), "A", length, temperature=TEMPERATURE, rng=rng):
        pass


def numpy_streams(case, length: int) -> None:
    rngs = [np.random.default_rng(seed) for seed in range(STREAMS)]
    prompts = ["A"] * STREAMS
    sampling.sample_many(network(*case), prompts, length, temperature=TEMPERATURE, rngs=rngs)


# --- the bound ---------------------------------------------------------------------


def bytes_a_character(case) -> int:
    hidden, layers = case
    matrices = (2 * layers - 1) * 4 * hidden * hidden + V * hidden
    vectors = layers * 4 * hidden + V  # a row of the table, the biases
    return 4 * (matrices + vectors)


@cache
def readers(case) -> dict[str, Callable[[], object]]:
    """Ways to read a buffer of that size, each once over it."""
    numbers, width = bytes_a_character(case) // 4, case[0]
    memory = np.ones(numbers + 16, dtype=np.float32)
    start = -memory.ctypes.data % 64 // 4
    flat = memory[start : start + numbers]
    tensor, ways = torch.from_numpy(flat), {}
    for columns in (width, 2 * width, 4096):
        matrix = flat[: numbers // columns * columns].reshape(-1, columns)
        x, y = np.ones(columns, np.float32), np.ones(len(matrix), np.float32)
        out, out_T = np.empty_like(y), np.empty_like(x)
        ways[f"NumPy, sgemv of {len(matrix)} x {columns}"] = lambda m=matrix, x=x, out=out: np.dot(
            m, x, out
        )
        ways[f"NumPy, sgemv of {columns} x {len(matrix)}, columns together"] = (
            lambda m=matrix, y=y, out=out_T: np.dot(y, m, out)
        )
    ways["NumPy, sdot"] = lambda: np.dot(flat, flat)
    ways["PyTorch, sum"] = lambda: torch.sum(tensor)
    ways["PyTorch, dot"] = lambda: torch.dot(tensor, tensor)
    return ways


def bound(case, reads: int) -> tuple[float, str]:
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


def measure(case, reads: int) -> dict[str, float | str]:
    """One round: characters a second of every contender, and the bound."""
    rates: dict[str, float | str] = {}
    rates["bound"], rates["reader"] = bound(case, reads)
    for name, (run, length, streams) in CONTENDERS.items():
        run(case, 2)
        start = time.perf_counter()
        run(case, length)
        rates[name] = streams * length / (time.perf_counter() - start)
    again, _ = bound(case, reads)
    rates["bound"] = max(again, float(rates["bound"]))
    return rates


@contextmanager
def worker(environment: dict[str, str]):
    """A process of its own, for the threads of BLAS are chosen when NumPy is imported."""
    before = dict(os.environ)
    os.environ.update(environment)
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
        pool.submit(os.getpid).result()
        os.environ.clear()
        os.environ.update(before)
        yield pool


def rounds(number: int, reads: int) -> dict[str, dict[str, list[dict]]]:
    """Per case and setting of threads, what every round measured; all take turns."""
    found = {f"{H}x{L}": {threads: [] for threads in THREADS} for H, L in CASES}
    with ExitStack() as stack:
        workers = {name: stack.enter_context(worker(THREADS[name])) for name in THREADS}
        for _ in range(number):
            for H, L in CASES:
                for threads, pool in workers.items():
                    rates = pool.submit(measure, (H, L), reads).result()
                    found[f"{H}x{L}"][threads].append(rates)
    return found


def summary(measured: list[dict], naive: list[dict]) -> dict[str, float | str]:
    """Medians over the rounds; the ratios are taken within each round."""
    names = ("bound", *CONTENDERS)
    result: dict[str, float | str] = {name: median(r[name] for r in measured) for name in names}
    result["reader"] = max(measured, key=lambda r: r["bound"])["reader"]
    pairs, ours = list(zip(measured, naive, strict=True)), "NumPy, sample"
    result["share of the bound"] = median(r[ours] / r["bound"] for r in measured)
    first, second = list(CONTENDERS)[:2]
    result["times nn.LSTM"] = median(r[ours] / n[first] for r, n in pairs)
    result["times oneDNN off"] = median(r[ours] / n[second] for r, n in pairs)
    return result


def provenance() -> dict[str, object]:
    cpu = platform.processor()
    if (info := Path("/proc/cpuinfo")).exists():
        named = [line for line in info.read_text().splitlines() if line.startswith("model name")]
        cpu = named[0].split(":")[1].strip() if named else cpu
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "cpu": cpu,
        "cores": os.cpu_count(),
        "versions": {
            "python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__
        },
        "torch_threads": torch.get_num_threads(),
    }  # fmt: skip


def table(results: dict[str, dict[str, dict]]) -> str:
    """Characters a second, a column a network and setting of threads."""
    columns = [(case, threads) for case in results for threads in results[case]]
    lines = [f"{'threads':>26} " + "".join(f"{c + ' ' + t:>14}" for c, t in columns)]
    for name in results[columns[0][0]][columns[0][1]]:
        values = [results[case][threads][name] for case, threads in columns]
        if name != "reader":
            form = ",.0f" if values[0] > 100 else ".2f"
            lines.append(f"{name:>26} " + "".join(f"{value:>14{form}}" for value in values))
    lines += [f"fastest reader, {c}, {t}: {results[c][t]['reader']}" for c, t in columns]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--reads", type=int, default=300, help="readings of the buffer a round")
    options = parser.parse_args()
    found = rounds(options.rounds, options.reads)
    results = {
        case: {threads: summary(measured[threads], measured["default"]) for threads in THREADS}
        for case, measured in found.items()
    }
    print(table(results))
    content = {**provenance(), "rounds": options.rounds, "chars_per_second": results, "all": found}
    RESULTS.parent.mkdir(exist_ok=True)
    text = json.dumps(content, indent=1) + "\n"
    write_atomically(RESULTS, lambda temporary: temporary.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()
