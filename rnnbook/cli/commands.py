"""``rnnbook inspect`` and ``list``."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from typing import Any

from rnnbook import checkpoints, corpora, evaluation
from rnnbook.cli import evaluate_command, sample_command
from rnnbook.counters.measured import baseline
from rnnbook.recurrent import count_parameters

_MODEL_HELP = "a checkpoint file, or the name of a shipped model (see `rnnbook list`)"


def add_parsers(subparsers) -> None:
    sample_command.add_parser(subparsers, _MODEL_HELP)
    evaluate_command.add_parser(subparsers, _MODEL_HELP)
    parser = subparsers.add_parser("inspect", help="tell a checkpoint's story")
    parser.add_argument("model", help=_MODEL_HELP)
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=run_inspect)
    parser = subparsers.add_parser("list", help="the shipped models and the corpora")
    parser.set_defaults(run=run_list)


def run_inspect(options: argparse.Namespace) -> int:
    """Print a checkpoint's network, corpus, command, losses, and samples on the way."""
    checkpoint = checkpoints.load(options.model)
    config, info = checkpoint.config, checkpoint.info
    if options.json:
        story = {"config": config.to_dict(), "vocab": list(checkpoint.vocab.chars), **info}
        print(json.dumps(story, indent=2))
        return 0
    size = count_parameters(config, len(checkpoint.vocab))
    print(f"{config.kind}, {config.num_layers} x {config.hidden_size} units, {size:,} parameters")
    print(f"knows {len(checkpoint.vocab):,} characters: {checkpoint.vocab.summary()}")
    for line in _story(info):
        print(line)
    for point in info.get("history", []):
        loss = point.get("validation_loss")
        measured = "" if loss is None else f": validation loss {loss:.3f}"
        print(f"\n--- step {point.get('step', '?')}{measured}")
        print((point.get("sample") or "").strip())
    return 0


def _story(info: Mapping[str, Any]) -> Iterator[str]:
    """What is told of a training, a line each; what is not told is left out."""
    corpus, counter = info.get("corpus") or {}, baseline(info)
    if "name" in corpus:
        size = f": {corpus['characters']:,} characters" if "characters" in corpus else ""
        source = f" ({corpus['source']})" if "source" in corpus else ""
        yield f"read {corpus['name']}{size}{source}"
        yield from _about_the_text(corpus)
    if info.get("command"):
        yield f"by: {info['command']}"
    if isinstance(parent := info.get("parent"), dict):
        of = f" (run {parent['run']})" if parent.get("run") else ""
        yield f"from: {parent.get('name', '?')}{of}"
    if "precision" in (info.get("training") or {}):
        yield f"products in {info['training']['precision']}"
    if "validation_loss" in info:
        yield f"validation loss {info['validation_loss']:.4f} {info.get('measured', '')}".rstrip()
    if "test_loss" in info:
        half = "on its second half, on which nothing was chosen"
        yield f"test loss       {info['test_loss']:.4f} {half}"
    if counter is not None:
        yield f"best by counting {counter.loss:.4f} ({counter.name})"


def _about_the_text(described: Mapping[str, Any]) -> Iterator[str]:
    """The parts of a joined text, and what was done to it, a line each."""
    for part in described.get("parts", []):
        known = {"name": "?", "characters": 0, "sha256": "?", **part}
        digest = known["sha256"][:12]
        yield f"  {known['name']}: {known['characters']:,} characters, SHA-256 {digest}…"
    prepared = described.get("preparation") or {}
    if {"min_count", "replacement", "symbols", "characters"} <= prepared.keys():
        yield (
            f"symbols that occur less than {prepared['min_count']:,} times became "
            f"{prepared['replacement']!r}: {prepared['symbols']:,} symbols, "
            f"{prepared['characters']:,} characters"
        )
    if "shuffle_seed" in prepared:
        yield f"its lines were shuffled, with seed {prepared['shuffle_seed']}"


def run_list(options: argparse.Namespace) -> int:
    """Print a line for every shipped model, and the names of the corpora."""
    print(
        f"{'model':<24}{'corpus':<16}{'network':<13}{'parameters':>10}{'loss':>7}{'counter':>9}"
        f"{'bits':>7}"
    )
    for name in checkpoints.shipped():
        checkpoint = checkpoints.load(name)
        config, info = checkpoint.config, checkpoint.info
        network = f"{config.kind} {config.num_layers}x{config.hidden_size}"
        size = count_parameters(config, len(checkpoint.vocab))
        loss = info["validation_loss"]
        counter = baseline(info)
        counted = "" if counter is None else f"{counter.loss:.3f}"
        print(
            f"{name:<24}{info['corpus']['name']:<16}{network:<13}{size:>10,}{loss:>7.3f}"
            f"{counted:>9}{evaluation.Loss(loss, 0).bits_per_char:>7.3f}"
        )
    print(f"\ncorpora to train on: {', '.join(corpora.names())}, or any text file")
    print("losses in nats per character on the validation part; counter: the best static one")
    return 0
