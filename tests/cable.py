"""A network between a browser and a server that can be cut without a word to either."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit


class Cable:
    """Carries bytes both ways, on a port of its own. What is sent while it is cut comes later."""

    def __init__(self, address: str) -> None:
        self._to = (urlsplit(address).hostname, urlsplit(address).port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._door.getsockname()[1]}/"
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._door, selectors.EVENT_READ)
        self._others: dict[socket.socket, socket.socket] = {}
        self._is_cut, self._has_ended = threading.Event(), threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._carry, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """From now on nothing comes through, and nobody is told."""
        self._is_cut.set()

    def mend(self, *, forgets: bool = True) -> None:
        """Carry again. ``forgets``: what was connected is gone, as if a router had been away."""
        if forgets:
            with self._lock:
                for one in list(self._others):
                    self._close(one)
        self._is_cut.clear()

    def end(self) -> None:
        self._has_ended.set()
        self._thread.join()
        for one in [self._door, *self._others]:
            one.close()
        self._selector.close()

    def _carry(self) -> None:
        while not self._has_ended.is_set():
            if self._is_cut.is_set():
                self._has_ended.wait(0.02)
                continue
            for key, _ in self._selector.select(0.02):
                if not self._is_cut.is_set():
                    with self._lock:
                        self._turn(key.fileobj)

    def _turn(self, one: socket.socket) -> None:
        if one is self._door:
            near, _ = self._door.accept()
            try:
                far = socket.create_connection(self._to, timeout=5)
            except OSError:
                return near.close()
            for here, there in ((near, far), (far, near)):
                self._others[here] = there
                self._selector.register(here, selectors.EVENT_READ)
            return None
        if one not in self._others:
            return None
        try:
            content = one.recv(65536)
            if content:
                return self._others[one].sendall(content)
        except OSError:
            pass
        return self._close(one)

    def _close(self, one: socket.socket) -> None:
        for end in (one, self._others.get(one)):
            if end is not None and self._others.pop(end, None) is not None:
                self._selector.unregister(end)
                end.close()


@contextmanager
def cable_to(address: str) -> Iterator[Cable]:
    """A cable to a server, for as long as the block."""
    found = Cable(address)
    try:
        yield found
    finally:
        found.end()
