"""The right of one process to write the files of a training.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from pathlib import Path

from rnnbook.errors import CheckpointError, TrainingError

_OWNER = re.compile(r"rnnbook train, process (\d+)\n")


class Lock:
    """A lock on a file beside the checkpoint, with the number of the process that holds it.

    The system itself takes it from a process that has died. Raises
    :class:`TrainingError` if another process has it, and :class:`CheckpointError` if
    nothing can be written there.
    """

    def __init__(self, path: Path, out: str | os.PathLike[str]):
        from filelock import FileLock, Timeout

        self.path, self.out = path, out
        if path.exists() and not _is_lock(path):
            raise TrainingError(
                f"{path} is in the way, and is no lock of a training; move it, or choose "
                "another --out"
            )
        self._lock = FileLock(path, blocking=False, thread_local=False)
        try:
            self._lock.acquire()
        except Timeout:
            raise TrainingError(
                f"{_owner(path)} is training to {out} at this moment; wait for it, or choose "
                "another --out"
            ) from None
        except OSError as error:
            raise CheckpointError(
                f"cannot write beside {out}: {error.strerror}; choose another --out"
            ) from error
        with suppress(OSError):  # on a full disk, nobody learns the number
            path.write_text(f"rnnbook train, process {os.getpid()}\n", encoding="ascii")

    def release(self) -> None:
        """Let others write; more than once does no harm."""
        if self._lock.is_locked:
            with suppress(OSError):  # Windows does not remove what is open
                self.path.unlink()
            self._lock.release()


def _is_lock(path: Path) -> bool:
    try:
        text = path.read_text(encoding="ascii")
    except (OSError, ValueError):
        return os.name == "nt" and path.is_file()  # there, nobody reads what is locked
    return text == "" or _OWNER.fullmatch(text) is not None


def _owner(path: Path) -> str:
    with suppress(OSError, ValueError):
        if found := _OWNER.fullmatch(path.read_text(encoding="ascii")):
            return f"process {found[1]}"
    return "another process"
