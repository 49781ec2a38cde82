"""The ladder of baselines on every text of the book: ``python benchmarks/ladder.py``.

For every shipped network, the last tenth of its text: the network, n-grams with either smoothing,
counters that go on counting, PPMd, mixtures, and with ``--adapt`` the network that goes on
learning, which takes minutes to hours more. The first half of the tenth chooses orders, weights and
rates, the second half is the test; a table prints the losses of the test. What is measured already
is kept, text by text; ``--again`` measures anew.

Writes ``benchmarks/results/ladder.json``, and of each text the best static counter into
``rnnbook/models/counters.json``, which model cards read.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from typing import Any

import numpy as np
from _common import RESULTS, provenance, table, write_json

from rnnbook import checkpoints, corpora, evaluation, ladder
from rnnbook.counters import measured
from rnnbook.text import split
from rnnbook.torch_networks.linear import from_weights
from rnnbook.training.cores import cores


def networks() -> dict[str, str]:
    """The shipped networks that stand for a text, and the text: those named after it, and the
    large ones."""
    texts = {name: checkpoints.load(name).info["corpus"]["name"] for name in checkpoints.shipped()}
    return {name: text for name, text in texts.items() if name in (text, f"{text}-large")}


def climb(name: str, text: str) -> dict[str, Any]:
    """The rungs of one network's text, and every order of the static counters."""
    checkpoint = checkpoints.load(name)
    corpus = corpora.load(text)
    train_ids, held_out_ids = split(checkpoint.vocab.encode(corpus.text))
    network = evaluation.log_probs(checkpoint.model(), held_out_ids)
    static = ladder.static_counters(checkpoint.vocab, train_ids, held_out_ids, progress=True)
    slow = ladder.slow_rungs(
        static, checkpoint.vocab, train_ids, held_out_ids, network, progress=True
    )
    rungs = [
        ladder.rung(ladder.NETWORK, checkpoint.config.kind, network),
        *(one.best for one in static),
        *slow,
    ]
    return {
        "characters": len(corpus.text),
        "sha256": corpus.sha256,
        "scored": len(network),
        "best_static": ladder.best(static).best.name,
        "rungs": [rounded(asdict(one)) for one in rungs],
        "orders": {
            one.model.smoothing: {order: rounded(asdict(r)) for order, r in one.rungs.items()}
            for one in static
        },
    }


def learning_on(name: str, text: str) -> dict[str, Any]:
    """The rung of the network that goes on learning while it reads."""
    checkpoint = checkpoints.load(name)
    train_ids, held_out_ids = split(checkpoint.vocab.encode(corpora.load(text).text))
    model = from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    with cores(1):
        found, _ = ladder.adapted_rung(
            model, train_ids, held_out_ids, np.random.default_rng(0), progress=True
        )
    return rounded(asdict(found))


def rounded(numbers: dict[str, Any]) -> dict[str, Any]:
    return {k: round(v, 4) if isinstance(v, float) else v for k, v in numbers.items()}


def row(name: str, found: dict[str, Any]) -> list[str]:
    """The text, and its test losses by the kind of rung."""
    losses = {one["kind"]: f"{one['test']:.3f}" for one in found["rungs"]}
    return [name, *(losses.get(kind, "") for kind in ladder.KINDS)]


def best_counters(texts: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """By the SHA-256 of a text: its name, its best static counter, and that one's losses."""
    found = {}
    for name, one in texts.items():
        best = next(rung for rung in one["rungs"] if rung["name"] == one["best_static"])
        losses = {half: best[half] for half in ("choosing", "test", "whole")}
        text = name.removesuffix("-large")
        found[one["sha256"]] = {"text": text, "counter": best["name"], **losses}
    return dict(sorted(found.items(), key=lambda item: item[1]["text"]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--only", nargs="*", help="names of texts")
    parser.add_argument("--again", action="store_true", help="measure what is there, too")
    parser.add_argument("--adapt", action="store_true", help="networks that learn on, too")
    options = parser.parse_args()
    path = RESULTS / "ladder.json"
    found = json.loads(path.read_text())["texts"] if path.exists() else {}
    for name, text in networks().items():
        wanted = not options.only or name in options.only
        if wanted and (options.again or name not in found):
            found[name] = climb(name, text)
            write_json("ladder", provenance(kinds=ladder.KINDS, texts=found))
            print(*row(name, found[name]), flush=True)
        if wanted and options.adapt and found[name]["rungs"][-1]["kind"] != ladder.ADAPTED:
            found[name]["rungs"].append(learning_on(name, text))
            write_json("ladder", provenance(kinds=ladder.KINDS, texts=found))
            print(*row(name, found[name]), flush=True)
    write_json(measured.FILE, best_counters(found))
    rows = [row(name, one) for name, one in found.items()]
    print(table(("test half, nats per character", *ladder.KINDS), rows))


if __name__ == "__main__":
    main()
