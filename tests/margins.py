"""Texts that no rounding decides: what tests may expect of another engine, kernel or batch.

Engines round differently, and a draw that falls on the boundary of two characters may go
either way. Here a text comes with its margin: by how much every logit may be off before a
draw could change. In float64 two engines differ by 1e-12 or less.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rnnbook import sampling
from rnnbook.language_model import softmax
from rnnbook.sampling import LEAST_TEMPERATURE

#: What a test asks for: far above what engines differ by, and above the rounding of logits.
ENOUGH = 1e-9


def logits_on_the_way(model: Any, prompt: str, text: str) -> np.ndarray:
    """Logits (T, V) that each character of a text was drawn from, in float64."""
    reader = model.stepper() if hasattr(model, "stepper") else sampling._Steps(
        model, model.initial_state()
    )  # fmt: skip
    for char_id in model.vocab.encode(prompt):
        logits = reader.read(char_id)
    found = [np.array(logits, np.float64)]
    for char_id in model.vocab.encode(text)[:-1]:
        found.append(np.array(reader.read(char_id), np.float64))
    return np.stack(found)


def margin(
    logits: np.ndarray,
    uniforms: np.ndarray,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> float:
    """How much the logits (T, V) may be off before one of the draws (T,) may change.

    A cumulative sum F changes by at most 2 F (1 - F) / temperature times the error of the
    logits; a rank changes when the error is half the gap.
    """
    found = np.inf
    for row, uniform in zip(logits, uniforms, strict=True):
        ranked = np.sort(row)[::-1]
        if temperature == 0:
            found = min(found, (ranked[0] - ranked[1]) / 2)
            continue
        divisor = max(temperature, LEAST_TEMPERATURE)
        if top_k is not None and top_k < len(row):
            found = min(found, (ranked[top_k - 1] - ranked[top_k]) / 2)
        if top_p is not None:
            kept = softmax((ranked[:top_k] - ranked[0]) / divisor)
            found = min(found, _room(np.cumsum(kept), top_p) * divisor)
        probs = sampling.next_char_probs(row, temperature, top_k, top_p)
        found = min(found, _room(np.cumsum(probs), uniform) * divisor)
    return float(found)


def _room(cumulative: np.ndarray, level: float) -> float:
    """The least error of logits at temperature 1 that moves a cumulative sum past a level."""
    inner = cumulative[(cumulative > 1e-300) & (cumulative < 1)]
    if not len(inner):
        return np.inf
    slope = np.maximum(2 * inner * (1 - inner), 1e-16)
    return float((np.abs(inner - level) / slope).min())


def sure_text(model: Any, prompt: str, length: int, seed: int, **settings: Any) -> str:
    """What ``sampling.sample`` draws; fails where another engine might draw differently."""
    text = sampling.sample(model, prompt, length, rng=np.random.default_rng(seed), **settings)
    uniforms = np.random.default_rng(seed).random(length)
    found = margin(logits_on_the_way(model, prompt, text), uniforms, **settings)
    assert found > ENOUGH, f"a draw is within {found:.1e} of a boundary: take another seed"
    return text
