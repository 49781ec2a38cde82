"""One sampler for every model: temperature, top-k, top-p, and a stream of draws.

**What a seed promises.** On one machine, the same engine with the same seed, batch size
and number of threads writes the same text, bit for bit. Another engine (NumPy, PyTorch,
the page's JavaScript), batch size, processor or BLAS kernel takes the same sums in another
order, and their last digits differ. There the distribution is the same up to that rounding,
and so is the text, unless a draw falls so near to the boundary of two characters that the
last digits decide it: there two texts part. To make that rare, every engine keeps one rule:

1. A network is read in float64: by its ``stepper``, if the model has one (see
   :class:`rnnbook.numpy_networks.model.Stepper`), else by its ``step``, in the precision
   that it has.
2. Logits are rounded to multiples of 2**-32, so that equal ones stay equal. Of equal
   logits the first counts as the likelier, for temperature 0, top-k and top-p alike.
3. The exponentials of the logits, divided by the temperature, are summed in float64 in the
   order of the ids. One uniform number u of ``rng.random()`` chooses the first character
   whose cumulative sum exceeds u times the whole. ``numpy.random.default_rng(seed)`` is
   PCG64, a stream that NumPy guarantees and that the page computes too.

The page multiplies weights of a byte by a state in whole numbers of 32 bits, which is exact to
2**-32 of the largest number of the state; its logits are off by some 1e-9 there.

A network that is chaotic makes large differences of small ones, and parts sooner.

Taught in the chapters *Counting*, *min-char-rnn, whole* and *Sampling and temperature*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy import add, copyto, divide, exp, subtract
from numpy.typing import NDArray

from rnnbook.errors import SamplingError
from rnnbook.language_model import LanguageModel, State, softmax
from rnnbook.text import Vocab

#: The longest text that one call draws.
MAX_LENGTH = 1_000_000

#: A temperature below means the same, but dividing by it could overflow.
LEAST_TEMPERATURE = 1e-200

#: In float64 the sum with this number has no room for less than 2**-32: adding and
#: subtracting it rounds to a multiple of that.
_ROUNDING = 1.5 * 2**20

Settings = tuple[float, int | None, float | None]  # temperature, top_k, top_p


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

    The logits are rounded to multiples of 2**-32 and divided by ``temperature``; 0 puts
    all on the likeliest character (the first of them, if several are equal). ``top_k``
    keeps the k likeliest characters. ``top_p`` keeps the fewest likeliest characters whose
    probabilities sum to p or more (nucleus sampling: Holtzman et al. 2020, arXiv
    1904.09751). What is kept is scaled to sum to 1.

    Raises :class:`SamplingError` if a setting is out of range.
    """
    check_settings(temperature, top_k, top_p)
    return _probs(logits, temperature, top_k, top_p)


def _probs(
    logits: NDArray[np.floating], temperature: float, top_k: int | None, top_p: float | None
) -> NDArray[np.float64]:
    logits = _rounded(logits)
    if temperature == 0:
        probs = np.zeros(len(logits))
        probs[np.argmax(logits)] = 1.0
        return probs
    probs = softmax((logits - logits.max()) / max(temperature, LEAST_TEMPERATURE))
    if top_k is None and top_p is None:
        return probs
    order = np.argsort(-logits, kind="stable")
    kept = len(order) if top_k is None else min(top_k, len(order))
    if top_p is not None:
        mass = np.cumsum(probs[order[:kept]] / probs[order[:kept]].sum())
        kept = min(kept, int(np.searchsorted(mass, top_p - 1e-12)) + 1)
    probs[order[kept:]] = 0.0
    return probs / probs.sum()


def _rounded(logits: NDArray[np.floating]) -> NDArray[np.float64]:
    return np.asarray(logits, dtype=np.float64) + _ROUNDING - _ROUNDING


def draw_id(probs: NDArray[np.float64], rng: np.random.Generator) -> int:
    """Draw an id from probabilities (V,): the first whose cumulative sum exceeds
    ``rng.random()``. Takes exactly one number from ``rng``."""
    return _invert(probs, rng.random())


def _invert(probs: NDArray[np.float64], uniform: float) -> int:
    cumulative = np.cumsum(probs)
    found = int(np.searchsorted(cumulative, uniform * cumulative[-1], side="right"))
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
    settings = (temperature, top_k, top_p)
    reader, logits = _read_prompt(model, prompt, length, settings, state)
    return _draws(reader, model.vocab, logits, length, settings, rng)


def _draws(reader, vocab, logits, length, settings: Settings, rng) -> Iterator[Draw]:
    for drawn in range(length):
        probs = _probs(logits, *settings)
        char_id = draw_id(probs, rng)
        own = probs if settings == (1, None, None) else softmax(logits)
        surprise = -math.log(max(own[char_id], 1e-300))
        yield Draw(vocab[char_id], probs, reader.state(), surprise)
        if drawn + 1 < length:
            logits = reader.read(char_id)


def sample(
    model: LanguageModel,
    prompt: str,
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rng: np.random.Generator,
    state: State | None = None,
) -> str:
    """The text that :func:`generate` draws, without the prompt, in half the time.

    Same arguments, same errors, and ``rng`` is left where ``generate`` leaves it.
    """
    settings = (temperature, top_k, top_p)
    reader, logits = _read_prompt(model, prompt, length, settings, state)
    draw = _drawer(len(model.vocab), settings)
    first, *rest = rng.random(length).tolist()  # the same stream as draw by draw
    with np.errstate(over="ignore"):  # the drawer sees to it
        char_id, read = draw(logits, first), reader.read
        ids = [char_id]
        for uniform in rest:
            char_id = draw(read(char_id), uniform)
            ids.append(char_id)
    return model.vocab.decode(ids)


