"""The estimate of a directional estimator: a combination of its tangents."""

from collections.abc import Iterator
from dataclasses import dataclass, field

import torch
from torch import Tensor

from estimators.directional.space import Block, Layout, Tangents, matrix
from estimators.directional.workspace import Workspace
from estimators.estimator import Estimate


@dataclass
class LinearCombination(Estimate):
    """Σ cᵢ vᵢ, formed block by block; the tangents of a block are given up when it is formed.

    Attributes:
        layout: the coordinates.
        tangents: v, block name -> [k, *shape]; those of a block not formed yet.
        coefficients: c, [k].
        workspace: memory to form it in.
        formed: blocks of the estimate, by name.
    """

    loss: Tensor
    layout: Layout
    tangents: Tangents
    coefficients: Tensor
    workspace: Workspace
    formed: dict[str, Tensor] = field(default_factory=dict)

    def items(self) -> Iterator[tuple[str, Tensor]]:
        """See `Estimate.items`."""
        for block in self.layout:
            if block.name not in self.formed:
                self.formed[block.name] = self._form(block)
            yield block.name, self.formed[block.name]

    def _form(self, block: Block) -> Tensor:
        """Σ cᵢ vᵢ of one block; a single tangent, which is the estimate's own, is scaled in place."""
        rows = self.tangents.pop(block.name)
        coefficients = self.coefficients.to(rows.dtype)
        if len(rows) == 1:
            return rows[0].mul_(coefficients[0])
        estimate = self.workspace.estimate(block)
        torch.mv(matrix(rows).T, coefficients, out=estimate.view(-1))
        return estimate
