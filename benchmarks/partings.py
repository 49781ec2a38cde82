"""Texts that part: the same seed in two engines: ``python benchmarks/partings.py``.

NumPy's sampler writes texts of 1,000 characters, one after the other, on the kernel of
OpenBLAS that it chooses and with one thread. Every other engine reads each text and draws
with the same random numbers. The first draw that is another character is where the two texts
part; up to there, both engines have read the same. Two precisions are compared: float64, in
which the package samples, and float32, in which the weights are stored.

Few texts part, so the expected number is given too: a draw differs if the random number falls
between the two engines' cumulative sums, which happens with the probability that these differ
by, summed over the characters. It is measured on the first texts.

Then the rules of drawing are compared, for one and the same pair of engines in float32: what
would part if the probabilities were rounded, if the likeliest characters came first, or if the
largest sum of a logit and Gumbel noise decided.

Prints the tables and writes ``benchmarks/results/partings.json``.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from _common import provenance, table, write_json
from _kernels import environment, kernels, own_kernel
from _partings import KEPT

from rnnbook import checkpoints
from rnnbook.language_model import softmax
from rnnbook.widgets import assets

HERE = Path(__file__).parent
LENGTH, STREAMS, PRECISIONS = 1_000, 64, ("float32", "float64")
#: A shipped network, its settings, how many texts, and a share of them for slow engines.
CASES: tuple[dict[str, Any], ...] = (
    {"network": "numbers-en", "settings": {"temperature": 1.0}, "texts": 10_000, "slow": 0.1},
    {"network": "shakespeare", "settings": {"temperature": 1.0}, "texts": 1_000, "slow": 0.2},
    {"network": "shakespeare", "settings": {"temperature": 0.8, "top_k": 20, "top_p": 0.95},
     "texts": 200, "slow": 0.5},
)  # fmt: skip


def engines() -> dict[str, dict[str, Any]]:
    """What reads: by name, its settings and its environment. ``slow`` ones read fewer texts."""
    many = {"engine": "numpy", "batch": STREAMS}
    found: dict[str, dict[str, Any]] = {
        f"NumPy, {STREAMS} side by side": many,
        f"NumPy, {STREAMS}, two threads": {**many, "threads": 2},
    }
    for kernel in kernels():
        if kernel == "Nehalem":  # older than what NumPy is made for
            continue
        found[f"NumPy, one, {kernel}"] = {**many, "batch": 1, "kernel": kernel, "slow": True}
        found[f"NumPy, {STREAMS}, {kernel}"] = {**many, "kernel": kernel}
    for name, onednn in (("", True), (", oneDNN off", False)):
        found[f"PyTorch, {STREAMS}{name}"] = {
            "engine": "torch", "batch": STREAMS, "onednn": onednn,
        }  # fmt: skip
    found["PyTorch, one"] = {"engine": "torch", "batch": 1, "onednn": True, "slow": True}
    if shutil.which("node"):
        found["JavaScript"] = {"engine": "node", "slow": False}
    return found


# --- running the engines -----------------------------------------------------------


def run_python(task: dict[str, Any], folder: Path) -> None:
    """One engine in a process of its own, for its kernel is chosen when NumPy is imported."""
    chosen = environment(task.get("kernel"), task.get("threads", 1))
    program = [sys.executable, HERE / "_partings.py", folder, json.dumps(task)]
    subprocess.run(program, check=True, env=chosen)


def run_node(task: dict[str, Any], folder: Path) -> dict[str, np.ndarray]:
    """What ``run_python`` leaves, from the page's engine."""
    for path in (assets.FOLDER / "engine").glob("*.js"):
        shutil.copy(path, folder)
    shutil.copy(HERE / "partings.mjs", folder)
    (folder / "package.json").write_text('{"type": "module"}')
    np.load(folder / f"ids-{task['precision']}.npy").tofile(folder / "ids.bin")
    checkpoint = checkpoints.shipped_path(task["network"])
    more = {"ids": str(folder / "ids.bin"), "logits": str(folder / "logits.bin")}
    more |= {"checkpoint": str(checkpoint), "kept": min(KEPT, task["texts"])}
    (folder / "task.json").write_text(json.dumps({**task, **more}))
    program = ["node", folder / "partings.mjs", folder / "task.json"]
    done = subprocess.run(program, check=True, capture_output=True, text=True)
    logits = np.fromfile(folder / "logits.bin").reshape(more["kept"], task["length"], -1)
    return {"first": np.array(json.loads(done.stdout)["first"]), "logits": logits}


