"""Gradient descent with estimates on quadratics: what a step is expected to gain, the best step, the pace on the sphere function.

On f(x) = ½ xᵀHx + bᵀx + c a step x - a e along an estimate e of the gradient g changes f by exactly -a⟨g, e⟩ + ½ a² eᵀHe.
"""

import math
from dataclasses import dataclass

from estimators.theory.beta import Beta
from estimators.theory.expectations import moments, multiple_of_mean
from estimators.theory.law import Law, as_law
from estimators.theory.moments import Moments


@dataclass(frozen=True)
class Quadratic:
    """A quadratic at one point, as far as expectations depend on it.

    Attributes:
        n: dimension.
        squared_gradient: ‖g‖².
        along_gradient: gᵀHg.
        trace: tr H.
        trace_of_square: tr H².
        diagonal_along_gradient: Σ Hᵢᵢ gᵢ², which matters where entries are independent and not Gaussian.
        squared_diagonal: Σ Hᵢᵢ², likewise.
    """

    n: int
    squared_gradient: float
    along_gradient: float
    trace: float
    trace_of_square: float
    diagonal_along_gradient: float
    squared_diagonal: float

    @classmethod
    def isotropic(cls, n: int, curvature: float, squared_gradient: float) -> "Quadratic":
        """H is `curvature` times the identity: 2 for the sphere function Σ xᵢ²."""
        along, squares = curvature * squared_gradient, curvature**2 * n
        return cls(n, squared_gradient, along, curvature * n, squares, along, squares)


def expected_curvature(directions: Law | str, aggregation: str, function: Quadratic, k: float) -> float | None:
    """E[eᵀHe] for an estimate e from k tangents.

    For the mean of Gaussian tangents it is (1 + 1/k) gᵀHg + tr(H) ‖g‖²/k; for the projection onto a uniformly random subspace of
    k <= n dimensions [k (n(k+1) - 2) gᵀHg + k (n-k) tr(H) ‖g‖²] / (n (n-1) (n+2)). Derived from fourth moments.

    Returns:
        None for a mean (sum, mean-times-n) of tangents that are neither on a sphere nor of independent entries, and for a
        projection onto anything but a uniformly random subspace.
    """
    law, multiple = as_law(directions).simplest(function.n), multiple_of_mean(aggregation, function.n, k)
    if aggregation == "projection":
        direction = moments(law, aggregation, function.n, k).squared_cosine_law
        return None if direction is None else _in_subspace(function, direction)
    one, power = _of_one_tangent(law, function), moments(law, "mean", function.n, 1).along
    if one is None or power is None or multiple is None:
        return None
    return multiple**2 * (one + (k - 1) * power**2 * function.along_gradient) / k


@dataclass(frozen=True)
class Descent:
    """What a step along an estimate e is expected to do to a quadratic: a step of size a changes it by -a E⟨g, e⟩ + ½ a² E[eᵀHe].

    Attributes:
        along: E⟨g, e⟩.
        curvature: E[eᵀHe]; positive on a convex quadratic.
    """

    along: float
    curvature: float

    @property
    def best(self) -> float:
        """The step that lowers it most in expectation, on a convex quadratic: the best learning rate."""
        return self.along / self.curvature

    @property
    def decrease(self) -> float:
        """By how much it falls in expectation with that step."""
        return self.along * self.best / 2

    def change(self, step: float) -> float:
        """By how much it changes in expectation with a step of this size; negative where it falls."""
        return step * (step * self.curvature / 2 - self.along)


def descent(directions: Law | str, aggregation: str, function: Quadratic, k: float, scale: str | None = None) -> Descent | None:
    """Steps along estimates on a quadratic, in expectation; see `moments` for the arguments.

    On the sphere function Σ xᵢ², where g = 2x and H = 2I, E[eᵀHe] = 2 E‖e‖², so that the best step is half of E⟨g, e⟩ / E‖e‖²:
    k/(2(n+k+1)) for the mean of k Gaussian tangents, and ½ for their projection. On ½ Σ xᵢ², where H = I, it is twice as long.

    Returns:
        None where `expected_curvature` is, or the scale has no closed form.
    """
    curvature = expected_curvature(directions, aggregation, function, k)
    plain, along = (moments(directions, aggregation, function.n, k, of).along for of in (None, scale))
    if curvature is None or not plain or along is None:
        return None
    return Descent(along * function.squared_gradient, (along / plain) ** 2 * curvature)


def pace(estimate: Moments, step: float, curvature: float = 2.0) -> float | None:
    """E f(x - step e) / f(x) on f = ½ curvature ‖x‖²: 1 - 2 s along + s² squared norm, with s = step curvature.

    Independent tangents in every step make it the factor of the expected loss, step by step. For the sphere function (curvature
    2) and the mean of k Gaussian tangents it is 1 - 4a + 4a² (n+k+1)/k, least for a = k/(2(n+k+1)); for their projection
    1 - 4a(1-a) k/n, least for a = ½. The least pace of any estimate is 1 - η.
    """
    if estimate.along is None or estimate.squared_norm is None:
        return None
    s = step * curvature
    return 1 - 2 * s * estimate.along + s**2 * estimate.squared_norm


def typical_pace(direction: Beta) -> float:
    """The factor exp E log(1 - cos²) of a typical run's loss on f = ½ curvature ‖x‖², at the best step of every draw.

    The mean over runs, `pace`, is held up by few bad ones. For a projection that step is 1/curvature whatever is drawn.

    Args:
        direction: the law of cos².
    """
    return math.exp(direction.mean_log_complement)


def _in_subspace(function: Quadratic, direction: Beta) -> float:
    """gᵀ E[PHP] g for a uniformly random subspace; the law of cos² tells its dimension."""
    n, k = function.n, 2 * direction.a
    if direction.b == 0:
        return function.along_gradient
    along = (n * (k + 1) - 2) * function.along_gradient
    across = (n - k) * function.trace * function.squared_gradient
    return k * (along + across) / (n * (n - 1) * (n + 2))


def _of_one_tangent(law: Law, function: Quadratic) -> float | None:
    """E[d² vᵀHv], of isotropic fourth moments on the sphere, and of fourth moment κ in each of independent entries."""
    n, square = function.n, law.squared_length(function.n)
    gaussian = 2 * function.along_gradient + function.trace * function.squared_gradient
    if law.name == "gaussian":
        return gaussian
    if law.name == "sphere" and square is not None:
        return square**2 * gaussian / (n * (n + 2))
    if law.name == "rademacher" and square is not None:
        return (square / n) ** 2 * (gaussian - 2 * function.diagonal_along_gradient)
    if law.name == "sparse" and square is None:
        return gaussian + (1 / law["density"] - 3) * function.diagonal_along_gradient
    return None
