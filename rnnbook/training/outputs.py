"""The files of a training, all of which say which run they belong to.

A training that writes to ``NAME`` has three more files beside it, named after the
whole of it: ``NAME.training``, all that is needed to go on as if nothing had happened,
removed at the end; ``NAME.log.jsonl``, a line for every progress; and ``NAME.lock``
while it runs. A run reads, changes and removes no file of another.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open

from rnnbook.checkpoints import header as headers
from rnnbook.checkpoints import load
from rnnbook.errors import CheckpointError, RnnbookError, TrainingError
from rnnbook.files import write_atomically
from rnnbook.training.lock import Lock
from rnnbook.training.log import Log
from rnnbook.training.run import Progress, Run

_STATE, _LOG, _LOCK = ".training", ".log.jsonl", ".lock"


def state_path(out: str | os.PathLike[str]) -> Path:
    """Where an unfinished training to ``out`` keeps what it needs to go on."""
    return _beside(out, _STATE)


def log_path(out: str | os.PathLike[str]) -> Path:
    """Where a training to ``out`` logs its progress, a JSON object a line."""
    return _beside(out, _LOG)


def lock_path(out: str | os.PathLike[str]) -> Path:
    """What a running training to ``out`` holds, so that no other writes there."""
    return _beside(out, _LOCK)


def _beside(out: str | os.PathLike[str], ending: str) -> Path:
    path = Path(out)
    return path.parent / f"{path.name}{ending}"


def check_out(out: str | os.PathLike[str], texts: Iterable[str | os.PathLike[str]] = ()) -> None:
    """Raise :class:`TrainingError` if a training cannot write to ``out``.

    ``texts`` are the files that it reads, none of which it may ever write to.
    """
    path, name = Path(out), os.fspath(out)
    if path.is_dir() or name.endswith(("/", os.sep)) or not path.name:
        raise TrainingError(
            f"{name or '.'} is a folder; give --out the name of a file, such as "
            f"{path / 'my-text.safetensors'}"
        )
    if not path.parent.is_dir():
        raise TrainingError(f"there is no folder {path.parent}; make it, or choose another --out")
    if path.exists() and not path.is_file():
        raise TrainingError(f"{path} is not a plain file; choose another --out")
    if name.endswith((_STATE, _LOG, _LOCK)):
        raise TrainingError(
            f"{path} ends like a file that a training keeps for itself ({_STATE}, {_LOG}, "
            f"{_LOCK}); choose another --out"
        )
    for text in texts:
        for mine in (path, state_path(out), log_path(out), lock_path(out)):
            if _is_same(mine, Path(text)):
                raise TrainingError(
                    f"{mine} is read by this training, and would be written over; choose "
                    "another --out"
                )


def _is_same(one: Path, other: Path) -> bool:
    try:
        return one.samefile(other)
    except OSError:  # one of them is not there
        return False


def read_state(path: Path) -> tuple[Run, dict[str, NDArray[Any]]]:
    """The run and the arrays of an unfinished training.

    Raises :class:`TrainingError` if there is none, and :class:`CheckpointError` if
    the file is not one.
    """
    if not path.exists():
        raise TrainingError(f"there is no unfinished training to resume at {path}")
    try:
        with safe_open(path, framework="np") as file:
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
            run = Run.from_json(file.metadata()["rnnbook-training"])
        own = {name.removeprefix("model/"): ("F32", array.shape) for name, array in arrays.items()
               if name.startswith("model/")}  # fmt: skip
        headers.check_tensors(run.model_config, len(run.vocab), own)
        return run, arrays
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, RnnbookError) as error:
        raise CheckpointError(
            f"{path} is not an unfinished training of rnnbook; move it, or choose another --out"
        ) from error


def run_of(path: Path) -> str:
    """The run that a checkpoint came from; for one that does not say, a digest of the file.

    Raises :class:`CheckpointError` if it is not a checkpoint.
    """
    try:
        found = load(path).info.get("run")
    except CheckpointError as error:
        raise CheckpointError(
            f"{path} is there and is no checkpoint of rnnbook, so it is not written over; move it, "
            "or choose another --out"
        ) from error
    return found if isinstance(found, str) else hashlib.sha256(path.read_bytes()).hexdigest()


class Outputs:
    """What a run may write, and nobody else as long as this is open.

    ``is_first`` is false for all processes of ``torchrun`` but one: they write nothing.
    """

    def __init__(
        self,
        out: str | os.PathLike[str],
        texts: Iterable[str | os.PathLike[str]] = (),
        is_first: bool = True,
    ):
        check_out(out, texts)
        self.out = Path(os.path.abspath(out))  # so that it stays, wherever the process goes
        self.state, self.is_first = state_path(self.out), is_first
        self._lock = Lock(lock_path(self.out), self.out) if is_first else None
        self._run: Run | None = None
        self._log: Log | None = None
        self._replaced: set[str] = set()
        self.has_state = self.has_checkpoint = False  # of this run, on the disk
        if is_first:
            self._remove_unfinished_writes()

    def resumed(self) -> tuple[Run, dict[str, NDArray[Any]]]:
        """The unfinished training. Raises if there is none, or if ``out`` is another's."""
        if not self.state.exists() and self.out.exists():
            raise TrainingError(
                f"there is no unfinished training to resume at {self.state}; to train a finished "
                f"network further, use --continue-from {self.out.name} and another --out"
            )
        run, arrays = read_state(self.state)
        if self.is_first and self.out.exists() and run_of(self.out) not in (run.id, run.replaces):
            raise TrainingError(
                f"{self.out} is the network of another training; move it, and go on with --resume"
            )
        self.has_state = True
        return run, arrays

    def begin(self, run: Run, overwrite: bool) -> None:
        """Make sure that a new run is in nobody's way; remember what it replaces."""
        if not self.is_first:
            return
        if self.state.exists():
            unfinished = read_state(self.state)[0]
            if not overwrite:
                raise TrainingError(
                    f"{self.state} holds an unfinished training; go on with --resume, or start "
                    "again with --overwrite"
                )
            self._replaced.add(unfinished.id)
        if self.out.exists():
            run.replaces = run_of(self.out)
            if not overwrite:
                raise TrainingError(
                    f"{self.out} is a finished checkpoint; choose another --out, replace it with "
                    f"--overwrite, or train it further with --continue-from {self.out.name}"
                )
            self._replaced.add(run.replaces)
        Log(log_path(self.out), run.id).check()

    def restore_log(self, run: Run, step: int) -> None:
        """Bring the log to this step of the run."""
        if self.is_first:
            self._run, self._log = run, Log(log_path(self.out), run.id)
            self._log.restore(step, run.history, self._replaced)

    def log(self, progress: Progress) -> None:
        """Add a line to the log, if that can be done."""
        if self._log is not None:
            self._log.append(progress)

    @property
    def problem(self) -> str:
        """What is wrong with the log; empty if nothing is."""
        return self._log.problem if self._log is not None else ""

    def save_state(self, data: bytes) -> None:
        """Keep what a resume needs; raises :class:`CheckpointError`, and what was there stays."""
        self._save(self.state, data)
        self.has_state = True

    def save_checkpoint(self, data: bytes) -> None:
        """Keep the network; raises :class:`CheckpointError`, and what was there stays."""
        self._save(self.out, data)
        self.has_checkpoint = True

    def remove_state(self) -> None:
        """The training is finished."""
        with suppress(OSError):
            self.state.unlink()
        self.has_state = False

    def _save(self, path: Path, data: bytes) -> None:
        """Write a file whole. A folder that was removed meanwhile is made again."""
        try:
            if self._lock is not None and not self._lock.path.exists():
                self.out.parent.mkdir(parents=True, exist_ok=True)
                self._lock.release()
                self._lock = Lock(lock_path(self.out), self.out)
                if self._log is not None and self._run is not None:
                    step = self._run.step  # which is not logged yet
                    before = [point for point in self._run.history if point["step"] < step]
                    self._log.restore(step, before)
            write_atomically(path, lambda temporary: temporary.write_bytes(data))
        except OSError as error:
            raise CheckpointError(
                f"cannot save {path}: {error.strerror}. What was saved before is untouched; make "
                "room and go on with --resume"
            ) from error

    def close(self) -> None:
        """Let others write; more than once does no harm."""
        if self._lock is not None:
            self._lock.release()

    def _remove_unfinished_writes(self) -> None:
        """Remove what killed processes left half written; whoever wrote it held the lock."""
        for path in (self.out, self.state, log_path(self.out)):
            pattern = re.compile(re.escape(f".{path.name}.") + r"\w{8}\.tmp")
            for found in path.parent.iterdir():
                if pattern.fullmatch(found.name):
                    with suppress(OSError):
                        found.unlink()
