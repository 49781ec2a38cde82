"""Windows with carried state."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnnbook.batches import count_windows, streams, windows
from rnnbook.errors import TextError


@given(
    length=st.integers(2, 400),
    batch_size=st.integers(1, 9),
    seq_len=st.integers(1, 50),
    offset=st.integers(0, 20),
)
def test_windows_cover_every_stream_once_and_in_order(length, batch_size, seq_len, offset):
    ids = np.arange(length)
    if (length - offset) // batch_size < 2:
        with pytest.raises(TextError):
            list(windows(ids, batch_size, seq_len, offset))
        return
    pairs = list(windows(ids, batch_size, seq_len, offset))
    assert len(pairs) == count_windows(length, batch_size, seq_len, offset)
    x = np.concatenate([x for x, _ in pairs], axis=1)
    y = np.concatenate([y for _, y in pairs], axis=1)
    rows = streams(ids, batch_size, offset)
    np.testing.assert_array_equal(x, rows[:, :-1])
    np.testing.assert_array_equal(y, rows[:, 1:])
    assert all(x.shape == (batch_size, seq_len) for x, _ in pairs[:-1])


def test_a_stream_starts_where_the_one_before_it_ends():
    rows = streams(np.arange(103), 4, offset=2)
    np.testing.assert_array_equal(rows[1:, 0], rows[:-1, -1] + 1)
    assert rows[0, 0] == 2


def test_a_sequence_has_at_least_one_character():
    with pytest.raises(TextError, match="at least 1"):
        next(windows(np.arange(10), 1, 0))
