"""What the operator reads: one line a thing, nothing of what a visitor has typed or sent.

Messages of other packages may repeat what came over the wire: a prompt in an address, a token,
a message's type. Of those the log gets the sentence without what was filled in; its own
messages (``rnnbook``) are written as they are. What comes a hundred times is written some
times, and counted.
"""

from __future__ import annotations

import logging
import re
import sys
import time
from typing import IO, Any

from rnnbook.dashboard import accidents

#: So many lines of one kind a minute.
MOST = 20
_LONGEST = 400  # characters of a line
_OURS = ("rnnbook", "py")  # and Python's own warnings, which tell of code
_FILLED_IN = re.compile(r"%(\(\w+\))?[-#0 +]*[\d*]*(\.[\d*]+)?[a-zA-Z]")


class Reserved(logging.Formatter):
    """A line with its time and level; of an exception its kind and where it came from."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        is_ours = record.name.split(".")[0] in _OURS
        words = record.getMessage() if is_ours else _FILLED_IN.sub("…", str(record.msg))
        lines = [_printable(line) for line in (words.split("\n") if is_ours else [words])]
        if record.exc_info and record.exc_info[1] is not None:
            lines += accidents.described(record.exc_info[1]).splitlines()
        line = logging.makeLogRecord({**vars(record), "msg": "\n".join(lines), "args": None})
        line.exc_info = line.exc_text = line.stack_info = None
        return super().format(line)


class Quiet(logging.Filter):
    """Lets some lines of a kind through in a minute, and says then how many it has kept back."""

    def __init__(self, most: int = MOST, clock: Any = time.monotonic) -> None:
        super().__init__()
        self._most, self._clock = most, clock
        self._seen: dict[tuple[str, str], list[float]] = {}  # since when, and how many

    def filter(self, record: logging.LogRecord) -> bool:
        key = (record.name, str(record.msg)[:80])
        now = self._clock()
        if len(self._seen) > 1000:
            self._seen.clear()
        since, count = self._seen.get(key, (now, 0))
        if now - since > 60:
            if count > self._most:
                record.msg = f"{record.msg} (and {int(count) - self._most} more in that minute)"
            since, count = now, 0
        self._seen[key] = [since, count + 1]
        return count < self._most


def to(stream: IO[str] | None = None, level: int = logging.INFO) -> None:
    """Let everything that is logged in this process go to ``stream`` (standard error) so."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(Reserved())
    handler.addFilter(Quiet())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    logging.getLogger("rnnbook").setLevel(level)
    logging.captureWarnings(True)


def _printable(text: str) -> str:
    """The text in one line: what is not printable is written as its number."""
    cut = text if len(text) <= _LONGEST else text[:_LONGEST] + " …"
    return "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in cut)
