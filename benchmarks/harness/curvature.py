"""What a quadratic is like at one point, as far as closed forms of steps depend on it: from products of its Hessian with vectors.

Whether the objective is a quadratic is for the caller to know. The products are exact derivatives, by reverse over reverse mode.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from benchmarks.harness.rays import flat
from estimators.objective import Objective
from estimators.theory import Quadratic

MOST_COORDINATES = 2048
"""Of which the whole Hessian is formed, row by row; of more, only one that is a multiple of the identity is recognised."""

ALIKE = 1e-9
"""How far, relatively, the Hessian's product with a random vector may lie from a multiple of that vector."""


def quadratic_at(objective: Objective, gradient: Tensor) -> Quadratic | None:
    """The quadratic that an objective is.

    Args:
        objective: a quadratic, in float64.
        gradient: [n], its gradient at its own parameters.

    Returns:
        None where there are too many coordinates to look at each.
    """
    product, n = _product(objective), len(gradient)
    squared = float(gradient @ gradient)
    probe = torch.randn(n, generator=torch.Generator().manual_seed(0), dtype=gradient.dtype).to(gradient.device)
    turned = product(probe)
    multiple = turned @ probe / (probe @ probe)
    if float((turned - multiple * probe).norm()) <= ALIKE * float(turned.norm()):
        return Quadratic.isotropic(n, float(multiple), squared)
    if n > MOST_COORDINATES:
        return None
    hessian = torch.stack([product(unit) for unit in torch.eye(n, dtype=gradient.dtype, device=gradient.device)])
    diagonal = hessian.diagonal()
    return Quadratic(
        n=n,
        squared_gradient=squared,
        along_gradient=float(gradient @ hessian @ gradient),
        trace=float(diagonal.sum()),
        trace_of_square=float(hessian.square().sum()),
        diagonal_along_gradient=float(diagonal @ gradient.square()),
        squared_diagonal=float(diagonal @ diagonal),
    )


def multiple_of_identity(function: Quadratic) -> float | None:
    """The c of a Hessian that is c times the identity; None where its eigenvalues spread."""
    mean = function.trace / function.n
    spread = function.trace_of_square / function.n - mean**2
    return mean if spread <= ALIKE * mean**2 else None


def _product(objective: Objective) -> Callable[[Tensor], Tensor]:
    """The map from v to Hv at the objective's own parameters."""
    leaves = list(objective.parameters.values())
    with torch.enable_grad():
        gradients = torch.autograd.grad(objective.loss(), leaves, create_graph=True, materialize_grads=True)
        along = torch.cat([gradient.flatten() for gradient in gradients])

    def product(vector: Tensor) -> Tensor:
        return flat(torch.autograd.grad(along, leaves, vector, retain_graph=True, materialize_grads=True))

    return product
