"""Several processes that train one network together, as ``torchrun`` starts them.

Every process holds the whole network and reads its share of the batch's rows;
``DistributedDataParallel`` averages the gradients, over gloo on a CPU. Only the
first process writes files, and what depends on the clock is decided by it alone.

Taught in the chapter *A trained LSTM*.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from rnnbook.errors import TrainingError


class Processes:
    """The processes of this training, and which of them this one is. By itself: one, the first."""

    def __init__(self, rank: int = 0, count: int = 1):
        self.rank, self.count = rank, count

    @classmethod
    def from_environment(cls) -> Processes:
        """Join the others, if ``torchrun`` started this process."""
        count = int(os.environ.get("WORLD_SIZE", "1"))
        if count == 1:
            return cls()
        if not dist.is_initialized():
            dist.init_process_group("nccl" if torch.cuda.is_available() else "gloo")
        return cls(dist.get_rank(), count)

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def shares(self, batch_size: int) -> list[NDArray[np.int64]]:
        """The rows of the batch that each process reads.

        Raises :class:`TrainingError` if the rows cannot be shared out evenly.
        """
        if batch_size % self.count:
            raise TrainingError(
                f"a batch of {batch_size} cannot be shared out evenly over {self.count} "
                f"processes; give a --batch-size that {self.count} divides"
            )
        return np.split(np.arange(batch_size), self.count)

    def parallel(self, model: nn.Module) -> nn.Module:
        return DistributedDataParallel(model) if self.count > 1 else model

    def gradients(self, loss: Tensor, parameters: Sequence[Tensor]) -> tuple[Tensor, ...]:
        """The gradients of the sum of all processes' losses."""
        for parameter in parameters:
            parameter.grad = None
        (loss * self.count).backward()  # DistributedDataParallel takes the mean
        return tuple(p.grad.clone() for p in parameters if p.grad is not None)

    def sum(self, number: float) -> float:
        """The sum of every process's number, in all of them."""
        if self.count == 1:
            return number
        total = torch.tensor(number, dtype=torch.float64)
        dist.all_reduce(total)
        return float(total)

    def agree(self, *numbers: float) -> tuple[float, ...]:
        """What the first process says, in all of them."""
        if self.count == 1:
            return numbers
        said = torch.tensor(numbers, dtype=torch.float64)
        dist.broadcast(said, 0)
        return tuple(said.tolist())

    def gather(self, mine: Any) -> list[Any]:
        """Every process's value, in the order of their ranks; empty but in the first."""
        if self.count == 1:
            return [mine]
        all_of_them = [None] * self.count if self.is_first else None
        dist.gather_object(mine, all_of_them)
        return all_of_them or []

    def close(self) -> None:
        """Leave the others; nothing more is shared."""
        if self.count > 1 and dist.is_initialized():
            dist.destroy_process_group()
