"""How many cores a product of PyTorch's is shared by.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

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
