"""The loss along rays from the point where a gradient is taken: φ(a) = f(θ - a e), and the step that makes it least.

Losses and the exact gradient g are those of `benchmarks.harness.wide`. The parameters stay as they are: each loss is taken at
tensors of its own.
"""

from collections.abc import Iterable

import torch
from torch import Tensor

from benchmarks.harness.line_search import Lowest, lowest
from benchmarks.harness.quality import exact_gradient
from benchmarks.harness.wide import in_float64, rounding_of
from estimators.objective import Objective


class Rays:
    """All rays from one point.

    Attributes:
        objective: in float64 where that can be.
        loss: f(θ).
        gradient: [n], g.
        squared: ‖g‖².
        epsilon: the rounding of the type that losses are computed in: 2⁻⁵² in float64.
        steepest: the ray along g itself; its best step is what the guess for every other one is made from.
    """

    def __init__(self, objective: Objective) -> None:
        """Take loss and gradient, and search along the gradient.

        Raises:
            ValueError: the gradient is zero.
        """
        self.objective = in_float64(objective)
        self.epsilon = rounding_of(self.objective)
        found, tensors = exact_gradient(self.objective)
        self.loss, self.gradient = float(found), flat(tensors.values())
        self.squared = float(self.gradient @ self.gradient)
        if not self.squared:
            raise ValueError("the exact gradient is zero here, so no step along an estimate of it lowers the loss")
        self._point = flat(parameter.detach() for parameter in self.objective.parameters.values())
        self._scale = abs(self.loss) / self.squared or self.squared**-0.5  # to a loss of 0, if f were linear; or of length 1
        self.steepest = self.search(self.gradient)
        self._scale = self.steepest.step or self._scale

    @property
    def precise(self) -> bool:
        """Whether losses are computed in float64."""
        return self.epsilon <= torch.finfo(torch.float64).eps

    def at(self, direction: Tensor, step: float) -> float:
        """The loss after a step.

        Args:
            direction: [n], of any floating-point type.
            step: its size.
        """
        moved = torch.add(self._point, direction.to(self._point.dtype), alpha=-step)
        parameters = self.objective.parameters
        parts = moved.split([parameter.numel() for parameter in parameters.values()])
        shaped = {name: part.view_as(parameter) for (name, parameter), part in zip(parameters.items(), parts, strict=True)}
        with torch.no_grad():
            return float(self.objective.loss(shaped))

    def along(self, direction: Tensor) -> tuple[float, float]:
        """⟨g, e⟩, which is how fast the loss falls at the point, and ‖e‖²."""
        wide = direction.to(self.gradient.dtype)
        return float(self.gradient @ wide), float(wide @ wide)

    def guess(self, fall: float, squared: float) -> float:
        """About the best step along an estimate: what it would be if the loss curved in all directions as it does along g."""
        return self._scale * fall / squared if squared else 0.0

    def search(self, direction: Tensor) -> Lowest:
        """The best step along one direction [n]."""
        fall, squared = self.along(direction)
        return lowest(lambda step: self.at(direction, step), self.loss, fall, self.guess(fall, squared), self.epsilon)


def flat(tensors: Iterable[Tensor]) -> Tensor:
    """[n]: all entries of some tensors, one after the other."""
    return torch.cat([tensor.detach().flatten() for tensor in tensors])
