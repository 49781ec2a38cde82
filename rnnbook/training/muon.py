"""Muon: steps whose every direction is equally long.

The gradient of a weight matrix is a sum of a few strong directions and many weak
ones. Muon takes its running mean and replaces it by the nearest orthogonal matrix:
all singular values become 1, so the weak directions are learnt as fast as the
strong ones. After the same number of characters the networks of this book are then
further than with Adam, each at its best rate (see ``benchmarks/optimizers.py``).

The gates of a recurrent network stand above each other in one matrix. They do
different work, so each block is made orthogonal by itself.

Sources: K. Jordan et al., *Muon: an optimizer for hidden layers in neural networks*
(2024); the scale of a step from J. Liu et al. (2025), arXiv 2502.16982; the
polynomials from N. Amsel et al., *The Polar Express* (2025), arXiv 2505.16932.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor

# One polynomial a x + b x³ + c x⁵ an iteration: together they drive the singular
# values towards 1 as fast as that many polynomials of this degree can.
_POLYNOMIALS = (
    (8.28721201814563, -23.595886519098837, 17.300387312530933),
    (4.107059111542203, -2.9478499167379106, 0.5448431082926601),
    (3.9486908534822946, -2.908902115962949, 0.5518191394370137),
    (3.3184196573706015, -2.488488024314874, 0.51004894012372),
    (2.300652019954817, -1.6689039845749493, 0.4188073119525673),
)


def orthogonalize(matrix: Tensor, iterations: int = 3) -> Tensor:
    """About the orthogonal matrix nearest to this one (M, N), in at most 5 iterations.

    With five the singular values come out within a tenth of 1. Three, which cost
    less and train as well, leave those that were above a tenth of the largest
    between 0.2 and 1.9, and smaller ones smaller. Zeros give zeros.
    """
    wide = matrix if matrix.shape[0] <= matrix.shape[1] else matrix.t()
    x = wide / (wide.norm() + 1e-7)  # so that no singular value is above 1
    for a, b, c in _POLYNOMIALS[:iterations]:
        square = x @ x.t()
        x = torch.addmm(x, torch.addmm(square, square, square, beta=b, alpha=c), x, beta=a)
    return x if wide is matrix else x.t()


class Muon(torch.optim.Optimizer):
    """Orthogonalized momentum, for matrices only.

    ``parameters`` comes with the number of blocks that stand above each other in
    each matrix. A step moves every entry by 0.2 ``lr`` (root mean square), which
    is about what Adam does. ``run`` is ``map`` or the ``map`` of a pool of
    threads: the blocks do not depend on each other.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[Tensor, int]],
        lr: float,
        momentum: float = 0.9,
        run: Callable[..., Iterable[Tensor]] = map,
    ):
        groups: list[dict[str, Any]] = [
            {"params": [parameter], "blocks": blocks} for parameter, blocks in parameters
        ]
        super().__init__(groups, {"lr": lr, "momentum": momentum})
        self._run = run

    @torch.no_grad()
    def step(self, closure=None) -> None:  # type: ignore[override]
        """One step along the gradients that the parameters hold."""
        todo = [(group, group["params"][0]) for group in self.param_groups]
        blocks = [block for group, p in todo for block in self._direction(group, p)]
        steps = iter(list(self._run(orthogonalize, blocks)))
        for group, parameter in todo:
            rows = parameter.shape[0] // group["blocks"]
            scale = 0.2 * max(rows, parameter.shape[1]) ** 0.5
            step = torch.cat([next(steps) for _ in range(group["blocks"])])
            parameter.add_(step, alpha=-group["lr"] * scale)

    def _direction(self, group: dict[str, Any], parameter: Tensor) -> tuple[Tensor, ...]:
        """The blocks of the gradient's running mean, looked one step ahead (Nesterov)."""
        momentum, gradient = group["momentum"], parameter.grad
        assert gradient is not None
        state = self.state[parameter]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(parameter)
        state["mean"].lerp_(gradient, 1 - momentum)
        return torch.lerp(gradient, state["mean"], momentum).chunk(group["blocks"])
