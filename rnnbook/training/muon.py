"""Muon: steps whose every direction is equally long.

The gradient of a weight matrix is a sum of a few strong directions and many weak
ones. Muon takes its running mean and replaces it by the nearest orthogonal matrix:
all singular values become 1, so the weak directions are learnt as fast as the
strong ones. After the same number of characters the networks of this book are then
further than with Adam, each at its best rate (see ``benchmarks/optimizers.py``).

The gates of a recurrent network stand above each other in one matrix. They do
different work, so each block is made orthogonal by itself. What that costs grows with the
third power of the hidden size. Blocks of fewer rows would cost less; where that was tried, the
networks learnt less, too.

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


def orthogonalize(
    matrices: Tensor, iterations: int = 3, factors: torch.dtype | None = None
) -> Tensor:
    """About the orthogonal matrix nearest to each of these (..., M, N), in at most 5 iterations.

    With five the singular values come out within a tenth of 1. Three, which cost less and train
    as well, leave those that were above a tenth of the largest between 0.2 and 1.9, and smaller
    ones smaller. Zeros give zeros. Products multiply numbers of the type ``factors``.
    """
    wide = matrices if matrices.shape[-2] <= matrices.shape[-1] else matrices.mT
    norm = torch.linalg.matrix_norm(wide, keepdim=True)  # not below any singular value
    x = (wide / (norm + 1e-7)).to(factors or wide.dtype)
    for a, b, c in _POLYNOMIALS[:iterations]:
        square = x @ x.mT
        polynomial = _plus(square, square, square, b, c)
        x = _plus(x, polynomial, x, a, 1.0)
    x = x.to(wide.dtype)
    return x if wide is matrices else x.mT


def _plus(term: Tensor, left: Tensor, right: Tensor, beta: float, alpha: float) -> Tensor:
    """``beta * term + alpha * left @ right``."""
    product = torch.addmm if term.ndim == 2 else torch.baddbmm
    return product(term, left, right, beta=beta, alpha=alpha)


class Muon(torch.optim.Optimizer):
    """Orthogonalized momentum, for matrices only.

    ``parameters`` comes with the number of blocks that stand above each other in
    each matrix. A step moves every entry by 0.2 ``lr`` (root mean square), which
    is about what Adam does. Products multiply numbers of the type ``factors``. ``run`` is
    ``map`` or the ``map`` of a pool of ``workers``: the blocks do not depend on each other.
    """

    def __init__(
        self,
        parameters: Iterable[tuple[Tensor, int]],
        lr: float,
        momentum: float = 0.9,
        factors: torch.dtype | None = None,
        run: Callable[..., Iterable[Tensor]] = map,
        workers: int = 1,
    ):
        groups: list[dict[str, Any]] = [
            {"params": [parameter], "blocks": blocks} for parameter, blocks in parameters
        ]
        super().__init__(groups, {"lr": lr, "momentum": momentum})
        self._factors, self._run, self._workers = factors, run, workers

    @torch.no_grad()
    def step(self, closure=None) -> None:  # type: ignore[override]
        """One step along the gradients that the parameters hold."""
        for group in self.param_groups:
            parameter = group["params"][0]
            blocks = self._direction(group, parameter).unflatten(0, (group["blocks"], -1))
            parts = self._run(self._orthogonalize, blocks.chunk(self._workers))
            step = torch.cat(list(parts)).flatten(0, 1)
            scale = 0.2 * max(blocks.shape[1:]) ** 0.5
            parameter.add_(step, alpha=-group["lr"] * scale)

    @torch.no_grad()  # which is each thread's own
    def _orthogonalize(self, blocks: Tensor) -> Tensor:
        return orthogonalize(blocks, factors=self._factors)

    def _direction(self, group: dict[str, Any], parameter: Tensor) -> Tensor:
        """The gradient's running mean, looked one step ahead (Nesterov)."""
        momentum, gradient = group["momentum"], parameter.grad
        assert gradient is not None
        state = self.state[parameter]
        if "mean" not in state:
            state["mean"] = torch.zeros_like(parameter)
        state["mean"].lerp_(gradient, 1 - momentum)
        return torch.lerp(gradient, state["mean"], momentum)
