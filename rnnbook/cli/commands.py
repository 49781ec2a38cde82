"""``rnnbook sample``, ``evaluate``, ``inspect`` and ``list``."""

from __future__ import annotations

import argparse
import json
import secrets
import sys

import numpy as np

from rnnbook import checkpoints, corpora, evaluation, sampling
from rnnbook.checkpoints import Checkpoint
from rnnbook.ngram import best_order
from rnnbook.recurrent import count_parameters
from rnnbook.text import split

_MODEL_HELP = "a checkpoint file, or the name of a shipped model (see `rnnbook list`)"


def add_parsers(subparsers) -> None:
    _add_sample(subparsers)
    _add_evaluate(subparsers)
    parser = subparsers.add_parser("inspect", help="tell a checkpoint's story")
    parser.add_argument("model", help=_MODEL_HELP)
    parser.add_argument("--json", action="store_true", help="everything, as JSON")
    parser.set_defaults(run=run_inspect)
    parser = subparsers.add_parser("list", help="the shipped models and the corpora")
    parser.set_defaults(run=run_list)


def _add_sample(subparsers) -> None:
    parser = subparsers.add_parser("sample", help="let a model write")
    parser.add_argument("model", help=_MODEL_HELP)
    parser.add_argument("--prompt", default="\n", help="what the text goes on from")
    parser.add_argument("--length", type=int, default=500, help="characters (default: 500)")
    parser.add_argument(
        "--temperature",
        type=float,
        default=0.8,
        help="0 always takes the likeliest character, 1 follows the model (default: 0.8)",
    )
    parser.add_argument("--top-k", type=int, help="draw from the k likeliest characters only")
    parser.add_argument("--top-p", type=float, help="draw from the likeliest share p only")
    parser.add_argument("--seed", type=int, help="at least 0; the same seed, the same text")
    parser.add_argument("--engine", choices=("numpy", "torch"), default="numpy")
    parser.set_defaults(run=run_sample)


def _add_evaluate(subparsers) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model on a text, with the n-gram beside it",
        description=(
            "Score a model on the last part of a text. The n-gram is counted on the part "
            "before it, so on the text that the model was trained on the comparison is fair."
        ),
    )
    parser.add_argument("model", help=_MODEL_HELP)
    parser.add_argument("corpus", nargs="?", help="a text file or a corpus (default: the model's)")
    parser.add_argument("--validation-fraction", type=float, default=0.1, metavar="SHARE")
    parser.add_argument("--json", action="store_true", help="the numbers, as JSON")
    parser.set_defaults(run=run_evaluate)


def run_sample(options: argparse.Namespace) -> int:
    """Write the sample to the terminal as it is drawn."""
    checkpoint = checkpoints.load(options.model)
    seed = options.seed if options.seed is not None else secrets.randbelow(2**32)
    sampling.check_seed(seed)
    draws = sampling.generate(
        _engine(checkpoint, options.engine),
        options.prompt,
        options.length,
        temperature=options.temperature,
        top_k=options.top_k,
        top_p=options.top_p,
        rng=np.random.default_rng(seed),
    )
    sys.stdout.write(options.prompt.lstrip("\n"))
    for draw in draws:
        sys.stdout.write(draw.char)
        sys.stdout.flush()
    print()
    if options.seed is None:
        print(f"(seed {seed})", file=sys.stderr)
    return 0


def _engine(checkpoint: Checkpoint, engine: str):
    if engine == "numpy":
        return checkpoint.model()
    from rnnbook.torch_networks.rnn import TorchModel

    return TorchModel.from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)


def run_evaluate(options: argparse.Namespace) -> int:
    """Print nats, bits and perplexity of the model, and of the best n-gram."""
    checkpoint = checkpoints.load(options.model)
    corpus = corpora.load(options.corpus or checkpoint.info["corpus"]["name"])
    ids = checkpoint.vocab.encode(corpus.text)
    train_ids, validation_ids = split(ids, options.validation_fraction)
    loss = evaluation.evaluate(checkpoint.model(), validation_ids)
    ngram, losses = best_order(checkpoint.vocab, train_ids, validation_ids)
    baseline = evaluation.Loss(losses[ngram.order], loss.characters)
    if options.json:
        print(json.dumps(evaluation.report(loss, baseline, ngram.order), indent=2))
        return 0
    print(f"the last {options.validation_fraction:.0%} of {corpus.name}, state carried:")
    print(f"  {checkpoint.config.kind:<12} {loss}")
    print(f"  {f'{ngram.order}-gram':<12} {baseline}")
    if corpus.sha256 != checkpoint.info.get("corpus", {}).get("sha256"):
        print("the model was trained on another text than this one")
    return 0


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
    print(f"knows {len(checkpoint.vocab)} characters: {''.join(checkpoint.vocab)!r}")
    corpus = info.get("corpus")
    if corpus:
        print(f"read {corpus['name']}: {corpus['characters']:,} characters ({corpus['source']})")
    if info.get("command"):
        print(f"by: {info['command']}")
    if "validation_loss" in info:
        print(f"validation loss {info['validation_loss']:.4f} {info['measured']}")
    if info.get("ngram"):
        print(f"best n-gram     {info['ngram']['loss']:.4f} (order {info['ngram']['order']})")
    for point in info.get("history", []):
        print(f"\n--- step {point['step']}: validation loss {point['validation_loss']:.3f}")
        print(point["sample"].strip())
    return 0


def run_list(options: argparse.Namespace) -> int:
    """Print a line for every shipped model, and the names of the corpora."""
    print(
        f"{'model':<24}{'corpus':<16}{'network':<13}{'parameters':>10}{'loss':>7}{'n-gram':>8}"
        f"{'bits':>7}"
    )
    for name in checkpoints.shipped():
        checkpoint = checkpoints.load(name)
        config, info = checkpoint.config, checkpoint.info
        network = f"{config.kind} {config.num_layers}x{config.hidden_size}"
        size = count_parameters(config, len(checkpoint.vocab))
        loss = info["validation_loss"]
        print(
            f"{name:<24}{info['corpus']['name']:<16}{network:<13}{size:>10,}{loss:>7.3f}"
            f"{info['ngram']['loss']:>8.3f}{evaluation.Loss(loss, 0).bits_per_char:>7.3f}"
        )
    print(f"\ncorpora to train on: {', '.join(corpora.names())}, or any UTF-8 text file")
    print("losses in nats per character on the validation part")
    return 0
