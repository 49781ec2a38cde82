"""What a text is measured against: the words and strings of a corpus, and its own measures.

    python -m rnnbook.dashboard.index            # make what is missing in the cache
    python -m rnnbook.dashboard.index --own      # and measure the corpora themselves

A corpus of some million characters is too much for every visitor's kernel. So one
process reads each corpus once and writes two files of sorted hashes, of which the kernels
read what they look for. Of several processes one does it, and one that a server has
started ends with its server. What the corpora measure by the same yardsticks, on the
part that no network was trained on, is in ``corpora.json`` of this folder.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache, partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rnnbook import checkpoints, corpora
from rnnbook.errors import RnnbookError
from rnnbook.evaluation import distinct, words
from rnnbook.files import write_atomically

Hashes = NDArray[np.uint64]

#: The strings whose novelty is asked for have so many characters.
STRING = 12
#: distinct-3 depends on the length; the corpora are measured at these, in characters.
LENGTHS = (50, 100, 200, 400, 800, 1600, 3200)
#: Where the files lie, if not in the cache of the user.
FOLDER = "RNNBOOK_INDEX"
OWN = Path(__file__).with_name("corpora.json")
_BASE = np.uint64(0x9E3779B97F4A7C15)
_SHARE = 0.9  # of a text is what the networks were trained on


def folder() -> Path:
    """The folder of the files: ``RNNBOOK_INDEX``, or one in the user's cache."""
    cache_home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get(FOLDER) or Path(cache_home) / "rnnbook" / "index")


def hash_strings(text: str, length: int = STRING) -> Hashes:
    """A hash (N - length + 1,) of every string of so many characters, by Horner's rule."""
    points = np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype="<u4")
    count = max(0, len(points) - length + 1)
    hashes = np.zeros(count, dtype=np.uint64)
    for start in range(length):
        hashes *= _BASE
        hashes += points[start : start + count] + np.uint64(1)
    return hashes


def hash_words(found: list[str]) -> Hashes:
    """A hash of every word."""
    return np.array([hash_strings(word, len(word))[0] for word in found], dtype=np.uint64)


def are_known(hashes: Hashes, known: Hashes) -> NDArray[np.bool_]:
    """Which of the hashes are among the sorted ``known``."""
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    return np.asarray(known[places] == hashes)


