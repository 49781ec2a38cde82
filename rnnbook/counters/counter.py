"""What every model has in common that counts strings: the n-grams of any smoothing.

A smoothing says how the counts after a context of ``k`` characters are mixed with the
distribution after the context without its first character. Below the empty context every
character has 1/V.

Taught in the chapter *Counting*.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from rnnbook.counters.suffixes import Array, Contexts, Suffixes
from rnnbook.errors import TextError
from rnnbook.language_model import State
from rnnbook.text import Ids, Vocab

Probs = NDArray[np.float64]
Kinds = NDArray[np.int64]
_NOBODY = -1  # an id, or a node, that is not there
_REMEMBERED = 4096  # nodes whose followers are kept for the next draw


class Counter(ABC):
    """A character model that looks at the last ``order - 1`` characters.

    ``suffixes`` holds the counts; those of an order hold those of all lower ones.
    """

    #: What the smoothing is called in tables.
    smoothing: ClassVar[str]
    #: Whether the longest contexts are counted in another way than the shorter ones.
    has_own_top: ClassVar[bool] = False

    def __init__(self, vocab: Vocab, ids: Ids, order: int, *, progress: bool = False):
        """Count ids (N,), for contexts of 0 to ``order - 1`` characters.

        Raises :class:`TextError` if the order is below 1 or the text is shorter
        than the order.
        """
        if order < 1:
            raise TextError("the order of an n-gram is 1 or more")
        if len(ids) < order:
            raise TextError(
                f"a text of {len(ids)} characters is too short for n-grams of order {order}"
            )
        self._set_up(vocab, order, Suffixes(ids, len(vocab), order, progress=progress))

    def _set_up(self, vocab: Vocab, order: int, suffixes: Suffixes) -> None:
        self.vocab, self.order, self.suffixes = vocab, order, suffixes
        self._followers: dict[tuple[int, int], tuple[int, Array, Array]] = {}

    @classmethod
    def of(cls, vocab: Vocab, suffixes: Suffixes, order: int | None = None) -> Self:
        """A model on counts that are there already, of their order or a lower one."""
        model = object.__new__(cls)
        model._set_up(vocab, suffixes.order if order is None else order, suffixes)
        return model

    def shortened(self, order: int) -> Self:
        """The model of a lower order, on the same counts."""
        shorter = object.__new__(type(self))
        shorter.__dict__.update(self.__dict__)
        shorter.order = order
        return shorter

    @property
    def num_strings(self) -> list[int]:
        """How many different strings of 1, 2, ... up to ``order`` characters were counted."""
        return [self.suffixes.num_strings(length) for length in range(1, self.order + 1)]

    # --- what a smoothing says ---------------------------------------------------------

    @abstractmethod
    def tally(self, length: int, contexts: Contexts, top: bool) -> tuple[Array, Array, Kinds]:
        """Of contexts of so many characters: counts (M,) of the next character, of anything
        (M,), and how many characters followed at all, or once, twice, and so on (M, K).

        ``top`` says that these are the longest contexts of the model.
        """

    @abstractmethod
    def mix(
        self, length: int, tallied: tuple[Array, Array, Kinds], shorter: Probs, top: bool
    ) -> Probs:
        """Probabilities (M,) from tallies (M,) and what the shorter contexts say (M,)."""

    @abstractmethod
    def growth(self, counts: Array) -> Kinds:
        """How the numbers of characters (M, K) after a context change when one of them, which
        had counts (M,), is met once more."""

    @abstractmethod
    def _weights(self, length: int, first: int, counts: Array, top: bool) -> Array:
        """Counts (M,) of the followers of one context, as the smoothing counts them."""

    # --- scoring -----------------------------------------------------------------------

    def log_probs(self, ids: Ids) -> Probs:
        """ln P (N,) of every character of ids (N,), each given those before it."""
        (longest,) = self._log_probs(ids, [self.order])
        return longest

    def log_probs_by_order(self, ids: Ids) -> Iterator[Probs]:
        """Yield ln P (N,) of ids (N,) for the orders 1, 2, ... up to this model's own.

        The counts of an order hold those of all lower ones, so one table gives them all.
        """
        return self._log_probs(ids, range(1, self.order + 1))

    def _log_probs(self, ids: Ids, orders: Sequence[int]) -> Iterator[Probs]:
        found = self.suffixes.find(np.asarray(ids))
        probs = np.full(len(ids), 1 / len(self.vocab))
        for length in range(self.order):
            wanted = length + 1 in orders
            longest = probs.copy() if wanted and self.has_own_top else probs
            for contexts in self.suffixes.contexts(found, length):
                if wanted:
                    self._update(longest, length, contexts, True)
                if longest is not probs or not wanted:
                    self._update(probs, length, contexts, False)
            if wanted:
                yield np.log(longest)

    def _update(self, probs: Probs, length: int, contexts: Contexts, top: bool) -> None:
        tallied = self.tally(length, contexts, top)
        probs[contexts.at] = self.mix(length, tallied, probs[contexts.at], top)

    # --- stepping ----------------------------------------------------------------------

    def initial_state(self, batch_size: int = 1) -> State:
        """Nothing read yet: ``{"context": (B, order - 1)}``, filled with -1, and the nodes
        of its last 0, 1, ... characters, ``{"nodes": (B, order)}``, or -1."""
        context = np.full((batch_size, self.order - 1), _NOBODY, dtype=np.int64)
        nodes = np.full((batch_size, self.order), _NOBODY, dtype=np.int64)
        nodes[:, 0] = 0
        return {"context": context, "nodes": nodes}

    def step(self, ids: Ids, state: State) -> tuple[Probs, State]:
        """Read ids (B,); logits (B, V) are the log-probabilities of the next character."""
        ids = np.asarray(ids)
        read = np.concatenate([state["context"], ids[:, None]], axis=1)
        nodes = np.full_like(state["nodes"], _NOBODY)  # (B, order)
        for row, char_id in enumerate(ids):
            nodes[row] = self._next_nodes(state["nodes"][row], char_id)
        logits = np.log([self._distribution(row) for row in nodes.tolist()])
        return logits, {"context": read[:, read.shape[1] - (self.order - 1) :], "nodes": nodes}

    def _next_nodes(self, nodes: NDArray[np.int64], char_id: int) -> list[int]:
        """The nodes (order,) of the last 0, 1, ... characters, one character later."""
        later = [0] + [_NOBODY] * (self.order - 1)
        for length, node in enumerate(nodes[:-1].tolist()):
            if node == _NOBODY:
                break
            first, ids, _ = self._children(length, node)
            place = int(ids.searchsorted(char_id))
            if place == len(ids) or ids[place] != char_id:
                break  # a longer string cannot have occurred either
            later[length + 1] = first + place
        return later

    def _children(self, length: int, node: int) -> tuple[int, Array, Array]:
        key = length, node
        if key not in self._followers:
            if len(self._followers) >= _REMEMBERED:
                self._followers.clear()
            self._followers[key] = self.suffixes.children(length, node)
        return self._followers[key]

    def _distribution(self, nodes: list[int]) -> Probs:
        """P (V,) after a context, given the nodes of its last 0, 1, ... characters."""
        size = len(self.vocab)
        probs = np.full(size, 1 / size)
        for length, node in enumerate(nodes):
            if node == _NOBODY:
                break
            first, ids, counts = self._children(length, node)
            top = length + 1 == self.order
            weights = np.zeros(size, dtype=np.int64)
            weights[ids] = self._weights(length, first, counts, top)
            total = weights.sum()
            if total:
                tallied: Any = weights, total, self._kinds(weights)
                probs = self.mix(length, tallied, probs, top)
        return probs

    @abstractmethod
    def _kinds(self, weights: Array) -> Kinds:
        """How many characters followed a context at all, or once, twice, and so on (K,)."""
