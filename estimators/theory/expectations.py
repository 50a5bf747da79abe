"""From the parts of a directional estimator to its moments, its metrics and its scale factor."""

from estimators.theory.law import Law, as_law
from estimators.theory.mean import mean
from estimators.theory.moments import Moments
from estimators.theory.projection import projection

SCALES = ("unbiased", "length-preserving")

_CHOOSING = ("max", "max-normalised", "top-k")


def multiple_of_mean(aggregation: str, n: float, k: float) -> float | None:
    """What the mean is multiplied by in `mean`, `sum` and `mean-times-n`; None where an aggregation is no multiple of it.

    Of a single tangent there is nothing to choose: all that keep the best of k tangents are the mean then.
    """
    if k == 1 and aggregation in _CHOOSING:
        return 1.0
    return {"mean": 1.0, "sum": k, "mean-times-n": n}.get(aggregation)


def moments(directions: Law | str, aggregation: str, n: float, k: float, scale: str | None = None) -> Moments:
    """The moments of an estimate.

    Args:
        directions: the law of the tangents, or its name for the law with its defaults.
        aggregation: `mean`, `sum`, `mean-times-n`, `projection`, or for one tangent `max`, `max-normalised` or `top-k`.
        n: dimension, not necessarily whole, so that curves can be drawn densely.
        k: number of tangents, not necessarily whole.
        scale: None, `unbiased` or `length-preserving`.

    Returns:
        What is known; an unknown aggregation or law gives an empty `Moments`.
    """
    law = as_law(directions).simplest(n)
    if aggregation == "projection":
        plain = projection(law, n, k)
    else:
        multiple = multiple_of_mean(aggregation, n, k)
        plain = Moments() if multiple is None else mean(law, n, k).scaled(multiple)
    if scale is None:
        return plain
    known = plain.along if scale == "unbiased" else plain.norm
    return plain.scaled(1 / known) if known else plain.of_direction_alone()


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
    values = {
        "cosine": m.cosine,
        "squared_cosine": m.squared_cosine,
        "norm_ratio": m.norm,
        "squared_norm_ratio": m.squared_norm,
        "relative_error": m.relative_error,
        "efficiency": m.efficiency,
    }
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
    if not known:
        raise ValueError(
            f"scale={scale} has no closed form for directions={directions} with aggregation={aggregation} at n={n:g}, k={k:g}"
        )
    return 1 / known
