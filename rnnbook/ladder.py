"""The ladder of baselines: what counting can do, and where a network stands on it.

From the lowest rung: the n-gram with Witten and Bell's smoothing; the best *static* counter, which
may be smoothed by Kneser and Ney and looks back as far as helps; counters that go on counting while
they read; PPMd, the counter that people use; mixtures of the network and a counter; and the network
that goes on learning while it reads.

Whatever has an order, a smoothing or weights has them chosen on the first half of the held-out
text. The second half is the test: nothing was chosen on it. A counter that goes on counting reads
both halves from the beginning.

Taught in the chapters *Counting* and *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from rnnbook.counters import ppmd
from rnnbook.counters.adaptive import Adaptive
from rnnbook.counters.kneser_ney import KneserNey
from rnnbook.counters.mixture import fitted_weights, mixed, mixed_while_reading
from rnnbook.counters.suffixes import Suffixes
from rnnbook.errors import TextError
from rnnbook.ngram import NGram
from rnnbook.text import Ids, Vocab, start_of_test

if TYPE_CHECKING:
    from rnnbook.counters.counter import Counter
    from rnnbook.torch_networks.rnn import TorchModel

LONGEST = 16  # the highest order that is tried
PATIENCE = 3  # orders in a row without a gain end the search
NETWORK, PIECES, PPMD = "network", "PPMd in pieces", "PPMd, counting on"
FIXED, LEARNT = "mixture, fixed weights", "mixture, weights learnt"
ADAPTED = "network, learning on"
KINDS = (
    NETWORK, NGram.smoothing, KneserNey.smoothing, f"{NGram.smoothing}, counting on",
    f"{KneserNey.smoothing}, counting on", PIECES, PPMD, FIXED, LEARNT, ADAPTED,
)  # fmt: skip
PPMD_ORDERS = (4, 6, 8, 12, 16)
PPMD_PIECES = 30  # of the test half that are coded one by one
ADAPTING_RATES = (1e-4, 3e-4, 1e-3)  # that are tried
ADAPTING_TRIED_ON = 20_000  # characters at most, of the half that chooses
LogProbs = NDArray[np.float64]


@dataclass(frozen=True)
class Rung:
    """Losses of one model in nats per character: of the half that chooses, of the test half,
    and of both. None where it was not measured."""

    kind: str  # one of KINDS
    name: str  # with its order and weights
    test: float
    choosing: float | None = None
    whole: float | None = None


@dataclass
class Search:
    """What one smoothing gives at every order, and the order that the first half chooses."""

    model: Counter | Adaptive
    rungs: dict[int, Rung] = field(default_factory=dict)
    order: int = 0
    log_probs: LogProbs = field(default_factory=lambda: np.empty(0))

    @property
    def best(self) -> Rung:
        return self.rungs[self.order]


def halves(log_probs: LogProbs) -> tuple[float, float, float]:
    """Losses of ln P (N - 1,) of ids[1:]: of the first half, of the second, of both."""
    half = start_of_test(len(log_probs))
    return _loss(log_probs[:half]), _loss(log_probs[half:]), _loss(log_probs)


def _loss(log_probs: LogProbs) -> float:
    return float(-log_probs.mean())


def rung(kind: str, name: str, log_probs: LogProbs) -> Rung:
    """The rung of a model that gives ln P (N - 1,) to ids[1:]."""
    choosing, test, whole = halves(log_probs)
    return Rung(kind, name, test, choosing, whole)


def search(model: Counter | Adaptive, held_out_ids: Ids) -> Search:
    """Try the orders 1, 2, ... until three in a row bring nothing on the first half."""
    found = Search(model)
    for order, log_probs in enumerate(model.log_probs_by_order(held_out_ids), start=1):
        name = f"{order}-gram, {model.smoothing}"
        found.rungs[order] = rung(model.smoothing, name, log_probs[1:])
        if not found.order or _chosen(found.rungs[order]) < _chosen(found.best):
            found.order, found.log_probs = order, log_probs[1:]
        if order - found.order >= PATIENCE:
            break
    return found


def _chosen(one: Rung) -> float:
    assert one.choosing is not None
    return one.choosing


def static_counters(
    vocab: Vocab,
    train_ids: Ids,
    held_out_ids: Ids,
    *,
    longest: int = LONGEST,
    progress: bool = False,
) -> tuple[Search, Search]:
    """The n-grams of Witten and Bell's smoothing, and of Kneser and Ney's, on the same counts.

    Raises :class:`TextError` if there are fewer than three characters to score.
    """
    if len(held_out_ids) < 4:
        raise TextError("it takes at least four held-out characters to choose and to test")
    order = min(longest, len(train_ids))
    if order < 1:
        raise TextError("the training text is empty")
    suffixes = Suffixes(train_ids, len(vocab), order, progress=progress)
    witten_bell = search(NGram.of(vocab, suffixes), held_out_ids)
    return witten_bell, search(KneserNey.of(vocab, suffixes), held_out_ids)


def best(searches: tuple[Search, ...]) -> Search:
    """The one that the first half chooses."""
    return min(searches, key=lambda found: _chosen(found.best))


def slow_rungs(
    static: tuple[Search, Search],
    vocab: Vocab,
    train_ids: Ids,
    held_out_ids: Ids,
    network: LogProbs | None = None,
    *,
    progress: bool = False,
) -> Iterator[Rung]:
    """The rungs that take minutes: counting on, PPMd, and the mixtures with a network's ln P
    (N - 1,), if there is one."""
    adaptive = []
    for one in static:
        adaptive.append(search(_counting_on(one), held_out_ids))
        yield adaptive[-1].best
    yield from ppmd_rungs(vocab.decode(train_ids), vocab.decode(held_out_ids), progress=progress)
    if network is not None:
        yield from mixtures(network, best(static), best(tuple(adaptive)))


def _counting_on(found: Search) -> Adaptive:
    """Orders a little higher are tried, too: what was just read is worth a longer context."""
    model = found.model
    assert not isinstance(model, Adaptive)
    return Adaptive(model.shortened(min(model.order, found.order + 2 * PATIENCE)))


def ppmd_rungs(train_text: str, held_out: str, *, progress: bool = False) -> Iterator[Rung]:
    """PPMd that starts from the training text for every piece, and that counts on.

    The order is the best of a few on the first half.
    """
    half = len(held_out) // 2 + 1
    first, second = held_out[:half], held_out[half:]
    losses = {n: ppmd.adaptive_loss(train_text, first, order=n) for n in PPMD_ORDERS}
    order = min(losses, key=losses.__getitem__)
    static = ppmd.static_loss(
        train_text, second, order=order, pieces=PPMD_PIECES, progress=progress
    )
    yield Rung(PIECES, f"PPMd of order {order}, {ppmd.PIECE:,} characters at a time", static)
    counting_on = ppmd.adaptive_loss(train_text + first, second, order=order)
    whole = (losses[order] * len(first) + counting_on * len(second)) / len(held_out)
    yield Rung(PPMD, f"PPMd of order {order}, counting on", counting_on, losses[order], whole)


def mixtures(network: LogProbs, static: Search, adaptive: Search) -> Iterator[Rung]:
    """The network with the best static counter, weights fixed by the first half, and with the
    best that counts on, weights learnt while reading."""
    pair = np.stack([network, static.log_probs])
    half = start_of_test(len(network))
    weights = fitted_weights(pair[:, :half])
    name = f"network x {weights[0]:.2f} + {static.best.name} x {weights[1]:.2f}"
    yield rung(FIXED, name, mixed(pair, weights))
    pair = np.stack([network, adaptive.log_probs])
    learnt, last = mixed_while_reading(pair, np.array([0.5, 0.5]))
    name = f"network + {adaptive.best.name}, weights learnt ({last[0]:.2f} at the end)"
    yield rung(LEARNT, name, learnt)


def adapted_rung(
    model: TorchModel,
    train_ids: Ids,
    held_out_ids: Ids,
    rng: np.random.Generator,
    *,
    progress: bool = False,
) -> tuple[Rung, LogProbs]:
    """The network that goes on learning while it reads, and its ln P (N - 1,).

    The rate is the best of a few on the beginning of the first half; ``rng`` draws where the
    training text shows how large gradients are. See :mod:`rnnbook.torch_networks.adapting`.
    Raises :class:`TextError` if a text is too short.
    """
    from rnnbook.torch_networks.adapting import Adaptation, adapted_log_probs, gradient_sizes

    sizes = gradient_sizes(model, train_ids, rng)
    tried = held_out_ids[: min(ADAPTING_TRIED_ON, start_of_test(len(held_out_ids) - 1)) + 1]
    losses = {
        rate: _loss(adapted_log_probs(model, tried, sizes, Adaptation(rate), progress=progress))
        for rate in ADAPTING_RATES
    }
    rate = min(losses, key=losses.__getitem__)
    found = adapted_log_probs(model, held_out_ids, sizes, Adaptation(rate), progress=progress)
    return rung(ADAPTED, f"{ADAPTED} at the rate {rate:g}", found), found
