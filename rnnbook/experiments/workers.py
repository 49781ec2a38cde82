"""Cases side by side: each is computed by one process on one core.

So its numbers do not depend on how many cores there are.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from typing import Any

Case = dict[str, Any]
Row = dict[str, Any]

_ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")


def computed(
    run: Callable[..., Row], cases: Sequence[Case], jobs: int | None, *, alone: bool = False
) -> Iterator[tuple[Case, Row, float]]:
    """Each case with its row and its seconds, as they come.

    ``jobs`` run side by side, by default as many as there are cores; or ``alone``, one after the
    other in this process, where time is measured.
    """
    jobs = min(len(cases), jobs or os.cpu_count() or 1)
    if alone or jobs < 2:
        for case in cases:
            yield case, *_timed(run, case)
        return
    with _one_thread_each():
        pool = ProcessPoolExecutor(jobs, multiprocessing.get_context("spawn"))
        futures = {pool.submit(_timed, run, case): case for case in cases}
        try:
            for future in as_completed(futures):
                yield futures[future], *future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _timed(function: Callable[..., Row], case: Case) -> tuple[Row, float]:
    started = time.perf_counter()
    row = function(**case)
    return row, time.perf_counter() - started


@contextmanager
def _one_thread_each() -> Iterator[None]:
    """Processes that start meanwhile take one thread for their products."""
    before = {name: os.environ.get(name) for name in _ONE_THREAD}
    os.environ.update(dict.fromkeys(_ONE_THREAD, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