class Known:
    """Sorted hashes in a file, of which only what is asked for is read.

    Hashes are spread evenly, so that those with the same first bits are few: a table says
    where each such lot begins. To map the file would be simpler, and would count as the
    memory of every kernel.
    """

    def __init__(self, path: Path) -> None:
        with path.open("rb") as file:
            shift, size = np.fromfile(file, dtype=np.uint64, count=2).tolist()
            self._starts = np.fromfile(file, dtype=np.uint32, count=size + 1)
            self._at = file.tell()
        self._path, self._shift = path, shift

    def holds(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Which of the hashes are in the file."""
        lots = (hashes >> np.uint64(self._shift)).astype(np.int64)
        found = np.zeros(len(hashes), dtype=bool)
        with self._path.open("rb", buffering=0) as file:
            for place, (lot, hashed) in enumerate(zip(lots, hashes, strict=True)):
                first, last = int(self._starts[lot]), int(self._starts[lot + 1])
                if first < last:
                    file.seek(self._at + 8 * first)
                    content = file.read(8 * (last - first))
                    found[place] = (np.frombuffer(content, dtype=np.uint64) == hashed).any()
        return found

    @staticmethod
    def write(hashes: Hashes, path: Path) -> None:
        """Write hashes, in any order, some more than once."""
        hashes = np.unique(hashes)
        bits = min(16, max(1, len(hashes).bit_length() - 6))  # some sixty-four a lot
        edges = np.arange(2**bits + 1, dtype=np.float64) * 2.0 ** (64 - bits)
        starts = np.searchsorted(hashes, edges[:-1].astype(np.uint64))
        with path.open("wb") as file:
            np.array([64 - bits, 2**bits], dtype=np.uint64).tofile(file)
            np.append(starts, len(hashes)).astype(np.uint32).tofile(file)
            hashes.tofile(file)


def paths(sha256: str, where: Path | None = None) -> tuple[Path, Path]:
    """The files of a corpus's words and strings."""
    base = (where or folder()) / sha256[:16]
    return base.with_suffix(".words"), base.with_suffix(".strings")


def is_made() -> bool:
    """Whether there is a file for every corpus that ``corpora.json`` tells of."""
    return all(path.exists() for sha256 in own_measures() for path in paths(sha256))


def make(text: str, sha256: str, where: Path | None = None) -> None:
    """Write the files of a text."""
    (where or folder()).mkdir(parents=True, exist_ok=True)
    arrays = (hash_words(sorted(set(words(text)))), hash_strings(text))
    for path, hashes in zip(paths(sha256, where), arrays, strict=True):
        write_atomically(path, partial(Known.write, hashes))


@cache
def own_measures() -> dict[str, dict[str, object]]:
    """What the corpora measure, by their SHA-256."""
    found: dict[str, dict[str, object]] = json.loads(OWN.read_text(encoding="utf-8"))
    return found


def measure_own(text: str) -> dict[str, object]:
    """What the last tenth of a text measures against the rest, and distinct-3 by length."""
    cut = int(len(text) * _SHARE)
    trained, held_out = text[:cut], text[cut:]
    ours = words(held_out)
    known = set(words(trained))
    strings = np.unique(hash_strings(trained))
    unseen = ~are_known(hash_strings(held_out), strings)
    rng = np.random.default_rng(0)
    by_length = {}
    for length in (length for length in LENGTHS if length <= len(held_out)):
        starts = rng.integers(0, len(held_out) - length + 1, size=40)
        by_length[length] = np.mean([distinct(held_out[s : s + length], 3) for s in starts])
    return {
        "words": round(sum(word in known for word in ours) / max(1, len(ours)), 4),
        "novelty": round(float(unseen.mean()), 4),
        "distinct": {str(length): round(float(d), 4) for length, d in by_length.items()},
    }


def trained_part(text: str) -> str:
    """The part that the networks of the book were trained on: all but the last tenth."""
    return text[: int(len(text) * _SHARE)]


@contextmanager
def alone(where: Path | None = None) -> Iterator[bool]:
    """Whether no other process makes the files; if so, none does until the end of the block.

    What a process that was killed had begun to write is removed.
    """
    from filelock import FileLock, Timeout

    where = where or folder()
    where.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(where / "making.lock", blocking=False):
            for left in where.glob(".*.tmp"):
                left.unlink(missing_ok=True)
            yield True
    except Timeout:
        yield False


def end_with_parent() -> None:
    """End this process when the one that started it is gone."""
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()


def main() -> None:
    """Make the files of every shipped model's corpus that is installed here."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--own", action="store_true", help="measure the corpora themselves too")
    parser.add_argument("--gently", action="store_true", help="say nothing, and give way to others")
    options = parser.parse_args()
    if options.gently:
        os.nice(19)
        sys.stdout = sys.stderr = open(os.devnull, "w")  # noqa: SIM115
        end_with_parent()
    with alone() as nobody_else:
        if nobody_else:
            _make_all(measure=options.own)
        else:
            print(f"another process is making the files in {folder()}", file=sys.stderr)


def _make_all(*, measure: bool) -> None:
    names = {checkpoints.load(name).info["corpus"]["name"] for name in checkpoints.shipped()}
    own = {}
    for name in sorted(names):
        try:
            corpus = corpora.load(name)
        except RnnbookError as error:
            print(f"{name}: left out ({error})", file=sys.stderr)
            continue
        if not all(path.exists() for path in paths(corpus.sha256)):
            make(trained_part(corpus.text), corpus.sha256)
        if measure:
            own[corpus.sha256] = {"name": name, **measure_own(corpus.text)}
        print(f"{name}: ready")
    if measure:
        content = json.dumps(own, indent=1) + "\n"
        write_atomically(OWN, lambda path: path.write_text(content, encoding="utf-8"))


if __name__ == "__main__":
    main()
