"""Counters beside networks: what the best of them loses on the text that a training read.

A training that ends level with a counter has not yet shown what its network can. So the claims
hold each training against the best static counter of the same text, and every shipped network
against that of its own. The counters are those of the chapter *Counting*.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rnnbook import checkpoints, ladder
from rnnbook.experiments import held_out, learning, small
from rnnbook.experiments.experiment import Case, Experiment, Row
from rnnbook.experiments.held_out import rounded
from rnnbook.language_model import log_softmax
from rnnbook.text import Ids, start_of_test

#: The texts of the small trainings: a name, and how many characters of it are read.
READ = (
    (small.TEXT, 100_000), (small.TEXT, 300_000), (small.TEXT, 1_000_000), (small.TEXT, 3_500_000),
    (learning.NOVEL, learning.TRAINED),
)  # fmt: skip
PIECES, LENGTH, WARM_UP = 6, 6_000, 500  # pieces of the test part, and characters of each


def yardsticks_cases() -> list[Case]:
    return [{"text": text, "characters": characters} for text, characters in READ]


def yardsticks(text: str, characters: int) -> Row:
    """The best static counter of what a small training reads, on what that is scored on.

    Losses in nats per character. The order and the smoothing are those that do best on the first
    half of the piece. ``within`` is the share of all orders and both smoothings that come within
    half a nat of the best: what settings drawn at random give.
    """
    scored = small.held_out_ids(text)
    if text == learning.NOVEL:
        scored = scored[: learning.READ]
    searches = ladder.static_counters(
        small.vocab(text), small.training_ids(characters, text), scored
    )
    best = ladder.best(searches).best
    losses = [rung.whole for one in searches for rung in one.rungs.values()]
    near = [loss is not None and best.whole is not None and loss < best.whole + 0.5
            for loss in losses]  # fmt: skip
    return {
        "counter": best.name,
        "loss": rounded(best.whole),
        "witten_bell": rounded(searches[0].best.whole),
        "within": rounded(np.mean(near)),
        "counters": len(near),
    }


def static_counters_cases() -> list[Case]:
    """The shipped networks that are named after their text."""
    names = checkpoints.shipped()
    return [
        {"model": name} for name in names if checkpoints.load(name).info["corpus"]["name"] == name
    ]


def static_counters(model: str) -> Row:
    """A network and the best static counter of its training text, on pieces of the test half.

    The counter is chosen on as many characters of the other half. Losses in nats per character;
    ``ahead`` is by how much the network's is lower, piece by piece.
    """
    network = held_out.network(model)
    train_text, text = held_out.parts(model)
    ids = network.vocab.encode(text)
    half = start_of_test(len(ids))
    length = min(LENGTH, (len(ids) - half) // PIECES)
    slot = (len(ids) - half) // PIECES
    starts = half + slot * np.arange(PIECES)
    test = ids[starts[:, None] + np.arange(length)]  # (B, T)
    # one text: what chooses, then the test pieces; both halves are of one length
    both = np.concatenate([ids[: 1 + PIECES * length], test.ravel()])
    searches = ladder.static_counters(network.vocab, network.vocab.encode(train_text), both)
    best = ladder.best(searches)
    theirs = best.log_probs[-PIECES * length :].reshape(PIECES, length)
    ours = _read(model, ids, starts, length)
    losses = -ours.mean(axis=1), -theirs.mean(axis=1)
    return {
        "counter": best.best.name,
        "characters": length,
        "network": rounded(losses[0].mean()),
        "loss": rounded(losses[1].mean()),
        "witten_bell": rounded(searches[0].best.test),
        "ahead": [rounded(value) for value in losses[1] - losses[0]],
    }


def _read(model: str, ids: Ids, starts: Ids, length: int) -> NDArray[np.float64]:
    """ln P (B, T) of the pieces that begin at ``starts`` (B,), after what stands before them."""
    network = held_out.network(model)
    x = ids[starts[:, None] + np.arange(-WARM_UP, length)]  # (B, W + T)
    logits, _ = network.read(x[:, :-1], network.initial_state(len(x)))
    own, right = log_softmax(logits[:, -length:]), x[:, -length:, None]
    picked: NDArray[np.float64] = np.take_along_axis(own, right, axis=2)[..., 0]
    return picked


EXPERIMENTS = (
    Experiment("yardsticks", "What does the best static counter lose on the small trainings' text?",
               yardsticks_cases, yardsticks, over=""),
    Experiment("static_counters", "Is the network better than the best counter of its text?",
               static_counters_cases, static_counters, over="passages read by one network"),
)  # fmt: skip
