"""One thread for one dashboard, by construction: what a page sends is handled where it lives.

A kernel of JupyterLab may hear the page in another thread than the one in which cells run
(a subshell), and then a callback runs beside the task that writes a text. So every message
to a widget of a dashboard is handed to the loop in which the dashboard was made; callbacks,
tasks and pictures know one thread only.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import ipywidgets as widgets

Action = Callable[[], None]


class Home:
    """The thread and the loop of a dashboard: those in which :meth:`settle` was called last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._coming = 0  # actions that are on their way to the loop
        self.settle()

    def settle(self) -> None:
        """Live in this thread from now on, and in the loop that runs in it, if one does."""
        self._thread = threading.get_ident()
        try:
            self._loop: asyncio.AbstractEventLoop | None = asyncio.get_running_loop()
        except RuntimeError:
            self._loop = None

    def bring(self, action: Action) -> None:
        """Do it at home: at once if this is home and nothing came before, else in the loop.

        Actions are done in the order in which they were brought. Without a loop there is no
        home to bring them to, and they are done where they are.
        """
        loop = self._loop
        with self._lock:
            is_here = threading.get_ident() == self._thread and not self._coming
            goes = loop is not None and not loop.is_closed() and not is_here
            self._coming += goes
        if goes and loop is not None:
            loop.call_soon_threadsafe(self._arrive, action)
        else:
            action()

    def _arrive(self, action: Action) -> None:
        with self._lock:
            self._coming -= 1
        action()

    def take_in(self, widget: widgets.Widget) -> None:
        """Let every message to a widget, and to all that it shows, be handled at home."""
        for one in _all(widget):
            handle = one._handle_msg
            one.comm.on_msg(lambda message, handle=handle: self.bring(partial(handle, message)))


def _all(widget: widgets.Widget) -> Iterator[widgets.Widget]:
    """A widget, its layout and style, and the same of everything inside it, once each."""
    found: dict[int, widgets.Widget] = {}
    waiting: list[Any] = [widget]
    while waiting:
        one = waiting.pop()
        if isinstance(one, list | tuple):
            waiting.extend(one)
        elif isinstance(one, widgets.Widget) and id(one) not in found:
            found[id(one)] = one
            waiting.extend(getattr(one, name) for name in one.keys)
    return iter(found.values())
