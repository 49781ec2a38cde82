"""Visitors' folders: each kernel has one, and the server removes it, whatever ends the kernel.

Texts that are trained on, networks that are brought, and whatever a process writes that asks
for a temporary file, lie in the folder of its kernel. All lie in one folder of the server,
which it locks as long as it lives: a folder without a living server is removed by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

#: How the folder of every server begins.
PREFIX = "rnnbook-dashboard-"
_LOCK = "lock"
_YOUNG = 60.0  # seconds in which a folder without a lock may be one that is being made


class Folders:
    """The folder of this server, with one for every kernel in it."""

    def __init__(self) -> None:
        self.root = Path(tempfile.mkdtemp(prefix=PREFIX))
        self._lock = _locked(self.root / f"{_LOCK}.new")
        (self.root / f"{_LOCK}.new").rename(self.root / _LOCK)

    def of(self, kernel_id: str) -> Path:
        """The folder of a kernel; it is made if it is not there."""
        path = self.root / kernel_id
        path.mkdir(exist_ok=True)
        return path

    def remove(self, kernel_id: str) -> None:
        """Remove the folder of a kernel and all that is in it."""
        shutil.rmtree(self.root / kernel_id, ignore_errors=True)

    def close(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.root, ignore_errors=True)
        if self._lock is not None:
            self._lock.close()


def remove_leftovers() -> int:
    """Remove the folders of servers that have ended without a word; how many there were."""
    found = 0
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if _is_ours(path) and not _is_alive(path):
            shutil.rmtree(path, ignore_errors=True)
            found += 1
    return found


def _is_ours(path: Path) -> bool:
    """Whether a folder was made by this user, and is no link to somewhere else."""
    if fcntl is None:
        return False
    try:
        status = path.lstat()
    except OSError:
        return False
    return path.is_dir() and not path.is_symlink() and status.st_uid == os.getuid()


def _is_alive(path: Path) -> bool:
    """Whether the server of a folder lives, or is just making it or removing it."""
    try:
        if not (path / _LOCK).exists():
            return time.time() - path.stat().st_mtime < _YOUNG
        lock = _locked(path / _LOCK)
    except FileNotFoundError:  # gone since it was found: its own server is ending
        return True
    if lock is None:
        return True
    lock.close()
    return False


def _locked(path: Path) -> IO[bytes] | None:
    """The file, locked as long as it is open; None if somebody else holds it."""
    file = path.open("ab")
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
    return file