def sample_many(
    model: LanguageModel,
    prompts: Sequence[str],
    length: int,
    *,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    rngs: Sequence[np.random.Generator],
) -> list[str]:
    """Texts that go on from ``prompts``, drawn side by side, which is quicker.

    Text b is ``sample(model, prompts[b], length, rng=rngs[b], ...)``, but for texts that part
    (see the top of this module). Raises what that raises, and :class:`SamplingError` unless
    there is a generator a prompt.
    """
    if len(prompts) != len(rngs):
        raise SamplingError(f"{len(prompts)} prompts need as many generators, not {len(rngs)}")
    settings = (temperature, top_k, top_p)
    if not hasattr(model, "stepper") or len(prompts) < 2:
        return [
            sample(model, p, length, temperature=temperature, top_k=top_k, top_p=top_p, rng=r)
            for p, r in zip(prompts, rngs, strict=True)
        ]
    distinct = {
        prompt: _read_prompt(model, prompt, length, settings, None)
        for prompt in dict.fromkeys(prompts)
    }
    read = [distinct[prompt] for prompt in prompts]
    states = [reader.state() for reader, _ in read]
    joined = {name: np.concatenate([of[name] for of in states], axis=1) for name in states[0]}
    reader, logits = model.stepper(joined), np.stack([logits for _, logits in read])  # (B, V)
    uniforms = np.stack([rng.random(length) for rng in rngs], axis=1)  # (T, B)
    ids = np.empty(uniforms.shape, dtype=np.int64)
    for t in range(length):
        ids[t] = _invert_rows(logits, settings, uniforms[t])
        if t + 1 < length:
            logits = reader.read(ids[t])
    return [model.vocab.decode(column) for column in ids.T]


class _Steps:
    """Any model in the guise of a stepper."""

    def __init__(self, model: LanguageModel, state: State):
        self._model, self._state = model, state

    def read(self, char_id: int) -> NDArray[np.floating]:
        logits, self._state = self._model.step(np.array([char_id]), self._state)
        return logits[0]

    def state(self) -> State:
        return self._state


def _read_prompt(
    model: Any, prompt: str, length: int, settings: Settings, state: State | None
) -> tuple[Any, NDArray[np.floating]]:
    """A stepper that has read the prompt, and the logits (V,) after it."""
    check_settings(*settings)
    check_length(length)
    if not prompt:
        raise SamplingError(
            "the prompt is empty; give at least one character, for example a newline"
        )
    state = model.initial_state() if state is None else state
    reader = model.stepper(state) if hasattr(model, "stepper") else _Steps(model, state)
    for char_id in model.vocab.encode(prompt):
        logits = reader.read(char_id)
    return reader, logits


def _drawer(size: int, settings: Settings) -> Callable[[NDArray[np.floating], float], int]:
    """``draw(logits, uniform)``: the id that :func:`draw_id` finds for a uniform number.

    Without cuts, the probabilities need not be scaled to sum to 1, and six calls
    of NumPy in buffers made once are enough, unless an exponential was too large or
    all were too small.
    """
    if not _is_plain(settings):
        return lambda logits, uniform: _invert(_probs(logits, *settings), uniform)
    weights, cumulative = np.empty(size), np.empty(size)  # (V,)
    divisor, rounding = np.array(max(settings[0], LEAST_TEMPERATURE)), np.array(_ROUNDING)
    search, accumulate = cumulative[:-1].searchsorted, np.add.accumulate

    def draw(logits: NDArray[np.floating], uniform: float) -> int:
        copyto(weights, logits)
        add(weights, rounding, weights)
        subtract(weights, rounding, weights)
        divide(weights, divisor, weights)
        exp(weights, weights)
        accumulate(weights, 0, None, cumulative)
        total = cumulative.item(-1)
        if not 1e-250 < total < 1e250:
            return _invert(_probs(logits, *settings), uniform)
        return int(search(uniform * total, "right"))

    return draw


def _is_plain(settings: Settings) -> bool:
    """Whether the temperature is all there is: nothing is cut."""
    return settings[0] > 0 and settings[1:] == (None, None)


def _invert_rows(
    logits: NDArray[np.floating], settings: Settings, uniforms: NDArray[np.float64]
) -> NDArray[np.int64]:
    """Ids (B,) of logits (B, V) and uniform numbers (B,)."""
    if not _is_plain(settings):
        rows = zip(logits, uniforms, strict=True)
        return np.array([_invert(_probs(row, *settings), u) for row, u in rows])
    logits = _rounded(logits)
    shifted = logits - logits.max(axis=1, keepdims=True)
    weights = np.exp(shifted / max(settings[0], LEAST_TEMPERATURE))
    cumulative = np.cumsum(weights, axis=1)  # (B, V)
    below = cumulative[:, :-1] <= (uniforms * cumulative[:, -1])[:, None]
    return below.sum(axis=1)


def default_prompt(vocab: Vocab) -> str:
    """What a text begins after if nothing is asked for: a line break, if the model knows it.

    Else a space, a letter or digit, or whatever comes first, in this order.
    """
    first = next((char for char in vocab if char.isalnum()), vocab[0])
    return next((char for char in "\n " if char in vocab), first)


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
