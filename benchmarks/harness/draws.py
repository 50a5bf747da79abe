"""Many estimates of one gradient, reduced as they are drawn to a few numbers a draw and layer.

Estimates are laid out as rows of a flat matrix, so that small problems pay for a few operations a chunk and not for some on each
tensor of each draw. Sums are formed in float64. What the numbers mean is in `quality`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from estimators.estimator import Estimate

CHUNK_ELEMENTS = 1 << 18  # of the matrix of draws: 2 MiB in float64, so that it stays in the caches between the passes over it
CHUNK_DRAWS = 256
SIGN_DRAWS = 256  # draws whose signs are compared: a share of coordinates needs no more

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Draws:
    """N estimates e of the gradient g, by L layers (parameters).

    Attributes:
        layers: names, in order.
        squared_gradient: [L], ‖g‖² of each layer.
        along: [N, L], ⟨e, g⟩.
        squared: [N, L], ‖e‖².
        error: [N, L], ‖e - g‖².
        signs: [min(N, 256)], share of the coordinates with g ≠ 0 at which e has its sign.
        squared_bias: ‖mean of e - g‖².
    """

    layers: tuple[str, ...]
    squared_gradient: Array
    along: Array
    squared: Array
    error: Array
    signs: Array
    squared_bias: float


class Reducer:
    """Takes estimates one at a time and keeps what `Draws` holds of them."""

    def __init__(self, gradient: Mapping[str, Tensor]) -> None:
        """Lay out the matrix.

        Args:
            gradient: the exact one; name -> tensor.
        """
        self.layers = tuple(gradient)
        self._sizes = [tensor.numel() for tensor in gradient.values()]
        flat = torch.cat([tensor.detach().flatten() for tensor in gradient.values()])
        rows = max(1, min(CHUNK_DRAWS, CHUNK_ELEMENTS // max(1, len(flat))))
        self._chunk = torch.empty((rows, len(flat)), dtype=flat.dtype, device=flat.device)
        self._wide = torch.empty_like(self._chunk, dtype=torch.float64)  # kept: fresh pages would cost more than the sums
        self._gradient = flat.double()
        self._parts = self._gradient.split(self._sizes)
        self._signs_of_gradient = flat.sign()
        self._nonzero = max(1, int((flat != 0).sum()))
        self._excess = torch.zeros_like(self._gradient)  # sum of e - g
        self._filled = 0
        self._along: list[Tensor] = []
        self._squared: list[Tensor] = []
        self._error: list[Tensor] = []
        self._agreeing: list[Tensor] = []
        self.count = 0

    def add(self, estimate: Estimate) -> None:
        """Take one estimate."""
        torch.cat([tensor.detach().flatten() for _, tensor in estimate.items()], out=self._chunk[self._filled])
        self._filled += 1
        self.count += 1
        if self._filled == len(self._chunk):
            self._reduce()

    def result(self) -> Draws:
        """What has been taken so far; more may be taken afterwards.

        Raises:
            ValueError: an estimate was not finite.
        """
        self._reduce()
        error = torch.cat(self._error).cpu().numpy()
        if not np.isfinite(error).all():
            first = int(np.flatnonzero(~np.isfinite(error).all(axis=1))[0])
            raise ValueError(f"estimate {first + 1} of {self.count} is not finite (NaN or infinity)")
        return Draws(
            layers=self.layers,
            squared_gradient=np.array([float(part @ part) for part in self._parts]),
            along=torch.cat(self._along).cpu().numpy(),
            squared=torch.cat(self._squared).cpu().numpy(),
            error=error,
            signs=torch.cat(self._agreeing).cpu().numpy()[:SIGN_DRAWS] / self._nonzero,
            squared_bias=float((self._excess / self.count).square().sum()),
        )

    def _reduce(self) -> None:
        """Reduce the rows that are filled."""
        rows, self._filled = self._chunk[: self._filled], 0
        if not len(rows):
            return
        if self.count - len(rows) < SIGN_DRAWS:
            agree = (rows * self._signs_of_gradient).gt_(0)  # 1 or 0 in place: sums of booleans are slow
            self._agreeing.append(agree.sum(dim=1, dtype=torch.float64))
        wide = self._wide[: len(rows)].copy_(rows)
        self._along.append(self._by_layer(wide, lambda part, exact: part @ exact))
        self._squared.append(self._by_layer(wide, _squared_norms))
        wide -= self._gradient
        self._error.append(self._by_layer(wide, _squared_norms))
        self._excess.addmv_(wide.T, wide.new_ones(len(wide)))

    def _by_layer(self, rows: Tensor, reduce: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
        """[rows, L]: one number a row and layer."""
        parts = zip(rows.split(self._sizes, dim=1), self._parts, strict=True)
        return torch.stack([reduce(part, exact) for part, exact in parts], dim=1)


def _squared_norms(rows: Tensor, _: Tensor) -> Tensor:
    norms: Tensor = torch.linalg.vector_norm(rows, dim=1)
    return norms.square()
