"""Steering: a unit is held at a value while the network writes, and its text shows what it does.

That a unit follows a property does not say that it matters. Held where it is inside quotation
marks, does the network close one? The *dose* is how far the unit is held from its mean, in
standard deviations of what it does on a text; other units, held as far from theirs, are the null.

Taught in the chapter *Looking inside*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnnbook.errors import TextError
from rnnbook.language_model import State, Trace
from rnnbook.numpy_networks.model import NumpyModel
from rnnbook.recurrent import label
from rnnbook.sampling import draw_id, next_char_probs

Values = Mapping[str, float]


def spread(trace: Trace, unit: int) -> dict[str, tuple[float, float]]:
    """The mean and the standard deviation of a unit, by the name of the state: ``"h"``, ``"c"``.

    Units are numbered as in :func:`rnnbook.inspection.unit_values`: layer after layer.
    """
    layer, column = divmod(unit, trace.hidden.shape[2])
    states = {"h": trace.hidden, **({} if trace.cell is None else {"c": trace.cell})}
    found = {}
    for name, array in states.items():  # (L, T, H)
        values = array[layer, :, column].astype(float)
        found[name] = (float(values.mean()), float(values.std()))
    return found


def held_at(trace: Trace, unit: int, dose: float) -> dict[str, float]:
    """Values of a unit, by the name of the state, ``dose`` standard deviations from its mean.

    A hidden value stays within [-1, 1].
    """
    found = {name: mean + dose * std for name, (mean, std) in spread(trace, unit).items()}
    return {**found, "h": float(np.clip(found["h"], -1, 1))}


def write_held(
    model: NumpyModel,
    prompts: Sequence[str],
    length: int,
    *,
    unit: int = 0,
    at: Values | None = None,
    temperature: float = 1.0,
    rng: np.random.Generator,
) -> list[str]:
    """What a network writes after ``prompts`` of one length, with a unit held from there on.

    With no values in ``at``, nothing is held. The prompts are read as they are. Raises
    :class:`TextError` if they differ in length, and for the linear recurrences, whose logits do
    not come from their units alone.
    """
    if model.config.is_linear:
        raise TextError(
            f"units of a {label(model.config.kind)} cannot be held here; take an RNN, a GRU or "
            "an LSTM"
        )
    if len({len(prompt) for prompt in prompts}) != 1 or not prompts[0]:
        raise TextError("the prompts must be of one length, and not empty")
    ids = np.stack([model.vocab.encode(prompt) for prompt in prompts])  # (B, T)
    _, state = model.read(ids, model.initial_state(len(prompts)))
    written = np.empty((len(prompts), length), dtype=np.int64)
    for t in range(length):
        state = _hold(state, unit, at or {})
        logits = state["h"][-1] @ model.weights["W_hy"].T + model.weights["b_y"]  # (B, V)
        for row, values in enumerate(logits):
            probs = next_char_probs(values, temperature=temperature)
            written[row, t] = draw_id(probs, rng)
        _, state = model.step(written[:, t], state)
    return [model.vocab.decode(row) for row in written]


def _hold(state: State, unit: int, at: Values) -> State:
    held: dict[str, Any] = dict(state)
    for name, value in at.items():
        layer, column = divmod(unit, state[name].shape[2])
        held[name] = state[name].copy()
        held[name][layer, :, column] = value
    return held


def quotations(prompts: Sequence[str], texts: Sequence[str]) -> dict[str, float]:
    """Quotation marks that texts open and close, per 1,000 characters.

    A mark opens where a space, a dash or a bracket stands before it, and closes elsewhere, whether
    or not one was open: what a network that is misled takes it for is the question.
    """
    opened = closed = 0
    for prompt, text in zip(prompts, texts, strict=True):
        for before, char in zip(prompt[-1] + text, text, strict=False):
            if char == '"':
                opens = before.isspace() or before in "-(["
                opened, closed = opened + opens, closed + (not opens)
    total = sum(map(len, texts))
    return {"opened": 1000 * opened / total, "closed": 1000 * closed / total}
