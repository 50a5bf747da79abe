"""What one tangent alone contributes, for the laws that draw tangents independently of each other.

With E[v vᵀ] = a I, the mean of k such estimates d v (d = ⟨g, v⟩) has mean a g and second moment (E[d² ‖v‖²] + (k-1) a²) / k,
relative to g; E[v vᵀ / ‖v‖²] = c I gives E cos² = c for k = 1, and the a of normalised tangents. Each of the three is given only
where it is the same for every gradient. Derived here; the second moments agree with Belouze 2022, arXiv 2209.06302, for signs.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

from estimators.theory.law import Law


@dataclass(frozen=True)
class Tangent:
    """Moments of one tangent v and its derivative d, over ‖g‖² = 1; None where they depend on where the gradient lies.

    Attributes:
        power: E d².
        fourth: E d² ‖v‖².
        squared_cosine: E d² / ‖v‖², zero where v is zero.
    """

    power: float | None = None
    fourth: float | None = None
    squared_cosine: float | None = None


def tangent(law: Law, n: float) -> Tangent | None:
    """The moments of one tangent; None for laws whose tangents are not independent, or not known here.

    Args:
        law: in its simplest form.
        n: dimension.
    """
    if law.name not in _DRAWN:
        return None
    drawn = _DRAWN[law.name](law, n)
    square, cosine = law.squared_length(n), drawn.squared_cosine
    if square is None:
        return drawn
    return Tangent() if cosine is None else Tangent(square * cosine, square**2 * cosine, cosine)


def _gaussian(law: Law, n: float) -> Tangent:
    return Tangent(1.0, n + 2, 1 / n)


def _of_constant_length(law: Law, n: float) -> Tangent:
    """Signs and the sphere: E[v vᵀ] = I and ‖v‖² = n."""
    return Tangent(1.0, n, 1 / n)


def _sparse(law: Law, n: float) -> Tangent:
    """Independent entries ±1/√p with probability p, else 0: of fourth moment κ = 1/p, and E d² ‖v‖² = n - 1 + κ.

    A tangent is zero with probability (1-p)ⁿ. Given its m > 0 places, cos² has the mean Σ gᵢ²/m over them, and every choice of
    m places is as likely: 1/n together.
    """
    p = law["density"]
    return Tangent(1.0, n - 1 + 1 / p, -math.expm1(n * math.log1p(-p)) / n)


def _block(law: Law, n: float) -> Tangent:
    """√B times a Gaussian vector on one of B tensors, chosen uniformly: E d² ‖v‖² = B Σ_b (n_b + 2) ‖g_b‖².

    That, and the squared cosine Σ_b ‖g_b‖² / (B n_b), are the same for every gradient only if all tensors are as large.
    """
    if not law.shapes or len({math.prod(shape) for shape in law.shapes}) > 1:
        return Tangent(power=1.0)
    return Tangent(1.0, n + 2 * len(law.shapes), 1 / n)


def _low_rank(law: Law, n: float) -> Tangent:
    """A Bᵀ/√r with Gaussian factors of r columns, tensor by tensor, seen as a matrix of (first, other) dimensions.

    For one p x q matrix E d² ‖v‖² = (p q + 2 + 2 (p + q + 1)/r) ‖G‖² for every gradient G: r² times it is r(r-1)(p q + 2) from
    pairings of two different columns and r (p + 2)(q + 2) from one with itself. Tensors are independent, so together it is
    Σ_t (n + c_t) ‖g_t‖² with c_t = 2 + 2 (p + q + 1)/r, or 2 for a vector, whose tangent is Gaussian: the same for every
    gradient only if all c_t are. The direction's second moment is invariant under rotations of rows and of columns, so a multiple
    of the identity on each tensor, and the same one only if all are matrices of one form (or its transpose).
    """
    return _by_form(law, n, lambda form: 2 + 2 * (sum(form) + 1) / law["rank"])


def _subspace(law: Law, n: float) -> Tangent:
    """√(p q)/r U Z Vᵀ with orthonormal U [p, r] and V [q, r], uniformly distributed, and Gaussian Z [r, r]; r is at most p and q.

    Given U and V, E d² ‖v‖² = (p q/r²)² (r² + 2) ‖Uᵀ G V‖² for one matrix, and E ‖Uᵀ G V‖² = r²/(p q) ‖G‖²; together it is
    (p q + c) ‖G‖² with c = 2 p q/r². Tensors and symmetries as for low rank.
    """
    return _by_form(law, n, lambda form: 2 * math.prod(form) / min(law["rank"], *form) ** 2)


def _by_form(law: Law, n: float, excess: Callable[[tuple[int, ...]], float]) -> Tangent:
    """Independent tensors with E[v vᵀ] = I, of which E d² ‖v‖² is n + c for the form of a matrix, n + 2 for a vector."""
    if not law.shapes:
        return Tangent(power=1.0)
    forms = [tuple(sorted((shape[0], math.prod(shape[1:])))) if len(shape) > 1 else () for shape in law.shapes]
    found = {excess(form) if form else 2.0 for form in forms}
    alike = len(set(forms)) == 1
    return Tangent(1.0, n + found.pop() if len(found) == 1 else None, 1 / n if alike else None)


_DRAWN = {
    "gaussian": _gaussian,
    "rademacher": _of_constant_length,
    "sphere": _of_constant_length,
    "sparse": _sparse,
    "block": _block,
    "low-rank": _low_rank,
    "subspace": _subspace,
}
