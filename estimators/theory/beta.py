"""The law of the squared cosine where it is known: Beta, with the moments that closed forms need, accurate for any dimension."""

import math
from dataclasses import dataclass

_SERIES_FROM = 50.0  # from here the series' next term is below 1e-14, and differences of lgamma lose digits


@dataclass(frozen=True)
class Beta:
    """Beta(a, b) on [0, 1]; b = 0 is the point mass at 1.

    If s ~ χ²_2a and r ~ χ²_2b are independent, s / (s + r) is Beta(a, b).

    Attributes:
        a: positive.
        b: 0 or more.
    """

    a: float
    b: float

    @property
    def mean(self) -> float:
        """E X = a / (a + b)."""
        return self.a / (self.a + self.b)

    @property
    def mean_root(self) -> float:
        """E √X = Γ(a + ½) Γ(a + b) / (Γ(a) Γ(a + b + ½))."""
        return _half_step(self.a) / _half_step(self.a + self.b)

    @property
    def mean_log_complement(self) -> float:
        """E log(1 - X) = ψ(b) - ψ(a + b); minus infinity for the point mass at 1."""
        return _digamma(self.b) - _digamma(self.a + self.b) if self.b else -math.inf


def mean_law(n: float, k: float) -> Beta:
    """The law of cos² for the mean of k Gaussian tangents in n dimensions: Beta(k/2, (n-1)/2).

    With s ~ χ²_k the mean is (s/k) g + (√s/k) z, z ~ N(0, I) in the complement of g (‖g‖ = 1), and cos² = s / (s + ‖z‖²).
    """
    return Beta(k / 2, (n - 1) / 2)


def projection_law(n: float, k: float) -> Beta:
    """The law of cos² for the projection onto k uniformly random directions: Beta(k/2, (n-k)/2); the point mass 1 for k >= n.

    It is that of the squared length of the first k coordinates of a uniformly random unit vector.
    """
    return Beta(min(k, n) / 2, max(0.0, n - k) / 2)


def mean_cosine(n: float, k: float) -> float:
    """E cos of the mean of k Gaussian tangents in n dimensions: Γ((k+1)/2) Γ((n+k-1)/2) / (Γ(k/2) Γ((n+k)/2)).

    Args:
        n: dimension, 1 or more (not necessarily whole, so that curves can be drawn densely).
        k: number of tangents, 1 or more.
    """
    return mean_law(n, k).mean_root


def projection_cosine(n: float, k: float) -> float:
    """E cos of the projection onto k uniformly random directions: Γ((k+1)/2) Γ(n/2) / (Γ(k/2) Γ((n+1)/2)); 1 for k >= n.

    It is E[χ_k] / E[χ_n], and also the expected norm ratio.
    """
    return projection_law(n, k).mean_root


def _half_step(x: float) -> float:
    """Γ(x + ½) / Γ(x), to 13 digits: by lgamma, and for large x by the series of its logarithm."""
    if x < _SERIES_FROM:
        return math.exp(math.lgamma(x + 0.5) - math.lgamma(x))
    return math.sqrt(x) * math.exp(-1 / (8 * x) + 1 / (192 * x**3) - 1 / (640 * x**5))


def _digamma(x: float) -> float:
    """ψ(x) for x > 0: the recurrence ψ(x) = ψ(x + 1) - 1/x up to 10, then the asymptotic series."""
    steps = max(0, math.ceil(10 - x))
    shifted = x + steps
    square = 1 / shifted**2
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (1 / 240 - square / 132))))
    return math.log(shifted) - 0.5 / shifted - series - sum(1 / (x + step) for step in range(steps))
