"""Newton's method without a Hessian: conjugate gradients on its products with vectors."""

from collections.abc import Callable
from typing import NamedTuple

import torch
from torch import Tensor

from estimators.objective import Objective
from estimators.optim.curvature import Curvature
from estimators.optim.direction import Direction
from estimators.optim.evaluating import EvaluatingRule
from estimators.optim.rule import Parameters, Work, check_bounds


class NewtonCG(EvaluatingRule):
    """θ ← θ - lr s, where conjugate gradients solve (H + damping I) s = ĝ as far as `iterations` and `tolerance` go.

    On a convex quadratic one step with lr = 1, no damping and the gradient ends at the minimum after as many iterations as H has
    different eigenvalues, up to rounding. A direction along which H + damping I does not curve upwards ends the iterations: what
    was found until then is the step, or ĝ itself where that is nothing; so the step descends wherever ĝ does.

    Cost: a gradient, and one product of the Hessian and a vector an iteration (`estimators.optim.curvature`). Memory: the tape of
    a gradient, twice that of backprop or so, and five vectors of length n. Source: Nocedal and Wright 2006, Numerical
    Optimization, algorithm 7.1, with a fixed tolerance.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group, one dtype.
        lr: share of the step that is gone, 0 or more.
        damping: added to every eigenvalue, 0 or more.
        iterations: at most, 1 or more.
        tolerance: the residual's norm over that of ĝ at which it is solved, 0 or more; never below the rounding of the dtype.

    Example:
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x[0] - 3) ** 2 + 5 * (x.sum() - 4) ** 2, torch.zeros(2, dtype=torch.float64))
        >>> rule = NewtonCG(objective.parameters.items())
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> loss = rule.step(estimate, objective=objective)
        >>> [round(entry, 12) for entry in objective.parameters["x"].tolist()], rule.work.products
        ([3.0, 1.0], 2)
    """

    def __init__(
        self, params: Parameters, lr: float = 1.0, damping: float = 0.0, iterations: int = 50, tolerance: float = 1e-10
    ) -> None:
        check_bounds(lr=lr, damping=damping, tolerance=tolerance)
        if iterations < 1:
            raise ValueError(f"iterations must be 1 or more, got {iterations}")
        super().__init__(params, {"lr": lr, "damping": damping, "iterations": iterations, "tolerance": tolerance})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        options, curvature = self.options, Curvature.of(direction, objective)

        def damped(vector: Tensor) -> Tensor:
            product: Tensor = curvature.product(vector) + options["damping"] * vector
            return product

        step = conjugate_gradients(damped, curvature.direction, iterations=options["iterations"], tolerance=options["tolerance"])
        curvature.descend(step.solution, options["lr"])
        self.work += Work(gradients=1, products=step.products)


class Solved(NamedTuple):
    """What conjugate gradients found.

    Attributes:
        solution: [n].
        products: of the matrix and a vector that it took.
    """

    solution: Tensor
    products: int


def conjugate_gradients(product: Callable[[Tensor], Tensor], target: Tensor, *, iterations: int, tolerance: float) -> Solved:
    """Solve A s = b from s = 0.

    Args:
        product: v -> A v for a symmetric A.
        target: b, [n].
        iterations: at most.
        tolerance: of ‖b - A s‖/‖b‖.

    Returns:
        s. Where a direction does not curve upwards (vᵀ A v > 0 fails, also because it is no number), s as it was before, or b
        where it was nothing.
    """
    solution, residual, direction = torch.zeros_like(target), target.clone(), target.clone()
    square = residual @ residual
    enough = square * max(tolerance, torch.finfo(target.dtype).eps) ** 2
    for number in range(iterations):
        if square <= enough:
            return Solved(solution, number)
        image = product(direction)
        curvature = direction @ image
        if not curvature > 0:
            return Solved(solution if number else target, number + 1)
        length = square / curvature
        solution += length * direction
        residual -= length * image
        square, before = residual @ residual, square
        direction = residual + (square / before) * direction
    return Solved(solution, iterations)
