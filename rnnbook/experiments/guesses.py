"""The guesses of the shipped networks one by one, beside the n-gram's: where each is right."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from rnnbook import inspection
from rnnbook.experiments import held_out
from rnnbook.experiments.experiment import SEEDS, Case, Experiment, Row
from rnnbook.experiments.held_out import rounded
from rnnbook.inspection.errors import CAUSES, RIGHT, count_words, sort_errors
from rnnbook.inspection.markup import quotes
from rnnbook.language_model import log_softmax
from rnnbook.ngram import NGram

ORDERS = 9  # of the paper's oracle: n-grams of 1 to 9 characters
BUCKETS = (10, 20, 40, 80)  # characters from an opening mark to its closing one
_CLOSING = {")": "(", "]": "[", "}": "{"}


def errors_cases() -> list[Case]:
    return held_out.product(("shakespeare", "war-and-peace", "python"))


def errors(model: str, seed: int) -> Row:
    """The share of guesses that are errors, and of these what each cause would have removed.

    ``any_ngram`` is the paper's oracle: an error counts as removed if *any* n-gram of an order
    from 1 to 9 gives the right character a half or more. ``ngram`` asks the best order alone.
    """
    text = held_out.piece(model, seed)
    ours, theirs = (np.exp(logs) for logs in _log_probs(model, text))
    found = sort_errors(text, ours, theirs, count_words(held_out.parts(model)[0]))
    count = (ours < RIGHT).sum()
    return {
        "guesses": len(ours),
        "errors": rounded(count / len(ours)),
        "ngram_errors": rounded((theirs < RIGHT).mean()),
        "ngram_order": held_out.ngram(model).order,
        "any_ngram": rounded((_most_by_any(model, text) >= RIGHT)[ours < RIGHT].mean()),
        **{_key(cause): rounded(found[cause].sum() / count) for cause in CAUSES},
    }


def _most_by_any(model: str, text: str) -> NDArray[np.float64]:
    """The most (T - 1,) that an n-gram of any of the orders gives to each right character."""
    network = held_out.network(model)
    train_ids = network.vocab.encode(held_out.parts(model)[0])
    by_order = NGram(network.vocab, train_ids, ORDERS).log_probs_by_order(
        network.vocab.encode(text)
    )
    most: NDArray[np.float64] = np.exp(np.max(list(by_order), axis=0)[1:])
    return most


def _key(cause: str) -> str:
    return cause.replace("-", "").replace(" ", "_")


def _log_probs(model: str, text: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """ln P (T - 1,) of every character but the first, by the network and by the n-gram."""
    network = held_out.network(model)
    ids = network.vocab.encode(text)
    ours = inspection.log_probs(network, ids, num_streams=16)
    return ours, held_out.ngram(model).log_probs(ids)[1:]


def distance_cases() -> list[Case]:
    return held_out.product(("python", "c", "wikipedia", "latex", "war-and-peace"))


def distance(model: str, seed: int) -> Row:
    """What the network gains over the n-gram on a mark that closes, by how far it was opened.

    Brackets of three kinds, and in War and Peace quotation marks; in nats.
    """
    text = held_out.piece(model, seed, 100_000)
    ours, theirs = _log_probs(model, text)
    ends, lengths = _quotations(text) if model == "war-and-peace" else _brackets(text)
    row: Row = {"gain_everywhere": rounded((ours - theirs).mean())}
    for least, most in zip((0, *BUCKETS), (*BUCKETS, None), strict=True):
        where = ends[(lengths > least) & (lengths <= (most or lengths.max(initial=0)))]
        name = f"up_to_{most}" if most else "further"
        row[f"count_{name}"] = len(where)
        if len(where):
            row[f"gain_{name}"] = rounded((ours - theirs)[where - 1].mean())
            row[f"network_{name}"] = rounded(np.exp(ours[where - 1]).mean())
            row[f"ngram_{name}"] = rounded(np.exp(theirs[where - 1]).mean())
    return row


def _brackets(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where brackets close, and how many characters after they opened."""
    opened: list[tuple[str, int]] = []
    found = []
    for t, char in enumerate(text):
        if char in _CLOSING.values():
            opened.append((char, t))
        elif char in _CLOSING and opened and opened[-1][0] == _CLOSING[char]:
            found.append((t, t - opened.pop()[1]))
    return _columns(found)


def _quotations(text: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where quotations close by a mark, and how many characters after they opened."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], quotes(text), [False]]).astype(int)))
    pairs = edges.reshape(-1, 2)
    return _columns([(end, end - start) for start, end in pairs.tolist()
                     if text[end : end + 1] == '"' and start > 0])  # fmt: skip


def _columns(found: list[tuple[int, int]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    ends, lengths = np.array(found, dtype=np.int64).reshape(-1, 2).T
    return ends, lengths


def www_cases() -> list[Case]:
    return held_out.product(("wikipedia",))


def www(model: str, seed: int) -> Row:
    """The chance given to each right character of ``www.``, and to those elsewhere.

    ``network_1`` is that of the first w, and ``network_4`` that of the point. Elsewhere are
    the 100 characters before.
    """
    _, text = held_out.parts(model)
    third = len(text) // len(SEEDS)
    text = text[seed * third : (seed + 1) * third]
    starts = [found.start() for found in re.finditer(r"\bwww\.", text) if found.start() > 300]
    ids = held_out.network(model).vocab.encode(text)
    windows = np.stack([ids[start - 300 : start + 4] for start in starts])  # (N, 304)
    state = held_out.network(model).initial_state(len(windows))
    logits, _ = held_out.network(model).read(windows[:, :-1], state)
    picked = np.take_along_axis(log_softmax(logits), windows[:, 1:, None], axis=2)[..., 0]
    ngram = held_out.ngram(model)
    probs = {"network": np.exp(picked),
             "ngram": np.exp([ngram.log_probs(window)[1:] for window in windows])}  # fmt: skip
    row: Row = {"count": len(windows), "ngram_order": ngram.order}
    for name, found in probs.items():  # (N, 303)
        for place in range(4):
            row[f"{name}_{place + 1}"] = rounded(found[:, place - 4].mean())
        row[f"{name}_inside"] = rounded(found[:, -3:].mean())  # from the second w on
        row[f"{name}_inside_least"] = rounded(found[:, -3:].min())
        row[f"{name}_elsewhere"] = rounded(found[:, -104:-4].mean())
    return row


EXPERIMENTS = (
    Experiment("errors", "Which errors would an n-gram have avoided?", errors_cases, errors,
               over="passages read by one network"),
    Experiment("distance", "At which distance does the network beat counting on what closes?",
               distance_cases, distance, over="passages read by one network"),
    Experiment("www", "How sure is the network inside www.?", www_cases, www,
               over="passages read by one network"),
)  # fmt: skip
