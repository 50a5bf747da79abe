"""The loss at points beside the one where derivatives are taken, for finite differences."""

import torch
from torch import Tensor

from estimators.directional.space import Space, Tangents
from estimators.objective import Objective


class Moved:
    """f(x + h v) for one v after another, each x + h v in the memory of the last."""

    def __init__(self, space: Space, objective: Objective, tangents: Tangents) -> None:
        """Take one vector of length n.

        Args:
            space: what is moved.
            objective: the loss.
            tangents: k of them.
        """
        self._space, self._objective, self._tangents = space, objective, tangents
        self.point = space.point(objective)
        self._moved = {name: torch.empty_like(value) for name, value in self.point.items()}

    def __len__(self) -> int:
        """The number of tangents."""
        return len(next(iter(self._tangents.values())))

    def loss(self, index: int, step: float) -> Tensor:
        """The loss at h times this tangent from the point: 0-dimensional, or [B]."""
        for name, value in self.point.items():
            torch.add(value, self._tangents[name][index], alpha=step, out=self._moved[name])
        return self._space.loss(self._objective, dict(self._moved)).clone()  # a loss may be a view of what is overwritten next
