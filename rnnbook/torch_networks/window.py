"""What a recurrence over a window works on: what comes from below, and room to work in.

Taught in the chapter *Training for real*.
"""

from __future__ import annotations

import torch
from torch import Tensor


class Room:
    """Arrays that one window leaves to the next.

    A system gives out large arrays page by page, which takes a tenth of a training step or
    more. A room may serve one window at a time: backward before forward again.
    """

    def __init__(self) -> None:
        self._arrays: dict[str, Tensor] = {}

    def array(self, name: str, size: torch.Size | tuple[int, ...], dtype: torch.dtype) -> Tensor:
        """An array with this name, of any content; the one of before if it is of this kind."""
        before = self._arrays.get(name)
        if before is None or before.shape != torch.Size(size) or before.dtype != dtype:
            before = self._arrays[name] = torch.empty(size, dtype=dtype)
        return before

    def states(self, name: str, first: Tensor, length: int, dtype: torch.dtype) -> Tensor:
        """Room for ``length`` states after the ``first`` (B, H): (T+1, B, H)."""
        states = self.array(name, (length + 1, *first.shape), dtype)
        states[0] = first
        return states


class FromBelow:
    """What the layer below adds to every gate: an array (T, B, G*H), or a table and ids.

    Where ``ids`` (T, B) are given, ``inputs`` is a table (V, G*H) that they choose rows of.
    """

    def __init__(self, inputs: Tensor, ids: Tensor | None):
        self.inputs, self.ids = inputs, ids
        self.size = inputs.shape if ids is None else (*ids.shape, inputs.shape[1])
        self._of_table = None if ids is None else torch.zeros_like(inputs)

    def gates(self, room: Room, dtype: torch.dtype) -> Tensor:
        """Where the gates go (T, B, G*H): over the inputs themselves, if they have the type."""
        if self.ids is None and self.inputs.dtype == dtype:
            return self.inputs
        return room.array("gates", self.size, dtype)

    def read(self, t: int, out: Tensor) -> Tensor:
        """Put the inputs of step t into ``out`` (B, G*H)."""
        if self.ids is not None:
            return torch.index_select(self.inputs, 0, self.ids[t], out=out)
        return out if self.inputs.dtype == out.dtype else out.copy_(self.inputs[t])

    def take(self, t: int, d_gates: Tensor) -> None:
        """Note the gradient of step t (B, G*H), if it is one of a table."""
        if self._of_table is not None and self.ids is not None:
            self._of_table.index_add_(0, self.ids[t], d_gates)

    def gradient(self, d_gates: Tensor) -> Tensor:
        """The gradient of the inputs, given that of all gates (T, B, G*H)."""
        return d_gates if self._of_table is None else self._of_table
