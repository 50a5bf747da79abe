"""Closed forms of what directional estimators achieve, by law of the tangents, aggregation, dimension n and tangent count k.

Math and numbers only: no torch. Everything is relative to the gradient g (norms over ‖g‖, squares over ‖g‖²) and holds for exact
directional derivatives. Where no closed form is known that holds for every g, none is given. The formulas are those of isotropic
Gaussian vectors and uniformly random subspaces: with s ~ χ²_k the mean of k Gaussian tangents is (s/k) g + (√s/k) z, z ~ N(0, I)
in the complement of g, so its squared cosine is Beta(k/2, (n-1)/2); a projection onto k random directions has squared cosine
Beta(k/2, (n-k)/2). (Flügel et al. 2024, arXiv 2410.17764, for the estimators; the laws follow from them.)
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from estimators.theory.law import Law, as_law

SCALES = ("unbiased", "length-preserving")
_FULL_RANK_FROM = 64  # n from which k <= n/2 random sign vectors are dependent with probability below 2^-50


_MULTIPLES_OF_MEAN: dict[str, Callable[[float, float], float]] = {
    "mean": lambda n, k: 1.0,
    "sum": lambda n, k: k,
    "mean-times-n": lambda n, k: n,
}


@dataclass(frozen=True)
class Moments:
    """Expectations over the tangents; None where no closed form holds for every gradient.

    Attributes:
        along: E⟨estimate, g⟩ / ‖g‖².
        squared_norm: E‖estimate‖² / ‖g‖².
        norm: E‖estimate‖ / ‖g‖.
        cosine: E cos(estimate, g).
        squared_cosine: E cos²(estimate, g).
    """

    along: float | None = None
    squared_norm: float | None = None
    norm: float | None = None
    cosine: float | None = None
    squared_cosine: float | None = None

    def scaled(self, factor: float) -> "Moments":
        """The moments of `factor` (positive) times the estimate."""

        def times(value: float | None, by: float) -> float | None:
            return None if value is None else value * by

        return replace(
            self,
            along=times(self.along, factor),
            squared_norm=times(self.squared_norm, factor**2),
            norm=times(self.norm, factor),
        )


def mean_cosine(n: float, k: float) -> float:
    """E cos of the mean of k Gaussian tangents in n dimensions: Γ((k+1)/2) Γ((n+k-1)/2) / (Γ(k/2) Γ((n+k)/2)).

    Args:
        n: dimension, 1 or more (not necessarily whole, so that curves can be drawn densely).
        k: number of tangents, 1 or more.
    """
    return math.exp(math.lgamma((k + 1) / 2) + math.lgamma((n + k - 1) / 2) - math.lgamma(k / 2) - math.lgamma((n + k) / 2))


def projection_cosine(n: float, k: float) -> float:
    """E cos of the projection onto k uniformly random directions: Γ((k+1)/2) Γ(n/2) / (Γ(k/2) Γ((n+1)/2)); 1 for k >= n.

    It is E[χ_k] / E[χ_n], and also the expected norm ratio.
    """
    if k >= n:
        return 1.0
    return math.exp(math.lgamma((k + 1) / 2) + math.lgamma(n / 2) - math.lgamma(k / 2) - math.lgamma((n + 1) / 2))


def moments(directions: Law | str, aggregation: str, n: float, k: float, scale: str | None = None) -> Moments:
    """The moments of an estimate.

    Args:
        directions: the law of the tangents, or its name for the law with its defaults.
        aggregation: `mean`, `sum`, `mean-times-n` or `projection`; any other has no closed form here.
        n: dimension.
        k: number of tangents.
        scale: None, `unbiased` or `length-preserving`.

    Returns:
        What is known; an unknown aggregation or law gives an empty `Moments`.
    """
    law = as_law(directions)
    if aggregation == "projection":
        plain = _projection(_normalised(law), n, k)
    elif aggregation in _MULTIPLES_OF_MEAN:
        plain = _mean(_normalised(law), n, k).scaled(_squared_length(law, n)).scaled(_MULTIPLES_OF_MEAN[aggregation](n, k))
    else:
        plain = Moments()
    if scale is None:
        return plain
    known = plain.along if scale == "unbiased" else plain.norm
    return Moments(cosine=plain.cosine, squared_cosine=plain.squared_cosine) if known is None else plain.scaled(1 / known)


def expected(directions: Law | str, aggregation: str, n: float, k: float, scale: str | None = None) -> dict[str, float]:
    """The closed forms of the quality metrics, by the metric's name; see `moments` for the arguments.

    Returns:
        A subset of `cosine`, `squared_cosine`, `norm_ratio`, `squared_norm_ratio`, `relative_error` (E‖estimate - g‖²/‖g‖²) and
        `efficiency` (along² / squared norm).

    Example:
        >>> expected("gaussian", "mean", n=64, k=4)["squared_norm_ratio"]
        17.25
    """
    m = moments(directions, aggregation, n, k, scale)
    values = {"cosine": m.cosine, "squared_cosine": m.squared_cosine, "norm_ratio": m.norm, "squared_norm_ratio": m.squared_norm}
    if m.along is not None and m.squared_norm is not None:
        values["relative_error"] = max(0.0, m.squared_norm - 2 * m.along + 1)
        values["efficiency"] = m.along**2 / m.squared_norm
    return {name: value for name, value in values.items() if value is not None}


def scale_factor(directions: Law | str, aggregation: str, n: float, k: float, scale: str | None) -> float:
    """What an estimate is multiplied by to become unbiased or, on average, as long as the gradient.

    Raises:
        ValueError: no closed form is known for this law and aggregation.
    """
    if scale is None:
        return 1.0
    plain = moments(directions, aggregation, n, k)
    known = plain.along if scale == "unbiased" else plain.norm
    if known is None:
        raise ValueError(
            f"scale={scale} has no closed form for directions={directions} with aggregation={aggregation} at n={n:g}, k={k:g}"
        )
    return 1 / known


def _mean(directions: str, n: float, k: float) -> Moments:
    if directions == "gaussian":
        cosine = mean_cosine(n, k)
        return Moments(1.0, (n + k + 1) / k, (n + k - 1) / k * cosine, cosine, k / (n + k - 1))
    if directions == "orthogonal":
        return _projection(directions, n, k).scaled(n / k) if k <= n else Moments()
    if directions == "basis" and k >= n:
        return Moments(1 / k, 1 / k**2, 1 / k, 1.0, 1.0)
    if directions not in ("rademacher", "sphere"):
        return Moments()
    same = Moments(along=1.0, squared_norm=(n + k - 1) / k)
    if n == 1:
        return replace(same, norm=1.0, cosine=1.0, squared_cosine=1.0)
    if k > 1:
        return same
    if directions == "rademacher":
        return replace(same, squared_cosine=1 / n)
    return replace(same, norm=n * mean_cosine(n, 1), cosine=mean_cosine(n, 1), squared_cosine=1 / n)


def _projection(directions: str, n: float, k: float) -> Moments:
    exact = Moments(1.0, 1.0, 1.0, 1.0, 1.0)
    if directions in ("gaussian", "sphere", "orthogonal"):
        cosine = projection_cosine(n, k)
        return exact if k >= n else Moments(k / n, k / n, cosine, cosine, k / n)
    if directions == "basis":
        return exact if k >= n else Moments()
    if directions == "rademacher" and n == 1:
        return exact
    if directions == "rademacher" and (k == 1 or (n >= _FULL_RANK_FROM and k <= n / 2)):
        return Moments(along=k / n, squared_norm=k / n, squared_cosine=k / n)
    return Moments()


def _normalised(law: Law) -> str:
    """The name of the law whose moments are those of `law` but for the squared length that each tangent is brought to."""
    return "sphere" if law.name == "gaussian" and law.length is not None else law.name


def _squared_length(law: Law, n: float) -> float:
    """What normalising multiplies d v by, over the law's own length: every law known here has length √n, the basis length 1."""
    own = 1.0 if law.name == "basis" else n
    return {None: own, "sqrt-n": n, "unit": 1.0}[law.length] / own
