"""Run chapters several at a time, before the pages are written:
``python -m rnnbook.book.execution``, which is the first step of the build.

Each runs in an empty folder, as a reader may who took one notebook along.

MyST-NB runs a chapter when it comes to its page, one after the other. What has been run here it
finds in its cache. A chapter that fails here is left to it, to be run again and reported.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path

import nbformat
import yaml
from jupyter_cache import get_cache
from jupyter_cache.base import CacheBundleIn, JupyterCacheAbstract
from nbclient import NotebookClient

from rnnbook.book.chapters import LISTED, TOC

CACHE = Path("book", "_build", ".jupyter_cache")
MOST = 4  # chapters at a time; each is a process that may need half a gigabyte


@dataclass(frozen=True)
class Ran:
    """A notebook with the outputs of its cells, and the seconds that they took."""

    notebook: nbformat.NotebookNode
    seconds: float


def at_once() -> int:
    """How many chapters run at the same time: one a core, within reason."""
    return min(MOST, os.cpu_count() or 1)


def main() -> int:
    """Run what the cache lacks of the book in this folder; a failure is not this program's."""
    root = Path.cwd()
    settings = yaml.safe_load((root / "_config.yml").read_text(encoding="utf-8"))["execute"]
    cache = get_cache(root / CACHE)
    try:
        for path, result in run(unknown(root, cache), settings["timeout"]):
            if isinstance(result, Ran):
                keep(cache, path, result)
                print(f"{path.name} ran in {result.seconds:.1f} s", flush=True)
            else:
                reason = type(result).__name__
                print(f"{path.name} failed ({reason}) and will be run again by itself", flush=True)
    except KeyboardInterrupt:
        os._exit(130)  # without waiting for the cells that run; kernels end with this process
    return 0


def unknown(root: Path, cache: JupyterCacheAbstract) -> list[Path]:
    """The notebooks of the book whose results the cache does not have."""
    listed = LISTED.findall((root / "book" / TOC).read_text(encoding="utf-8"))
    first = re.findall(r"^root: (\S+)", (root / "book" / TOC).read_text(encoding="utf-8"), re.M)
    paths = [root / "book" / f"{name}.ipynb" for name in sorted({*first, *listed})]
    return [path for path in paths if path.is_file() and not _is_known(path, cache)]


def _is_known(path: Path, cache: JupyterCacheAbstract) -> bool:
    try:
        cache.match_cache_notebook(nbformat.read(path, as_version=4))
    except KeyError:
        return False
    return True


def run(paths: Iterable[Path], timeout: int) -> Iterator[tuple[Path, Ran | BaseException]]:
    """Run notebooks; each with its result as it ends, or with what went wrong.

    ``timeout`` is in seconds a cell.
    """
    pool = ThreadPoolExecutor(at_once())
    running: dict[Future[Ran], Path] = {
        pool.submit(_run_one, path, timeout): path for path in paths
    }
    for future in as_completed(running):
        yield running[future], future.exception() or future.result()
    pool.shutdown()


def _run_one(path: Path, timeout: int) -> Ran:
    notebook = nbformat.read(path, as_version=4)
    with tempfile.TemporaryDirectory(prefix="rnnbook-") as folder:
        client = NotebookClient(
            notebook,
            timeout=timeout,
            record_timing=False,  # as cells' metadata, by which the cache would not know them again
            resources={"metadata": {"path": folder}},
        )
        started = time.perf_counter()
        asyncio.run(client.async_execute())
        return Ran(notebook, time.perf_counter() - started)


def keep(cache: JupyterCacheAbstract, path: Path, result: Ran) -> None:
    """Store a result as MyST-NB does, with the seconds that it took."""
    bundle = CacheBundleIn(result.notebook, str(path), data={"execution_seconds": result.seconds})
    cache.cache_notebook_bundle(bundle, check_validity=False, overwrite=True)


if __name__ == "__main__":
    sys.exit(main())
