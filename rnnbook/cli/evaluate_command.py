"""``rnnbook evaluate``."""

from __future__ import annotations

import argparse
import json
import sys
import time
from dataclasses import asdict, replace
from typing import Any

import numpy as np

from rnnbook import checkpoints, evaluation, ladder
from rnnbook.checkpoints import Checkpoint
from rnnbook.cli.text_options import ENCODING_HELP, text_for, validation_fraction
from rnnbook.evaluation import Loss
from rnnbook.ladder import LogProbs, Rung, Search
from rnnbook.text import Ids

_DESCRIPTION = """\
Score a model on the last part of a text, with counters beside it that count the part before:
the n-gram with Witten and Bell's smoothing, and the best counter there is that does not learn
while it reads. On the text that the model was trained on the comparison is fair.

The first half of the scored part chooses the orders and the smoothing. The second half is the
test.
"""


def add_parser(subparsers, model_help: str) -> None:
    parser = subparsers.add_parser(
        "evaluate",
        help="measure a model on a text, with counters beside it",
        description=_DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("model", help=model_help)
    parser.add_argument(
        "corpus",
        nargs="*",
        default=[],
        help="text files, folders, -, or a corpus; several are joined (default: the model's)",
    )
    parser.add_argument("--encoding", metavar="NAME", help=ENCODING_HELP)
    parser.add_argument(
        "--validation-fraction",
        type=float,
        metavar="SHARE",
        help="(default: that of the model's training)",
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--no-ngram", action="store_true", help="the model alone, without counters")
    which.add_argument(
        "--ladder",
        action="store_true",
        help="also what takes minutes: counters that go on counting while they read, PPMd, and "
        "mixtures of network and counter",
    )
    parser.add_argument(
        "--adapt",
        action="store_true",
        help="also the model while it goes on learning from what it has just read (dynamic "
        "evaluation), which takes much longer than reading alone",
    )
    parser.add_argument(
        "--copies",
        action="store_true",
        help="also how much of the text the model repeats when it writes",
    )
    parser.add_argument("--json", action="store_true", help="the numbers, as JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Print nats, bits and perplexity of the model, and the losses of the counters."""
    checkpoint = checkpoints.load(options.model)
    corpus, is_own, note = text_for(checkpoint, options.corpus, options.encoding)
    if note:
        print(note, file=sys.stderr)
    vocab, share = checkpoint.vocab, options.validation_fraction
    if share is None:
        share = validation_fraction(checkpoint)
    ids, cut = vocab.encode(corpus.text), corpus.cut(share)
    train_ids, held_out_ids = ids[:cut], ids[cut:]
    start = time.perf_counter()
    network = evaluation.log_probs(checkpoint.model(), held_out_ids)
    seconds = time.perf_counter() - start
    loss = Loss(float(-network.mean()), len(network))
    rungs, static = [], None
    if not options.no_ngram:
        static = ladder.static_counters(vocab, train_ids, held_out_ids, progress=True)
        rungs = _quick_rungs(checkpoint.config.kind, network, static)
    if options.ladder and static is not None:
        rungs += ladder.slow_rungs(static, vocab, train_ids, held_out_ids, network, progress=True)
    cost = None
    if options.adapt:
        if not rungs:
            rungs = [ladder.rung(ladder.NETWORK, checkpoint.config.kind, network)]
        start = time.perf_counter()
        rungs.append(_adapted(checkpoint, train_ids, held_out_ids))
        cost = (time.perf_counter() - start) / seconds
    copied = evaluation.copies(checkpoint.model(), corpus.text) if options.copies else None
    if options.json:
        told = {"copies": asdict(copied)} if copied else {}
        print(json.dumps({**_report(loss, static, rungs), **told}, indent=2))
        return 0
    print(f"the last {share:.0%} of {corpus.name}, state carried:")
    print(f"  {checkpoint.config.kind:<12} {loss}")
    if rungs:
        _print_rungs(rungs)
    if cost is not None:
        print(
            f"learning on took {cost:,.0f} times as long as reading (with the search for its rate)"
        )
    if copied:
        print(copied)
    if not is_own:
        print("the model was trained on another text than this one")
    return 0


def _quick_rungs(kind: str, network: LogProbs, static: tuple[Search, Search]) -> list[Rung]:
    chosen = ladder.best(static).best
    best = replace(chosen, name=f"{chosen.name} (best static)")
    return [ladder.rung(ladder.NETWORK, kind, network), static[0].best, best]


def _adapted(checkpoint: Checkpoint, train_ids: Ids, held_out_ids: Ids) -> Rung:
    """The network that learns while it reads: small products, which one core computes best."""
    from rnnbook.torch_networks.linear import from_weights
    from rnnbook.training.cores import cores

    model = from_weights(checkpoint.vocab, checkpoint.config, checkpoint.weights)
    with cores(1):
        return ladder.adapted_rung(
            model, train_ids, held_out_ids, np.random.default_rng(0), progress=True
        )[0]


def _report(loss: Loss, static: tuple[Search, Search] | None, rungs: list[Rung]) -> dict[str, Any]:
    """The numbers; ``ngram`` is, as in a checkpoint, the best n-gram of the whole part."""
    if static is None:
        return {
            **evaluation.report(loss),
            **({"rungs": [asdict(rung) for rung in rungs]} if rungs else {}),
        }
    by_order = static[0].rungs
    order = min(by_order, key=lambda n: by_order[n].whole or np.inf)
    baseline = Loss(by_order[order].whole or np.inf, loss.characters)
    return {
        **evaluation.report(loss, baseline, order),
        "rungs": [asdict(rung) for rung in rungs],
        "orders": {
            search.model.smoothing: {n: asdict(one) for n, one in search.rungs.items()}
            for search in static
        },
    }


def _print_rungs(rungs: list[Rung]) -> None:
    """A line a rung: the test half first, since it is what counts."""
    width = max(len(rung.name) for rung in rungs)
    print("\nnats per character; the first half chose order, smoothing and weights")
    print(f"  {'':<{width}}  second half (test)  first half   whole")
    for rung in rungs:
        choosing, whole = (
            "" if value is None else f"{value:.4f}" for value in (rung.choosing, rung.whole)
        )
        print(f"  {rung.name:<{width}}  {rung.test:>18.4f}  {choosing:>10}  {whole:>6}")
