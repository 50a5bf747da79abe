"""What `estimators.theory` expects of an estimator, from its spec alone: nothing measured enters."""

import math
from functools import cache

from estimators import theory
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, SpecError


def closed_form(canonical: str, metric: str, n: float, k: float) -> float:
    """The expectation of a quality metric for an estimator, from its spec; NaN where no closed form is known.

    Args:
        canonical: the estimator's canonical spec; its own number of tangents is not looked at.
        metric: a name such as `cosine`.
        n: dimension, not necessarily whole.
        k: number of tangents, not necessarily whole.
    """
    parts = _parts(canonical)
    if parts is None or n < 1 or k < 1:
        return math.nan
    directions, aggregation, scale = parts
    return theory.expected(directions, aggregation, n, k, scale).get(metric, math.nan)


@cache
def _parts(canonical: str) -> tuple[str, str, str | None] | None:
    try:
        spec = ESTIMATORS.resolve(canonical)
    except SpecError:
        return None
    directions, aggregation, scale = (spec.get(name) for name in ("directions", "aggregation", "scale"))
    if directions is None or aggregation is None:
        return None
    law, rule = (part.name if isinstance(part, Spec) else str(part) for part in (directions, aggregation))
    return law, rule, None if scale is None else str(scale)
