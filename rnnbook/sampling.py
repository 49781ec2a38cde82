"""One sampler for every model: temperature, top-k, top-p, and a stream of draws.

A character is drawn by inverting the cumulative distribution at one uniform
number from ``rng.random()``. ``numpy.random.default_rng(seed)`` is PCG64, whose
stream NumPy guarantees, so the same seed gives the same text in every engine,
the one in the page included.

Taught in the chapter *Sampling and temperature*.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rnnbook.errors import SamplingError
from rnnbook.language_model import LanguageModel, State, softmax

#: The longest text that one call draws.
MAX_LENGTH = 1_000_000


@dataclass(frozen=True)
class Draw:
    """One sampled character, and what the model thought before drawing it."""

    char: str
    probs: NDArray[np.float64]  # (V,), after temperature, top-k and top-p
    state: State  # before the character is read
    surprise: float  # -ln of the model's own probability (temperature 1), in nats


def next_char_probs(
    logits: NDArray[np.floating],
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> NDArray[np.float64]:
    """Probabilities (V,) to draw from, of logits (V,).

    The logits are divided by ``temperature``; 0 puts all on the likeliest
    character (the first of them, if several are equal). ``top_k`` keeps the k
    likeliest characters. ``top_p`` keeps the fewest likeliest characters whose
    probabilities sum to p or more (nucleus sampling: Holtzman et al. 2020, arXiv
    1904.09751). What is kept is scaled to sum to 1.

    Raises :class:`SamplingError` if a setting is out of range.
    """
    check_settings(temperature, top_k, top_p)
    logits = np.asarray(logits, dtype=np.float64)
    if temperature == 0:
        probs = np.zeros(len(logits))
        probs[np.argmax(logits)] = 1.0
        return probs
    # subtracted first, so that a tiny temperature cannot overflow
    with np.errstate(over="ignore"):  # minus infinity is what it means
        probs = softmax((logits - logits.max()) / temperature)
    if top_k is None and top_p is None:
        return probs
    order = np.argsort(-probs, kind="stable")
    kept = len(order) if top_k is None else min(top_k, len(order))
    if top_p is not None:
        mass = np.cumsum(probs[order[:kept]] / probs[order[:kept]].sum())
        kept = min(kept, int(np.searchsorted(mass, top_p - 1e-12)) + 1)
    probs[order[kept:]] = 0.0
    return probs / probs.sum()


def draw_id(probs: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Draw an id from probabilities (V,): the first whose cumulative sum exceeds
    ``rng.random()``. Takes exactly one number from ``rng``."""
    cumulative = np.cumsum(probs)
    found = int(np.searchsorted(cumulative, rng.random() * cumulative[-1], side="right"))
    return min(found, int(np.flatnonzero(probs)[-1]))  # rounding may step past the end


def generate(
    model: LanguageModel,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: np.random.Generator,
    state: State | None = None,
) -> Iterator[Draw]:
    """Yield ``length`` draws that go on from ``prompt``, one character at a time.

    The settings are checked and the prompt is read at the call, before the first
    draw is asked for. ``state`` is where the model starts (by default: nothing
    read). Join the characters with ``"".join(draw.char for draw in ...)``.

    Raises :class:`SamplingError` for a setting out of range or an empty prompt,
    and :class:`UnknownCharacterError` for a prompt with characters that the model
    does not know.
    """
    check_settings(temperature, top_k, top_p)
    check_length(length)
    if not prompt:
        raise SamplingError(
            "the prompt is empty; give at least one character, for example a newline"
        )
    state = model.initial_state() if state is None else state
    logits: NDArray[np.floating] = np.zeros((1, len(model.vocab)))
    for char_id in model.vocab.encode(prompt):
        logits, state = model.step(np.array([char_id]), state)
    return _draws(model, logits[0], state, length, (temperature, top_k, top_p), rng)


def _draws(model, logits, state, length, settings, rng) -> Iterator[Draw]:
    for drawn in range(length):
        probs = next_char_probs(logits, *settings)
        char_id = draw_id(probs, rng)
        surprise = -math.log(max(softmax(logits)[char_id], 1e-300))
        yield Draw(model.vocab[char_id], probs, state, surprise)
        if drawn + 1 < length:
            logits, state = model.step(np.array([char_id]), state)
            logits = logits[0]


def sample(model: LanguageModel, prompt: str, length: int, **settings) -> str:
    """The text that :func:`generate` draws, without the prompt. Same arguments."""
    return "".join(draw.char for draw in generate(model, prompt, length, **settings))


def check_settings(
    temperature: float, top_k: int | None = None, top_p: float | None = None
) -> None:
    """Raise :class:`SamplingError` if a setting is out of range."""
    if not _is_number(temperature) or not 0 <= temperature < math.inf:
        raise SamplingError(
            f"the temperature is a number of at least 0 (0 always takes the likeliest "
            f"character, 1 follows the model), not {temperature!r}"
        )
    if top_k is not None and (not _is_whole(top_k) or top_k < 1):
        raise SamplingError(f"top-k is a whole number of at least 1, not {top_k!r}")
    if top_p is not None and (not _is_number(top_p) or not 0 < top_p <= 1):
        raise SamplingError(f"top-p is a number above 0 and at most 1, not {top_p!r}")


def check_length(length: int) -> None:
    """Raise :class:`SamplingError` unless 1 <= length <= MAX_LENGTH."""
    if not _is_whole(length) or not 1 <= length <= MAX_LENGTH:
        raise SamplingError(
            f"the length is a whole number from 1 to {MAX_LENGTH:,} characters, not {length!r}"
        )


def check_seed(seed: int) -> None:
    """Raise :class:`SamplingError` unless the seed is a whole number of at least 0."""
    if not _is_whole(seed) or seed < 0:
        raise SamplingError(f"the seed is a whole number of at least 0, not {seed!r}")


def _is_number(value: object) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, bool)


def _is_whole(value: object) -> bool:
    return isinstance(value, (int, np.integer)) and not isinstance(value, bool)
