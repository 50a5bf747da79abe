"""The mean of k estimates d v (d = ⟨g, v⟩), by law of the tangents."""

from dataclasses import replace

from estimators.theory.beta import mean_law
from estimators.theory.law import Law
from estimators.theory.moments import Moments, exact
from estimators.theory.projection import onto_random_subspace
from estimators.theory.tangent import tangent


def mean(law: Law, n: float, k: float) -> Moments:
    """The moments of (1/k) Σ dᵢ vᵢ.

    Args:
        law: of the tangents, in its simplest form.
        n: dimension.
        k: number of tangents.
    """
    if law.unpaired is not None:  # the estimate of a pair is that of either
        return mean(law.unpaired.simplest(n), n, max(1, k / 2)) if k == 1 or k % 2 == 0 else Moments()
    if law.name == "basis":  # tangents beyond the n-th are zero
        return exact(_square(law, n) / k) if k >= n else Moments()
    if law.name == "orthogonal":
        return _orthogonal(law, n, k)
    if law.name == "varying-length":
        return _varying_length(law, n, k)
    if law.name == "angle":
        return _angle(law, n, k)
    return _independent(law, n, k)


def _independent(law: Law, n: float, k: float) -> Moments:
    """Tangents drawn independently of each other; see `estimators.theory.tangent`.

    The mean of Gaussian tangents is (s/k) g + (√s/k) z with s ~ χ²_k and z ~ N(0, I) in the complement of g, so its length is
    (t/k) cos with t ~ χ²_(n+k-1) independent of the cosine.
    """
    one = tangent(law, n)
    if one is None or one.power is None:
        return Moments()
    second = None if one.fourth is None else (one.fourth + (k - 1) * one.power**2) / k
    known = Moments(one.power, second, squared_cosine=one.squared_cosine if k == 1 else None)
    if n == 1:
        return _in_one_dimension(known, one.squared_cosine, k)
    if law.name == "gaussian":
        direction = mean_law(n, k)
        return replace(known, norm=(n + k - 1) / k * direction.mean_root).of_direction(direction)
    if law.name == "sphere" and k == 1:
        return _one_on_the_sphere(law, n)
    return known


def _in_one_dimension(known: Moments, nonzero: float | None, k: float) -> Moments:
    """Σ vᵢ² g / k: along the gradient, unless every vᵢ is zero."""
    if nonzero == 1:
        return replace(exact(), along=known.along, squared_norm=known.squared_norm, norm=known.along)
    some = None if nonzero is None else 1 - (1 - nonzero) ** k
    return replace(known, norm=known.along, cosine=some, squared_cosine=some)


def _one_on_the_sphere(law: Law, n: float) -> Moments:
    """A single v, uniform on the sphere of radius r: ‖d v‖ = r² |cos|."""
    square, direction = _square(law, n), mean_law(n, 1)
    return Moments(square / n, square**2 / n, square * direction.mean_root).of_direction(direction)


def _orthogonal(law: Law, n: float, k: float) -> Moments:
    """Whole sets of n orthogonal tangents of length r give r² g each, the rest of k tangents r² times a projection of g."""
    sets, square = k // n, _square(law, n)
    rest = k - sets * n
    if not rest:
        return exact(square / n)
    if not sets:
        return onto_random_subspace(n, k).scaled(square / k)
    return Moments(k / n, sets**2 + (2 * sets + 1) * rest / n).scaled(square / k)


def _varying_length(law: Law, n: float, k: float) -> Moments:
    """Distinct basis vectors in random order, of independent lengths l uniform on [1, L]; after n of them a new order.

    Coordinate i of the estimate is cᵢ gᵢ/k, cᵢ the sum of l² over the sets in which it occurred: every whole one, and the last
    with probability (rest)/n. E l² = (1 + L + L²)/3 and E l⁴ = (1 + L + L² + L³ + L⁴)/5, or powers of the length l is brought to.
    """
    sets, longest, square = k // n, law["longest"], law.squared_length(n)
    share = k / n - sets
    second = (1 + longest + longest**2) / 3 if square is None else square
    fourth = (1 + longest + longest**2 + longest**3 + longest**4) / 5 if square is None else square**2
    of_sum = sets * (fourth - second**2) + (sets * second) ** 2 + 2 * sets * share * second**2 + share * fourth
    known = Moments(second / n, of_sum / k**2)
    if n == 1:
        return replace(exact(), along=known.along, squared_norm=known.squared_norm, norm=known.along)
    if fourth > second**2:  # lengths vary
        return replace(known, squared_cosine=1 / n) if k == 1 else known
    if not share:
        return exact(second / n)
    return known if sets else replace(known, squared_cosine=k / n)


def _angle(law: Law, n: float, k: float) -> Moments:
    """Unit tangents at an angle a to the first: E[v vᵀ] = I/n for every a, k.

    The second moment is [k + 2(k-1) cos²a + (k-1)(k-2)(cos⁴a + sin⁴a/(n-1))] / (k² n): pairs with the first tangent, and pairs of
    others, whose parts orthogonal to the first are independent and uniform on the unit sphere of n - 1 dimensions.
    """
    square = _square(law, n)
    if k == 1 or law.turn == 0:  # all tangents are the first
        return _one_on_the_sphere(law, n) if n > 1 else exact(square)
    cosine, sine = 1 - law.turn, law.turn  # squared
    pairs = 2 * (k - 1) * cosine + (k - 1) * (k - 2) * (cosine**2 + sine**2 / (n - 1))
    return Moments(1 / n, (k + pairs) / (k**2 * n)).scaled(square)


def _square(law: Law, n: float) -> float:
    """‖v‖² of a law whose tangents are all of one length."""
    square = law.squared_length(n)
    assert square is not None, law
    return square
