"""How many cores a product of PyTorch's is shared by, and whether freed memory is kept.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch


@contextmanager
def cores(number: int) -> Iterator[None]:
    """Let one product of this thread use this many cores, for a while."""
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def use_one_core() -> None:
    """Let the products of this thread use one core, whatever others use."""
    torch.set_num_threads(1)
    torch.get_num_threads()  # a thread takes over the number when it first looks at it


#: glibc's numbers for what ``mallopt`` sets: keep up to 2 GiB that are free, grow by 64 MiB, take
#: blocks of up to 32 MiB from what is kept, and let all threads share it.
_KEEPING = {-1: 2**31 - 1, -2: 2**26, -3: 2**25, -8: 1}


def keep_freed_memory() -> bool:
    """Let this process keep what it frees for the next arrays; whether that could be asked for.

    A window of a linear recurrence makes some fifty arrays of megabytes and frees them again. A
    system that takes them back gives new ones out page by page, each of them cleared, which takes
    up to a tenth of a training step. Only glibc, the C library of most Linux systems, can be asked.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    done = [mallopt(name, value) == 1 for name, value in _KEEPING.items()]
    return all(done)