def read_with(task: dict[str, Any], folder: Path) -> dict[str, np.ndarray]:
    if task["engine"] == "node":
        return run_node(task, folder)
    run_python(task, folder)
    with np.load(folder / f"{task['name']}.npz") as found:
        return dict(found)


# --- what is counted ---------------------------------------------------------------


def cumulative(logits: np.ndarray, temperature: float) -> np.ndarray:
    """Cumulative sums (..., V) of the probabilities of logits (..., V)."""
    return np.cumsum(softmax(np.asarray(logits, np.float64) / temperature), axis=-1)


def expected_by_text(ours: np.ndarray, theirs: np.ndarray, temperature: float) -> float:
    """How many draws of a text (T) are expected to differ, from logits (K, T, V)."""
    gaps = np.abs(cumulative(ours, temperature) - cumulative(theirs, temperature))
    return float(gaps.sum(axis=-1).mean() * ours.shape[1])


def at_most(parted: int, texts: int) -> float:
    """The upper end of a one-sided 95 % interval for the share that part (Poisson)."""
    low, high = 0.0, parted + 10 * math.sqrt(parted + 1) + 10
    for _ in range(60):
        middle = (low + high) / 2
        terms = [math.exp(-middle + k * math.log(middle) - math.lgamma(k + 1))
                 for k in range(parted + 1)]  # fmt: skip
        low, high = (middle, high) if sum(terms) > 0.05 else (low, middle)
    return min(1.0, low / texts)


def measure_case(case: dict[str, Any], jobs: int) -> list[dict[str, Any]]:
    """Rows of one network: for every precision and engine, how many texts part."""
    with tempfile.TemporaryDirectory() as name, ThreadPoolExecutor(jobs) as pool:
        common = {**case, "prompt": "\n", "length": LENGTH}
        begun = {p: pool.submit(_begin, common, p, Path(name)) for p in PRECISIONS}
        itself = {precision: task.result() for precision, task in begun.items()}
        tasks = [
            pool.submit(_row, common, label, engine, precision, itself[precision], Path(name))
            for precision in PRECISIONS
            for label, engine in engines().items()
            if (engine["engine"], precision) != ("node", "float32")  # the page has float64 only
        ]
        return [task.result() for task in tasks]


def _begin(common: dict[str, Any], precision: str, folder: Path) -> dict[str, np.ndarray]:
    """Write the texts, and read the first of them again for their logits."""
    run_python({**common, "engine": "write", "precision": precision}, folder)
    first = {"engine": "numpy", "batch": 1, "name": f"itself-{precision}", "precision": precision}
    return read_with({**common, **first, "texts": min(KEPT, common["texts"])}, folder)


def _row(common, label: str, engine, precision: str, itself, folder: Path) -> dict[str, Any]:
    share = common["slow"] if engine.get("slow") else 1
    task = {**common, **engine, "name": f"{label}-{precision}", "precision": precision}
    task["texts"] = min(common["texts"], max(KEPT, round(common["texts"] * share)))
    found = read_with(task, folder)
    row = {"network": common["network"], "engine": label, "precision": precision}
    row |= summary(found, itself, common, set(common["settings"]) == {"temperature"})
    print(", ".join(f"{value}" for value in list(row.values())[:3]),
          f"{row['parted']} of {row['texts']}", flush=True)  # fmt: skip
    return row


def summary(found, itself, case: dict[str, Any], plain: bool) -> dict[str, Any]:
    """How many texts part, at most how many of 10,000, and how many are expected to."""
    parted, texts = int((found["first"] < LENGTH).sum()), len(found["first"])
    row: dict[str, Any] = {
        "settings": case["settings"],
        "texts": texts,
        "parted": parted,
        "at most, of 10,000": round(10_000 * at_most(parted, texts), 1),
        "largest difference of logits": difference(found["logits"], itself["logits"]),
    }
    if plain:
        temperature = case["settings"]["temperature"]
        expected = expected_by_text(itself["logits"], found["logits"], temperature)
        row["expected, of 10,000"] = float(f"{10_000 * expected:.2g}")
    return row


def difference(ours: np.ndarray, theirs: np.ndarray) -> float:
    return float(f"{np.abs(ours - theirs).max():.2g}")


# --- rules of drawing --------------------------------------------------------------


