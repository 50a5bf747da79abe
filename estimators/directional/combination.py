"""The estimate of a directional estimator: a combination of its tangents."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

import torch
from torch import Tensor

from estimators.directional.space import Block, Layout, Tangents, matrix
from estimators.directional.workspace import Workspace
from estimators.estimator import Estimate


@dataclass
class LinearCombination(Estimate):
    """Σ cᵢ vᵢ, formed block by block, all at once of a single tangent; the tangents of a block are given up when it is formed.

    Attributes:
        layout: the coordinates.
        tangents: v, block name -> [k, *shape]; those of a block not formed yet.
        coefficients: c, [k]; or [k, B], where each of the B samples that are the rows of every block has a sum of its own.
        workspace: memory to form it in.
        formed: blocks of the estimate, by name.
    """

    held: ClassVar[bool] = True
    loss: Tensor
    layout: Layout
    tangents: Tangents
    coefficients: Tensor
    workspace: Workspace
    formed: dict[str, Tensor] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """See `Estimate.items`."""
        if self.tangents and self.coefficients.shape == (1,):
            self.formed |= _multiple(self.tangents, self.coefficients[0])
            self.tangents.clear()
        for block in self.layout:
            if block.name not in self.formed:
                self.formed[block.name] = combine(block, self.tangents.pop(block.name), self.coefficients, self.workspace)
            yield block.name, self.formed[block.name]


def _multiple(tangent: Tangents, coefficient: Tensor) -> dict[str, Tensor]:
    """The tangent scaled in place, by one call for all blocks: of many a call of its own would take longer than the work."""
    torch._foreach_mul_(list(tangent.values()), coefficient)
    return {name: rows[0] for name, rows in tangent.items()}


def combine(block: Block, rows: Tensor, coefficients: Tensor, workspace: Workspace, so_far: Tensor | None = None) -> Tensor:
    """Σ cᵢ vᵢ of one block, in place where that spares memory.

    Args:
        block: the coordinates.
        rows: v, [k, *shape]; the caller's own, and given up: a single one becomes the estimate.
        coefficients: c, [k] or [k, B].
        workspace: memory for a new sum.
        so_far: what to add to, in place; None for nothing.

    Returns:
        [*shape].
    """
    if coefficients.dtype != rows.dtype:
        coefficients = coefficients.to(rows.dtype)
    if coefficients.dim() > 1:
        return _by_sample(block, rows, coefficients)
    if so_far is not None:
        return so_far.addcmul_(rows[0], coefficients[0]) if len(rows) == 1 else _product(so_far, rows, coefficients, beta=1)
    if len(rows) == 1:
        return rows.mul_(coefficients)[0]
    return _product(workspace.estimate(block), rows, coefficients, beta=0)


def _by_sample(block: Block, rows: Tensor, coefficients: Tensor) -> Tensor:
    """Of tangents [k, B, ...] of which every sample has its own, or [k, ...] that are the same for all."""
    if rows.shape[1:] != block.shape:
        return (coefficients.T @ matrix(rows)).view(block.shape)
    rows.mul_(coefficients.view(*coefficients.shape, *[1] * (rows.dim() - 2)))
    return rows[0] if len(rows) == 1 else rows.sum(0)


def _product(into: Tensor, rows: Tensor, coefficients: Tensor, beta: float) -> Tensor:
    """Overwrite a tensor by beta times itself and Σ cᵢ vᵢ; with beta = 0 its old values do not matter, not even NaN."""
    flat = into.view(-1)
    torch.addmv(flat, matrix(rows).T, coefficients, beta=beta, out=flat)
    return into
