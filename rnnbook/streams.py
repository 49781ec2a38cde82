"""Standard output and standard error that take any character, and that may be gone.

A terminal of another encoding gets an escape for what it cannot show, and an escape for the
control characters that would move its cursor. A file or a pipe gets UTF-8, as from Python
3.15 on, unless ``PYTHONIOENCODING`` says otherwise. An output that cannot be written (its
reader has gone, the disk is full, it was closed) is remembered, and the work goes on.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import sys
from collections.abc import Iterator
from typing import Any, TextIO

#: What moves a terminal's cursor or changes what it does: controls except tab and newline.
_CONTROLS = {
    code: f"\\x{code:02x}" for code in (*range(0x20), *range(0x7F, 0xA0)) if code not in (9, 10)
}


def without_controls(text: str) -> str:
    """A text with an escape such as ``\\x1b`` for every control but tab and newline."""
    return text.translate(_CONTROLS)


class Output(io.TextIOBase):
    """A text stream over another that never raises; ``failure`` says what went wrong, if it did.

    ``None`` stands for a stream that was closed before the program began.
    """

    def __init__(self, stream: TextIO | None, *, escapes_controls: bool = False):
        self._stream = stream
        self._escapes = escapes_controls and self.isatty()
        self.failure: OSError | None = None

    def write(self, text: str) -> int:
        """Write what the stream can show of a text, and an escape for the rest."""
        if text and self.failure is None:
            try:
                self._target().write(self.shown(text))
            except (OSError, ValueError) as error:
                self._fail(error)
        return len(text)

    def flush(self) -> None:
        if self.failure is None and self._stream is not None:
            try:
                self._stream.flush()
            except (OSError, ValueError) as error:
                self._fail(error)

    def shown(self, text: str) -> str:
        """The text with an escape, such as ``\\u0645``, for each character that it cannot show."""
        if self._escapes:
            text = without_controls(text)
        encoding = self.encoding
        return text.encode(encoding, "backslashreplace").decode(encoding)

    @property
    def reader_has_gone(self) -> bool:
        """Whether the output went into a pipe that nobody reads any longer, such as ``| head``."""
        return isinstance(self.failure, BrokenPipeError)

    @property
    def encoding(self) -> str:  # type: ignore[override]
        return getattr(self._stream, "encoding", None) or "utf-8"

    def isatty(self) -> bool:
        isatty = getattr(self._stream, "isatty", None)
        return bool(isatty and isatty())

    def fileno(self) -> int:
        return self._target().fileno()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:  # buffer, errors and the like
        return getattr(self._target(), name)

    def _target(self) -> TextIO:
        if self._stream is None:
            raise OSError(errno.EBADF, os.strerror(errno.EBADF))
        return self._stream

    def _fail(self, error: Exception) -> None:
        """Remember why, and keep what is left in the buffer from failing again at the exit."""
        self.failure = error if isinstance(error, OSError) else OSError(errno.EBADF, str(error))
        with contextlib.suppress(OSError, ValueError, AttributeError):
            if self._stream in (sys.__stdout__, sys.__stderr__):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, self.fileno())
                os.close(nowhere)


@contextlib.contextmanager
def standard_streams() -> Iterator[tuple[Output, Output]]:
    """Let ``sys.stdout`` and ``sys.stderr`` be such outputs meanwhile; yields the two."""
    _open_what_is_closed()
    before, encodings = (sys.stdout, sys.stderr), []
    for stream in before:
        encodings.append(_write_utf8(stream))
    out, err = Output(sys.stdout, escapes_controls=True), Output(sys.stderr)
    sys.stdout, sys.stderr = out, err
    try:
        yield out, err
    finally:
        out.flush()
        err.flush()
        sys.stdout, sys.stderr = before
        for stream, encoding in zip(before, encodings, strict=True):
            if encoding is not None:
                stream.reconfigure(encoding=encoding)  # type: ignore[union-attr]


def _write_utf8(stream: TextIO | None) -> str | None:
    """Let what is no terminal be written in UTF-8; the encoding that it had, if that changed."""
    chosen = os.environ.get("PYTHONIOENCODING", "").partition(":")[0]
    if not isinstance(stream, io.TextIOWrapper) or stream.isatty() or chosen:
        return None
    before = stream.encoding
    if before.lower().replace("-", "") == "utf8":
        return None
    stream.reconfigure(encoding="utf-8")
    return before


def _open_what_is_closed() -> None:
    """Lead closed standard streams nowhere: else the next file that is opened gets their number.

    What a library prints by itself would then be written into a checkpoint.
    """
    if None not in (sys.__stdin__, sys.__stdout__, sys.__stderr__):
        return
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # takes the lowest number that is free
