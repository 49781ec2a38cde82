"""Signals that ask a training to end: any number, in any order, are one request.

While something is under way that must not be torn, a step or a file, a signal is only
noted; whoever holds it back looks at :attr:`Interrupts.received` where it is safe, and
saves once. While nothing can be torn, a signal ends things at once.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

#: What a terminal, a service manager and a lost connection send.
ENDING = tuple(
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
)


class Interrupts:
    """A request to stop, and what is to be done with it.

    ``leave`` is called with the signal's number when one comes that need not be held
    back; by default it raises ``KeyboardInterrupt``. A signal that this process was told
    to ignore, as ``nohup`` does, stays ignored. Outside the main thread, where Python
    delivers no signals, nothing is installed.
    """

    def __init__(
        self,
        leave: Callable[[int], None] | None = None,
        signals: Sequence[signal.Signals] = (signal.SIGINT,),
    ):
        self.received: int | None = None
        self._leave, self._signals = leave or _raise, signals
        self._previous: dict[signal.Signals, Any] | None = None
        self._holds = False

    def install(self) -> None:
        """Take the signals over, until :meth:`uninstall`."""
        if self._previous is None and threading.current_thread() is threading.main_thread():
            self._previous = {}
            for number in self._signals:
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._previous[number] = signal.signal(number, self._handle)

    def uninstall(self) -> None:
        """Give the signals back to whom they belonged."""
        for number, handler in (self._previous or {}).items():
            signal.signal(number, handler)
        self._previous = None

    def _handle(self, number: int, frame: object) -> None:
        is_first, self.received = self.received is None, self.received or number
        if is_first and not self._holds:
            self._leave(number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Inside, a signal is only noted."""
        is_mine, before = self._previous is None, self._holds
        self._holds = True
        if is_mine:
            self.install()
        try:
            yield
        finally:
            if is_mine:
                self.uninstall()
            self._holds = before

    @contextmanager
    def exposed(self) -> Iterator[None]:
        """Inside, a signal ends things at once, and so does one that was noted before."""
        before, self._holds = self._holds, False
        try:
            if self.received is not None:
                self._leave(self.received)
            yield
        finally:
            self._holds = before


def _raise(number: int) -> None:
    raise KeyboardInterrupt
