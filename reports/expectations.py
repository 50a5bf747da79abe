"""What `estimators.theory` expects of an estimator, from its spec alone: nothing measured enters.

A spec does not say which tensors the coordinates lie in, so laws that draw tensor by tensor have no curve here, although a cell
of theirs, whose tensors are known, may have a closed form beside it.
"""

import math
from functools import cache

from estimators import theory
from estimators.registry import ESTIMATORS
from estimators.spec import Spec, SpecError

_WITHOUT_LINEAR_LIMIT = ("one-measurement",)
"""Derivatives that do not approach the directional derivative, however small their step."""


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
    law, aggregation, scale = parts
    return theory.expected(law, aggregation, n, k, scale).get(metric, math.nan)


@cache
def _parts(canonical: str) -> tuple[theory.Law, str, str | None] | None:
    try:
        spec = ESTIMATORS.resolve(canonical)
    except SpecError:
        return None
    directions, aggregation, derivative = (_part(spec, name) for name in ("directions", "aggregation", "derivative"))
    if directions is None or aggregation is None or (derivative and derivative.name in _WITHOUT_LINEAR_LIMIT):
        return None
    length, scale = (None if spec.get(name) is None else str(spec.get(name)) for name in ("length", "scale"))
    numbers = tuple((name, float(value)) for name, value in directions.parameters if isinstance(value, (int, float)))
    return theory.Law(directions.name, numbers, length), aggregation.name, scale


def _part(spec: Spec, name: str) -> Spec | None:
    value = spec.get(name)
    return value if value is None or isinstance(value, Spec) else Spec(str(value))
