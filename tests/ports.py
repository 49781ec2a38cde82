"""Free ports on this machine, for servers that several processes start at once."""

from __future__ import annotations

import getpass
import socket
import tempfile
from pathlib import Path

from filelock import FileLock, Timeout

_FOLDER = Path(tempfile.gettempdir()) / f"rnnbook-test-ports-{getpass.getuser()}"
_HELD: list[FileLock] = []  # until this process ends


def free_port() -> int:
    """A port on which nobody listens, and which no other process of the tests is given.

    The system's own choice would not do: it is forgotten before the server has started, and may
    then be given to another. These ports are below those which the system chooses from.
    """
    _FOLDER.mkdir(exist_ok=True)
    for port in range(20_000, 30_000):
        lock = FileLock(_FOLDER / str(port), timeout=0)
        try:
            lock.acquire()
        except Timeout:
            continue
        if _is_free(port):
            _HELD.append(lock)
            return port
        lock.release()
    raise AssertionError("no port is free")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
