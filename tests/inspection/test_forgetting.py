"""What a factor leaves of what was written, held against the recurrence itself."""

from __future__ import annotations

import numpy as np
import pytest
from conftest import random_checkpoint

from rnnbook.errors import TextError
from rnnbook.inspection import forgetting


def test_what_is_left_is_what_a_change_leaves():
    rng = np.random.default_rng(0)
    a, b = rng.random((9, 3)), rng.normal(size=(9, 3))

    def last(b):
        state = np.zeros(3)
        for factor, written in zip(a, b, strict=True):
            state = factor * state + written
        return state

    for t in range(9):
        more = b.copy()
        more[t] += 1
        np.testing.assert_allclose(forgetting.left(a)[t], last(more) - last(b), atol=1e-12)


def test_the_factors_are_those_of_the_memory():
    text = "abc\n.ha"
    trace = random_checkpoint("lstm").model().trace(text)
    a = forgetting.factors("lstm", trace.gates)[0]
    written = trace.gates["i"][0] * trace.gates["g"][0]
    stepped = a[1:] * trace.cell[0, :-1] + written[1:]
    np.testing.assert_allclose(trace.cell[0, 1:], stepped, atol=1e-6)
    trace = random_checkpoint("gru").model().trace(text)
    z = forgetting.factors("gru", trace.gates)[0]
    written = (1 - z) * trace.gates["n"][0]
    stepped = z[1:] * trace.hidden[0, :-1] + written[1:]
    np.testing.assert_allclose(trace.hidden[0, 1:], stepped, atol=1e-6)
    with pytest.raises(TextError, match="kind rnn has no factor"):
        forgetting.factors("rnn", {})


def test_the_factor_of_a_linear_recurrence_is_the_one_that_it_is_traced_with():
    trace = random_checkpoint("mingru").model().trace("abc\n.ha")
    a = forgetting.factors("mingru", trace.gates)
    assert a is trace.gates["a"] and 0 < a.min() < a.max() < 1


def test_the_reach_counts_characters_back():
    a = np.array([0.1, 1, 0.8, 0.5, 1])
    np.testing.assert_allclose(forgetting.left(a), [0.4, 0.4, 0.5, 1, 1])
    assert forgetting.reach(a) == 3
    assert forgetting.reach(a, 0.1) is None
    assert forgetting.left(a[:0]).shape == (0,)
