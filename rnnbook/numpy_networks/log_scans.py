"""The same states in closed form, by running products or by logarithms, and where these lose.

Without a recurrence, h_t = P_t (h0 + sum of b_s / P_s for s up to t), where P_t is the product of
the factors up to t. It takes only running sums and products, for which every library has a fast
function. But P_t leaves the range of floating-point numbers after some hundred steps. Its
logarithm stays in range, and has another price: log P_t grows with t while its error, relative to
it, stays the same, and exp turns that into an error of h. A sum of many terms that cancel and a
factor that is zero have no good logarithm either.

The scans of :mod:`rnnbook.numpy_networks.scans` have none of these troubles.

Source: Heinsen (2023), arXiv 2311.06281; as used for minGRU by Feng et al. (2024), arXiv
2410.01201.

Taught in the chapter *The return of recurrence*.
"""

from __future__ import annotations

import numpy as np

from rnnbook.numpy_networks.scans import Array


def by_products(a: Array, b: Array, h0: Array | None = None) -> Array:
    """States (T, ...) by running products: right until the product of all factors underflows."""
    product = np.cumprod(a, axis=0)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        first = 0 if h0 is None else h0
        states: Array = product * (first + np.cumsum(b / product, axis=0))
    return states


def by_logarithms(log_a: Array, log_b: Array, log_h0: Array | None = None) -> Array:
    """States (T, ...) from logarithms: h = exp(A + logcumsumexp(log b - A)), A = cumsum(log a).

    Of negative numbers give complex logarithms, as :func:`logarithm` does; the states are complex
    then. **A carried state is given as its own logarithm**: what a network makes of its inputs to
    have them positive, as minGRU does, is not to be done to a state once more.
    """
    A = np.cumsum(log_a, axis=0)
    terms = log_b - A
    if log_h0 is not None:
        first = np.broadcast_to(log_h0, terms.shape[1:])[None]
        terms = np.concatenate([first.astype(np.result_type(first, terms)), terms])
    sums = log_cumulative_sum(terms)
    states: Array = np.exp(A + (sums if log_h0 is None else sums[1:]))
    return states


def logarithm(x: Array) -> Array:
    """ln x: real if no x is negative, else complex, with pi i for the sign; of 0 it is -inf."""
    with np.errstate(divide="ignore"):
        size = np.log(np.abs(x))
    if np.isrealobj(x) and not (x < 0).any():
        return size
    result: Array = size + 1j * np.angle(x).astype(size.dtype)
    return result


def log_cumulative_sum(terms: Array) -> Array:
    """ln of the running sums of exp(terms) (T, ...), with the largest so far taken out."""
    if np.isrealobj(terms):
        sums: Array = np.logaddexp.accumulate(terms, axis=0)
        return sums
    found = np.empty_like(terms)
    largest = np.full(terms.shape[1:], -np.inf)
    total = np.zeros(terms.shape[1:], terms.dtype)
    with np.errstate(divide="ignore", invalid="ignore"):
        for t, term in enumerate(terms):
            now = np.maximum(largest, term.real)
            shift = np.where(np.isfinite(now), now, 0)  # nothing but zeros so far
            total = total * np.exp(largest - shift) + np.exp(term - shift)
            largest, found[t] = now, np.log(total) + shift
    return found
