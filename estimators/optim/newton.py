"""Newton's method with the whole Hessian."""

import torch
from torch import Tensor

from estimators.objective import Objective
from estimators.optim.curvature import Curvature
from estimators.optim.direction import Direction
from estimators.optim.evaluating import EvaluatingRule
from estimators.optim.rule import Parameters, Work, check_bounds


class Newton(EvaluatingRule):
    """θ ← θ - lr (H + damping I)⁺ ĝ, with H the Hessian of the objective where the parameters stand.

    On a quadratic one step with lr = 1, no damping and the gradient ends at the stationary point, a minimum or not, from wherever
    it begins. Along eigenvectors on which H + damping I is zero up to rounding, as those of dead units, nothing moves (⁺ is the
    pseudo-inverse). Where the Hessian is not finite all parameters become NaN, as after any step that diverged.

    Cost: a gradient, n products of the Hessian and a vector and O(n³) operations. Memory: two n x n matrices.
    Source: Nocedal and Wright 2006, Numerical Optimization, chapter 3; the regression of V. Warmerdam, koaning.io 2020.

    Args:
        params: see `estimators.optim.rule.Parameters`; one group, one dtype.
        lr: share of the step that is gone, 0 or more.
        damping: added to every eigenvalue, 0 or more; above the largest negative one's size the step descends along a gradient.

    Example:
        >>> from estimators.exact import Backprop
        >>> from estimators.objective import FunctionObjective
        >>> objective = FunctionObjective(lambda x: (x[0] - 3) ** 2 + 5 * (x.sum() - 4) ** 2, torch.zeros(2, dtype=torch.float64))
        >>> rule = Newton(objective.parameters.items())
        >>> estimate, _ = Backprop().estimate(objective, None, generator=torch.Generator())
        >>> loss = rule.step(estimate, objective=objective)
        >>> [round(entry, 12) for entry in objective.parameters["x"].tolist()]
        [3.0, 1.0]
    """

    def __init__(self, params: Parameters, lr: float = 1.0, damping: float = 0.0) -> None:
        check_bounds(lr=lr, damping=damping)
        super().__init__(params, {"lr": lr, "damping": damping})

    def search(self, direction: Direction, objective: Objective) -> None:
        """See `EvaluatingRule.search`."""
        curvature = Curvature.of(direction, objective)
        step = solved(curvature.hessian(), curvature.direction, self.options["damping"])
        curvature.descend(step, self.options["lr"])
        self.work += Work(gradients=1, products=len(step))


def solved(hessian: Tensor, vector: Tensor, damping: float) -> Tensor:
    """(H + damping I)⁺ v by H's eigenvectors; NaN where H is not finite.

    Args:
        hessian: H, [n, n], symmetric up to rounding.
        vector: v, [n].
        damping: 0 or more.
    """
    if not torch.isfinite(hessian).all():
        return torch.full_like(vector, torch.nan)
    wide = torch.promote_types(hessian.dtype, torch.float32)  # there is no decomposition in 16 bits
    values, vectors = torch.linalg.eigh(((hessian + hessian.mT) / 2).to(wide))
    values = values + damping
    flat = values.abs() <= len(values) * torch.finfo(wide).eps * values.abs().max()
    shares = (vectors.mT @ vector.to(wide)) / values.masked_fill(flat, 1)
    solution: Tensor = vectors @ shares.masked_fill(flat, 0)
    return solution