def rules(network: str, temperature: float = 1.0) -> dict[str, float]:
    """Texts of 10,000 that part under each rule: one text at a time against 64, in float32.

    The last is the rule of the package: the first one, in float64.
    """
    common = {"network": network, "settings": {"temperature": temperature}, "prompt": "\n",
              "length": LENGTH, "texts": STREAMS, "engine": "numpy"}  # fmt: skip
    logits = {}
    with tempfile.TemporaryDirectory() as name:
        for precision in PRECISIONS:
            task = {**common, "precision": precision}
            run_python({**task, "engine": "write"}, Path(name))
            for batch in (1, STREAMS):
                found = read_with({**task, "batch": batch, "name": "read"}, Path(name))
                logits[precision, batch] = found["logits"] / temperature
    one, many = (logits["float32", batch].astype(np.float64) for batch in (1, STREAMS))
    pair = softmax(one), softmax(many)
    found = {
        "float32, cumulative sums in the order of the ids": by_order(*pair),
        "float32, probabilities rounded to multiples of 2**-16": by_order(*rounded(pair, 16)),
        "float32, probabilities rounded to multiples of 2**-24": by_order(*rounded(pair, 24)),
        "float32, the likeliest character first": by_rank(*pair),
        "float32, logit plus Gumbel noise": by_gumbel(pair[0], many - one),
        "float64, cumulative sums in the order of the ids": by_order(
            *(softmax(logits["float64", batch]) for batch in (1, STREAMS))
        ),
    }
    return {rule: float(f"{10_000 * LENGTH * share:.2g}") for rule, share in found.items()}


def rounded(pair, bits: int) -> list[np.ndarray]:
    """Probabilities (..., V), each rounded to a multiple of 2**-bits and scaled to sum to 1."""
    whole = [np.rint(probs * 2**bits) for probs in pair]
    return [probs / probs.sum(axis=-1, keepdims=True) for probs in whole]


def by_order(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The share of draws that differ when cumulative sums are taken in the order given."""
    return float(np.abs(np.cumsum(ours, -1) - np.cumsum(theirs, -1)).sum(-1).mean())


def by_rank(ours: np.ndarray, theirs: np.ndarray) -> float:
    """The same with every engine's likeliest character first.

    Where two engines rank differently, the two characters' whole pieces differ.
    """
    orders = [np.argsort(-probs, axis=-1, kind="stable") for probs in (ours, theirs)]
    sums = [np.cumsum(np.take_along_axis(probs, order, -1), -1)
            for probs, order in zip((ours, theirs), orders, strict=True)]  # fmt: skip
    gaps = np.abs(sums[0] - sums[1]).sum(-1)
    swapped = (np.take_along_axis(ours, orders[0], -1) * (orders[0] != orders[1])).sum(-1)
    return float((gaps + swapped).mean())


def by_gumbel(probs: np.ndarray, delta: np.ndarray) -> float:
    """The share of draws that differ for the argmax of logits plus noise, to first order.

    A change of d in the difference of two logits moves p_i p_j |d| from one character to the
    other: the derivative of the softmax.
    """
    total = 0.0
    for p, d in zip(probs.reshape(-1, probs.shape[-1]), delta.reshape(-1, delta.shape[-1]),
                    strict=True):  # fmt: skip
        total += 0.5 * float(p @ np.abs(d[:, None] - d[None, :]) @ p)
    return total / (probs.size // probs.shape[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--share", type=float, default=1.0, help="of the texts, for a quick look")
    parser.add_argument("--jobs", type=int, default=1, help="engines that run side by side")
    parser.add_argument("--networks", nargs="+", default=["numbers-en", "shakespeare"])
    options = parser.parse_args()
    names, rows = options.networks, []
    for case in CASES:
        if case["network"] in names:
            texts = max(KEPT, round(case["texts"] * options.share))
            rows += measure_case({**case, "texts": texts}, options.jobs)
    by_rule = {network: rules(network) for network in names}
    columns = ("network", "engine", "precision", "parted", "texts", "at most, of 10,000",
               "expected, of 10,000", "largest difference of logits")  # fmt: skip
    print(table(columns, [[row.get(column, "") for column in columns] for row in rows]))
    print(table(["rule", *names], [[rule, *(by_rule[name][rule] for name in names)]
                                   for rule in by_rule[names[0]]]))  # fmt: skip
    more = {"kernel": own_kernel(), "reference": "NumPy, one text at a time, one thread"}
    write_json("partings", provenance(**more, rows=rows, rules=by_rule))


if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    main()
