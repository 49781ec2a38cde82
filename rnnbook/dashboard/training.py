"""A training that a visitor starts: a process of its own, bounded, that the page follows."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path

from rnnbook.errors import TextError, TrainingError
from rnnbook.training import Progress, log_path, parse_line

#: How much text there may be, in characters; an upload has at most so many bytes.
MIN_TEXT, MAX_TEXT, MAX_UPLOAD = 2_000, 1_000_000, 2_000_000
MIN_HIDDEN, MAX_HIDDEN = 16, 256
MIN_SEQ_LEN, MAX_SEQ_LEN = 8, 128
MIN_RATE, MAX_RATE = 1e-4, 0.2
MIN_MINUTES, MAX_MINUTES = 0.2, 10.0

#: The files of a training, in a folder of its own.
TEXT, REQUEST, OUT, STOP, ERROR = "text.txt", "request.json", "yours.safetensors", "stop", "error"


@dataclass(frozen=True)
class Request:
    """What is asked for. Raises ``TrainingError`` for what is out of range."""

    hidden_size: int = 128
    seq_len: int = 64
    learning_rate: float = 0.02
    minutes: float = 2.0

    def __post_init__(self) -> None:
        bounds = {
            "hidden size": (MIN_HIDDEN, self.hidden_size, MAX_HIDDEN),
            "sequence length": (MIN_SEQ_LEN, self.seq_len, MAX_SEQ_LEN),
            "learning rate": (MIN_RATE, self.learning_rate, MAX_RATE),
            "number of minutes": (MIN_MINUTES, self.minutes, MAX_MINUTES),
        }
        for name, (least, value, most) in bounds.items():
            if not least <= value <= most:  # NaN too
                raise TrainingError(f"the {name} lies between {least:g} and {most:g} here")


def check_text(text: str) -> str:
    """The text, with newlines as ``\\n``. Raises :class:`TextError` if its size does not do."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if not MIN_TEXT <= len(text) <= MAX_TEXT:
        raise TextError(
            f"the text has {len(text):,} characters; to learn here it takes at least "
            f"{MIN_TEXT:,}, and at most {MAX_TEXT:,}"
        )
    return text


def text_of_upload(data: bytes) -> str:
    """A file as text. Nothing else than UTF-8 is read, nothing is ever unpacked.

    Raises :class:`TextError` if it is too large or no text.
    """
    if len(data) > MAX_UPLOAD:
        raise TextError(f"the file has {len(data):,} bytes; here it has at most {MAX_UPLOAD:,}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = "\0"
    if "\0" in text:
        raise TextError("the file is not UTF-8 text; save it as plain text and bring it again")
    return text


class Training:
    """One training in its process. Reading it never waits."""

    def __init__(self, text: str, request: Request) -> None:
        text = check_text(text)
        self.folder = tempfile.TemporaryDirectory(prefix="rnnbook-training-")
        self.path = Path(self.folder.name)
        (self.path / TEXT).write_text(text, encoding="utf-8", newline="\n")
        (self.path / REQUEST).write_text(json.dumps(asdict(request)), encoding="utf-8")
        self.log: list[Progress] = []
        self._read = 0  # bytes of the log
        self._process = subprocess.Popen(
            [sys.executable, "-m", "rnnbook.dashboard.trainer", str(self.path)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    @property
    def is_running(self) -> bool:
        return self._process.poll() is None

    @property
    def checkpoint(self) -> Path | None:
        """The network so far, once it was measured for the first time."""
        path = self.path / OUT
        return path if path.exists() else None

    def follow(self) -> bool:
        """Read what was logged since; whether there was anything new."""
        path = log_path(self.path / OUT)
        if not path.exists():
            return False
        with path.open("rb") as file:
            file.seek(self._read)
            lines = file.read().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith(b"\n")]
        self._read += sum(map(len, whole))
        parsed = [parse_line(line.decode())[1] for line in whole]
        self.log += [progress for progress in parsed if progress is not None]
        return bool(whole)

    def stop(self) -> None:
        """Ask it to end; what it has learnt so far stays."""
        (self.path / STOP).touch()

    def end(self) -> None:
        """End it at once, and forget it."""
        self._process.kill()
        self._process.wait()
        self.folder.cleanup()

    @property
    def problem(self) -> str:
        """Why it ended before its time, as a sentence; empty if it did not."""
        if self.is_running or self._process.returncode == 0:
            return ""
        path = self.path / ERROR
        if path.exists():
            return path.read_text(encoding="utf-8")
        return "the training ended before its time; start it again, or with a smaller network"
