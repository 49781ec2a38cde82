"""Counting n-grams, time and memory: ``python benchmarks/counting.py``.

The best order of the n-gram baseline for six million characters (texts of the book,
joined), by the package as it is, and as it was when a sorted table for
every order was counted anew (the commit in ``BEFORE``, out of the history of the repository).
Both in turns, each in a process of its own, which reports the seconds, and the most memory
that NumPy and Python asked for while it counted (``tracemalloc``; the text and its ids not among
it). Both must find the same losses.

Prints a table and writes ``benchmarks/results/counting.json``.
"""

from __future__ import annotations

import argparse
import importlib.util
import multiprocessing
import subprocess
import sys
import tempfile
import time
import tracemalloc
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from _common import provenance, table, write_json

from rnnbook import corpora, ngram
from rnnbook.text import Vocab, split

BEFORE = "a5f4054"
CHARACTERS = 6_000_000
TEXTS = ("shakespeare", "war-and-peace", "king-james", "sherlock")
NOW, THEN = "now", "before"


def module_before(folder: Path) -> Path:
    """The module as it was, out of the repository's history."""
    root = Path(__file__).parents[1]
    command = ["git", "-C", str(root), "show", f"{BEFORE}:rnnbook/ngram.py"]
    path = folder / "ngram_before.py"
    path.write_bytes(subprocess.run(command, check=True, capture_output=True).stdout)
    return path


def load(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def text_of(characters: int) -> str:
    """The texts joined, and cut to so many characters."""
    joined = "".join(corpora.load(name).text for name in TEXTS)
    if len(joined) < characters:
        raise SystemExit(f"the texts have {len(joined):,} characters together")
    return joined[:characters]


def measure(characters: int, path: Path | None) -> dict[str, Any]:
    """Seconds, bytes a character, and the losses, of one count."""
    module = ngram if path is None else load(path)
    text = text_of(characters)
    vocab = Vocab.from_text(text)
    train_ids, validation_ids = split(vocab.encode(text))
    tracemalloc.start()
    start, worked = time.perf_counter(), time.process_time()
    model, losses = module.best_order(vocab, train_ids, validation_ids)
    seconds, worked = time.perf_counter() - start, time.process_time() - worked
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return {
        "seconds": round(seconds, 2),
        "seconds of a processor": round(worked, 2),
        "bytes a character": round(peak / characters, 1),
        "order": model.order,
        "losses": {str(order): loss for order, loss in losses.items()},
    }


def in_turns(characters: int, rounds: int, before: Path) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {THEN: [], NOW: []}
    for _ in range(rounds):
        for name, path in ((THEN, before), (NOW, None)):
            with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
                found[name].append(pool.submit(measure, characters, path).result())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--characters", type=int, default=CHARACTERS)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = in_turns(options.characters, options.rounds, module_before(Path(folder)))
    keys = [key for key in found[NOW][0] if key not in ("order", "losses")]
    middle = {
        name: {key: median(one[key] for one in runs) for key in keys}
        for name, runs in found.items()
    }
    ratios = {key: round(middle[THEN][key] / middle[NOW][key], 1) for key in keys}
    now, then = found[NOW][0]["losses"], found[THEN][0]["losses"]
    assert now.keys() == then.keys(), "not the same orders"
    difference = max(abs(now[order] - then[order]) for order in now)
    rows = [
        (key, *(f"{middle[when][key]:.1f}" for when in (THEN, NOW)), ratios[key]) for key in keys
    ]
    print(table((f"{options.characters:,} characters", THEN, NOW, "ratio"), rows))
    print(f"largest difference of a loss: {difference:.1e} nats per character")
    np.testing.assert_allclose(list(now.values()), list(then.values()), rtol=0, atol=1e-12)
    write_json(
        "counting",
        provenance(
            characters=options.characters, texts=TEXTS, commit_before=BEFORE, medians=middle,
            ratios=ratios, largest_difference=difference, rounds=found,
        ),
    )  # fmt: skip


if __name__ == "__main__":
    main()
