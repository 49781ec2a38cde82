"""The log of a training: a line of JSON for every progress, each with the id of its run.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import json
import os
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rnnbook.errors import TrainingError
from rnnbook.files import write_atomically
from rnnbook.training.run import Progress


class Log:
    """The log of one run. Lines of other runs stay as they are.

    That the log cannot be written is no reason to lose a training: lines wait for the
    next attempt, and :attr:`problem` says what was wrong.
    """

    def __init__(self, path: Path, run: str):
        self.path, self.run, self.problem = path, run, ""
        self._waiting: list[str] = []

    def append(self, progress: Progress) -> None:
        """Add a line, whole or not at all."""
        self._waiting.append(self._line(asdict(progress)))
        try:
            _append(self.path, "".join(self._waiting).encode())
        except OSError as error:
            self.problem = f"the log {self.path} could not be written: {error.strerror}"
        else:
            self._waiting, self.problem = [], ""

    def restore(
        self, step: int, history: Sequence[dict[str, Any]], drop: Collection[str] = ()
    ) -> None:
        """The log as it was at the step that the run goes on from.

        What the run logged later is dropped, with every line that is not whole and those
        of the runs ``drop``, which this one replaces. A validation that was saved, and not
        yet logged when the process was killed, is put back.
        """
        others, mine = [], {entry["step"]: self._line(entry) for entry in history}
        try:
            text = _read(self.path) if self.path.exists() else ""
            for line in text.splitlines(keepends=True):
                run, entry = parse_line(line)
                if run == self.run and entry is not None and 0 < entry.step <= step:
                    mine[entry.step] = line
                elif run and run != self.run and run not in drop:
                    others.append(line)
            new = "".join([*others, *(mine[at] for at in sorted(mine))])
            if new != text:
                write_atomically(self.path, lambda path: path.write_text(new, encoding="utf-8"))
        except OSError as error:
            self.problem = f"the log {self.path} could not be restored: {error.strerror}"

    def check(self) -> None:
        """Raise :class:`TrainingError` if something else lies where the log would."""
        first = b""
        if self.path.exists():
            try:
                with self.path.open("rb") as file:
                    first = file.readline()
            except OSError:  # a folder, say
                first = b"?"
        if first and not parse_line(first.decode("utf-8", "replace"))[0]:
            raise TrainingError(
                f"{self.path} is in the way, and is no log of a training; move it, or choose "
                "another --out"
            )

    def _line(self, entry: dict[str, Any]) -> str:
        return json.dumps({"run": self.run, **entry}) + "\n"


def parse_line(line: str) -> tuple[str, Progress | None]:
    """The run that a line of a log belongs to, and its progress; "" and None for another line."""
    try:
        entry = json.loads(line)
        run = entry.pop("run")
        if not line.endswith("\n") or not isinstance(run, str):
            return "", None
        return run, Progress(**entry)
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return "", None


def read_log(path: str | os.PathLike[str]) -> list[Progress]:
    """The progress that the last run in a log made; lines that are not whole are passed over."""
    lines = _read(Path(path)).splitlines(keepends=True)
    parsed = [(run, entry) for run, entry in map(parse_line, lines) if entry is not None]
    return [entry for run, entry in parsed if run == parsed[-1][0]]


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace")


def _append(path: Path, data: bytes) -> None:
    """Append to a file; if that fails, leave it as it was."""
    with path.open("ab", buffering=0) as file:
        before = file.tell()
        try:
            while data:
                data = data[file.write(data) or 0 :]
        except OSError:
            with suppress(OSError):
                file.truncate(before)
            raise
