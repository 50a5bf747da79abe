"""Zeroth order: what finite differences add to estimates from exact directional derivatives, on quadratics.

A central difference of a quadratic is the directional derivative itself, whatever its step; in general it errs by O(step²). A
forward difference of f = ½ xᵀHx + bᵀx + c adds (step/2) vᵀHv: nothing on average after multiplication by v, for tangents that are
as likely as their negatives, but noise.
"""

from estimators.theory.law import Law, as_law
from estimators.theory.quadratic import Quadratic


def forward_difference_error(directions: Law | str, function: Quadratic, k: float, step: float) -> float | None:
    """What forward differences add to E‖e - g‖² of the mean of k tangents: step²/(4k) E[(vᵀHv)² ‖v‖²].

    E[(vᵀHv)² ‖v‖²] is (n + 4) (tr(H)² + 2 tr H²) for Gaussian tangents (Isserlis' theorem), r⁶ (tr(H)² + 2 tr H²) / (n (n+2)) on
    the sphere of radius r, and n (tr(H)² + 2 tr H² - 2 Σ Hᵢᵢ²) for signs. On the sphere function it comes to
    step² n (n+2) (n+4) / k for Gaussian tangents.

    Args:
        directions: the law of the tangents.
        function: the quadratic; only its dimension and its traces matter.
        k: number of tangents.
        step: of the difference.

    Returns:
        The error, not relative to the gradient; None for laws other than those three.
    """
    law, n = as_law(directions).simplest(function.n), function.n
    square, isotropic = law.squared_length(n), function.trace**2 + 2 * function.trace_of_square
    if law.name == "gaussian":
        sixth = (n + 4) * isotropic
    elif law.name == "sphere" and square is not None:
        sixth = square**3 * isotropic / (n * (n + 2))
    elif law.name == "rademacher" and square is not None:
        sixth = (square / n) ** 2 * square * (isotropic - 2 * function.squared_diagonal)
    else:
        return None
    return step**2 / (4 * k) * sixth


def rounding_error(loss: float, step: float, epsilon: float) -> float:
    """The size of the error that a rounded loss leaves in a forward difference: epsilon |loss| / step.

    Each of both values is off by up to half an epsilon when only the result is rounded, by more when a long sum precedes it; a
    central difference, over twice the step, has half of it.

    Args:
        loss: the loss at the point.
        step: of the difference.
        epsilon: the distance from 1 to the next number: 2⁻²³ in float32.
    """
    return epsilon * abs(loss) / step
