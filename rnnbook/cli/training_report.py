"""What ``rnnbook train`` prints.

It draws nothing: a training is followed in lines, and in a bar where there is a terminal.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable
from typing import Any

from tqdm import tqdm

from rnnbook import checkpoints, training
from rnnbook.cli import text_options
from rnnbook.recurrent import count_parameters
from rnnbook.training import Progress


def announce(session: training.Session, *, counts_ngrams: bool = True) -> None:
    """The text, the network, and where an unfinished training stands."""
    run = session.run
    symbols = len(run.vocab)
    size = count_parameters(run.model_config, symbols)
    if session.is_resumed:
        of = f" of {run.steps:,}" if run.steps is not None else ""
        print(f"going on at step {run.step:,}{of} of the training to {session.outputs.out}")
    print(f"{run.corpus['name']}: {run.corpus['characters']:,} characters, {symbols:,} different")
    for remark in text_options.remarks(session.corpus):
        print(remark)
    print(
        f"{run.model_config.kind}: {run.model_config.num_layers} x {run.model_config.hidden_size} "
        f"units, {size:,} parameters; batches of {run.config.batch_size} x {run.config.seq_len} "
        "characters"
    )
    if run.parent:
        print(f"the network goes on from {_parent_line(run.parent)}")
    if counts_ngrams and not run.ngram:
        print("counting n-grams, the baseline, comes first")
    sys.stdout.flush()


def _parent_line(parent: dict[str, Any]) -> str:
    loss, of = parent["validation_loss"], f" (run {parent['run']})" if parent["run"] else ""
    return f"{parent['name']}{of}" + (f", of loss {loss:.4f}" if loss is not None else "")


def follow(
    progress: Iterable[Progress], *, quiet: bool, is_first: bool = True, every: float = 60.0
) -> None:
    """Show a bar that moves with every progress, and a line for every validation.

    Where the bar would go to a file, there is none; lines say how far the training is, one
    after ``every`` seconds without another.
    """
    has_bar = is_first and not quiet and sys.stderr.isatty()
    said = time.monotonic()
    with tqdm(unit="step", disable=not has_bar, dynamic_ncols=True) as bar:
        for point in progress:
            bar.total = point.steps
            bar.n = point.step
            bar.set_postfix_str(f"loss {point.loss:.3f}", refresh=False)
            bar.refresh()
            is_silent = has_bar or quiet or time.monotonic() - said < every
            if is_first and (point.validation_loss is not None or not is_silent):
                bar.write(_line(point, quiet))
                sys.stdout.flush()
                said = time.monotonic()


def _line(point: Progress, quiet: bool) -> str:
    of = f" of {point.steps}" if point.validation_loss is None and point.steps else ""
    line = f"step {point.step:>6}{of}  training {point.loss:.3f}"
    if point.validation_loss is not None:
        line += f"  validation {point.validation_loss:.3f}"
    start = " ".join((point.sample or "").split())[:60]
    return line if quiet or not start else f"{line}  {start}"


def conclude(session: training.Session, *, quiet: bool) -> None:
    """The losses, where the network is, and a sample."""
    out = session.outputs.out
    checkpoint = checkpoints.load(out)
    info = checkpoint.info
    print(f"\nvalidation loss {info['validation_loss']:.4f} nats per character")
    print(f"  {info['measured']}")
    if "test_loss" in info:
        print(f"  {info['test_loss']:.4f} on its second half, the test: nothing was chosen on it")
    if info["block_loss"] is not None:
        print(f"  {info['block_loss']:.4f} without carried state, in blocks of 256 characters")
    if ngram := info["ngram"]:
        print(f"  {ngram['loss']:.4f} for the best n-gram, of order {ngram['order']:.0f}")
    if "parent" in info:
        before = info["parent"]["validation_loss_here"]
        print(f"  {before:.4f} for {info['parent']['name']}, from which it went on")
    print(f"after {info['seconds']:.0f} seconds and {info['steps']:,} steps; saved as {out}")
    if session.outputs.problem:
        print(f"rnnbook: {session.outputs.problem}", file=sys.stderr)
    if not quiet:
        seed = info["training"]["seed"]
        print("\n" + training.draw_sample(checkpoint.model(), seed, 500).strip())
