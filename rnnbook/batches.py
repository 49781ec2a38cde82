"""Streams of text cut into windows, so that state can be carried from one to the next.

Taught in the chapters *Learning through time* and *A trained LSTM*.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from rnnbook.errors import TextError
from rnnbook.text import Ids


def streams(ids: Ids, batch_size: int, offset: int = 0) -> Ids:
    """Cut ids (N,) into ``batch_size`` contiguous streams (B, N'), from ``offset`` on.

    Stream ``b + 1`` starts where stream ``b`` ends. Fewer than B characters are
    left over at the end.

    Raises :class:`TextError` if a stream would hold fewer than two characters.
    """
    length = (len(ids) - offset) // batch_size
    if batch_size < 1 or offset < 0 or length < 2:
        raise TextError(
            f"a text of {len(ids):,} characters cannot fill {batch_size} streams; "
            "use a longer text or a smaller batch size"
        )
    return ids[offset : offset + batch_size * length].reshape(batch_size, length)


def windows(ids: Ids, batch_size: int, seq_len: int, offset: int = 0) -> Iterator[tuple[Ids, Ids]]:
    """Yield inputs and targets (x, y), each (B, T), so that every window goes on
    where the one before it ended: the state after ``x`` is the state before the
    next ``x``. The last window is shorter where the text does not divide evenly.

    Every target is the character after its input, ``y[:, t] == x[:, t + 1]``.
    """
    if seq_len < 1:
        raise TextError("a sequence must be at least 1 character long")
    rows = streams(ids, batch_size, offset)
    for start in range(0, rows.shape[1] - 1, seq_len):
        stop = min(start + seq_len, rows.shape[1] - 1)
        yield rows[:, start:stop], rows[:, start + 1 : stop + 1]


def count_windows(num_ids: int, batch_size: int, seq_len: int, offset: int = 0) -> int:
    """How many windows :func:`windows` yields for a text of ``num_ids`` characters."""
    length = (num_ids - offset) // batch_size
    return int(np.ceil((length - 1) / seq_len))
