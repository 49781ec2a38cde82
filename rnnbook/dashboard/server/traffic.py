"""What a page may send over its socket: by kind, by size, and by how much of it a while.

A message is judged by its first bytes, before anything is parsed: what is not wanted costs
the server the reading of its header and the other visitors nothing.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

#: The protocol that pages speak: offsets, then the parts. Without it a message is one JSON text.
BINARY = "v1.kernel.websocket.jupyter.org"
#: The largest message of each kind that a page may send, in bytes. Only a widget's new state can
#: hold a file; no kind runs code.
LARGEST = {
    "comm_msg": 8 * 1024 * 1024,
    "comm_open": 4096,
    "comm_close": 4096,
    "comm_info_request": 4096,
    "kernel_info_request": 4096,
}
#: The largest JSON text; whole files come by the binary protocol only.
LARGEST_TEXT = 64 * 1024
#: The largest header.
LARGEST_HEADER = 4096
#: Messages and bytes that may come at once, and how many more each second.
MESSAGES, MESSAGES_A_SECOND = 400, 100
BYTES, BYTES_A_SECOND = 24 * 1024 * 1024, 1024 * 1024


class Verdict(Enum):
    """What is done with a message."""

    TAKE = "take"
    DROP = "drop"  # it is of no use here; the socket stays
    CLOSE = "close"  # the socket is closed: it is malformed, or too much


@dataclass
class Bucket:
    """So much may pass at once, and so much more every second."""

    most: float
    a_second: float
    clock: Callable[[], float] = time.monotonic

    def __post_init__(self) -> None:
        self._left, self._at = self.most, self.clock()

    def take(self, amount: float) -> bool:
        """Whether so much may pass now; then it has."""
        now = self.clock()
        self._left = min(self.most, self._left + (now - self._at) * self.a_second)
        self._at = now
        if amount > self._left:
            return False
        self._left -= amount
        return True


class Traffic:
    """Judges what comes over one socket."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._messages = Bucket(MESSAGES, MESSAGES_A_SECOND, clock)
        self._bytes = Bucket(BYTES, BYTES_A_SECOND, clock)

    def judge(self, message: str | bytes, protocol: str | None) -> Verdict:
        """What is to be done with a message."""
        size = len(message)
        if not self._messages.take(1) or not self._bytes.take(size):
            return Verdict.CLOSE
        try:
            kind = _kind_of_parts(message) if protocol == BINARY else _kind_of_text(message)
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
            return Verdict.CLOSE
        if kind not in LARGEST:
            return Verdict.DROP
        return Verdict.TAKE if size <= LARGEST[kind] else Verdict.CLOSE


def _kind_of_parts(message: str | bytes) -> str:
    """A message's type, from the header among its parts. Raises ``ValueError`` for nonsense."""
    if isinstance(message, str):
        raise ValueError("text, where parts were agreed on")
    count = int.from_bytes(message[:8], "little")
    if not 5 <= count <= 100 or len(message) < 8 * (count + 1):
        raise ValueError("no parts")
    offsets = [int.from_bytes(message[8 * i : 8 * i + 8], "little") for i in range(1, count + 1)]
    if offsets != sorted(offsets) or offsets[-1] > len(message):
        raise ValueError("parts that overlap")
    if message[offsets[0] : offsets[1]] != b"shell":
        raise ValueError("another channel")
    if offsets[2] - offsets[1] > LARGEST_HEADER:
        raise ValueError("a header that is too large")
    return _kind(json.loads(message[offsets[1] : offsets[2]]))


def _kind_of_text(message: str | bytes) -> str:
    if isinstance(message, bytes) or len(message) > LARGEST_TEXT:
        raise ValueError("too large for a text")
    content = json.loads(message)
    if content.get("channel") != "shell":
        raise ValueError("another channel")
    return _kind(content["header"])


def _kind(header: Any) -> str:
    kind = header["msg_type"]
    if not isinstance(kind, str):
        raise ValueError("no type")
    return kind
