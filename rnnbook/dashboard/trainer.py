"""``python -m rnnbook.dashboard.trainer FOLDER``: train as FOLDER's request says.

It gives way to everybody else (niceness 10, one core), waits for nobody (if every
training place of the machine is taken it says so and ends), takes no more than its
minutes and its memory, and ends with the kernel that started it.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import IO

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

from rnnbook import corpora
from rnnbook.dashboard import index, room
from rnnbook.dashboard.training import ERROR, OUT, REQUEST, STOP, TEXT, Request
from rnnbook.errors import RnnbookError, TrainingError
from rnnbook.training import defaults_for, train

#: So many may train at once on this machine, unless the environment says otherwise.
PLACES = "RNNBOOK_TRAININGS"
#: The most memory of its own that a training may take, in bytes.
MEMORY = 2 * 1024**3
#: A step has at most so many logits (B x T x V); five arrays of that size take 320 MB.
MOST_LOGITS = 2**24
_MARGIN = 180  # seconds beyond its minutes, to load and to measure at the end on a busy machine


def main() -> None:
    """Train; an error becomes a sentence in a file."""
    folder, parent = Path(sys.argv[1]), os.getppid()
    if hasattr(os, "nice"):
        os.nice(10)
    room.limit(MEMORY)
    request = Request(**json.loads((folder / REQUEST).read_text(encoding="utf-8")))
    deadline = time.monotonic() + 60 * request.minutes + _MARGIN
    threading.Thread(target=_watch, args=(parent, deadline), daemon=True).start()
    try:
        place = _take_a_place() if fcntl is not None else None
        _train(folder, request)
        if place is not None:
            place.close()
    except (RnnbookError, MemoryError) as error:
        sentence = str(error) or "the network needs more memory than there is; take a smaller one"
        (folder / ERROR).write_text(sentence, encoding="utf-8")
        sys.exit(1)


def _watch(parent: int, deadline: float) -> None:
    """End this process when the one that started it has gone, or when its time is over."""
    while os.getppid() == parent and time.monotonic() < deadline:
        time.sleep(1)
    os._exit(1)


def _take_a_place() -> IO[str]:
    """A lock that is held while it is open. Raises ``TrainingError`` if none is free."""
    places = int(os.environ.get(PLACES) or os.cpu_count() or 1)
    folder = Path(os.environ.get(room.SHARED) or tempfile.gettempdir())
    for number in range(places):
        path = folder / f"rnnbook-training-{os.getuid()}-{number}.lock"
        file = path.open("w")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
        else:
            return file
    raise TrainingError(
        f"{places} trainings are under way here, and there is room for no more; try again in a "
        "few minutes"
    )


def _train(folder: Path, request: Request) -> None:
    corpus = corpora.load(folder / TEXT)
    index.make(index.trained_part(corpus.text), corpus.sha256, folder)
    size, symbols = len(corpus.text), len(set(corpus.text))
    network, config = defaults_for(size, request.minutes, symbols)
    network = replace(network, hidden_size=request.hidden_size)
    config = replace(
        config,
        minutes=request.minutes,
        seq_len=request.seq_len,
        learning_rate=request.learning_rate,
        batch_size=max(
            1,
            min(
                config.batch_size,
                size // (4 * request.seq_len),
                MOST_LOGITS // (request.seq_len * symbols),  # of a text in Chinese, fewer rows
            ),
        ),
        validations=max(6, int(12 * request.minutes)),
    )
    progress = train(corpus, network, config, folder / OUT)
    for _ in progress:
        if (folder / STOP).exists():
            progress.close()


if __name__ == "__main__":
    main()
