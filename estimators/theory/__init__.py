"""Closed forms of what directional estimators achieve, by law of the tangents, aggregation, dimension n and tangent count k.

Math and numbers only: no torch. Everything is relative to the gradient g (norms over ‖g‖, squares over ‖g‖²) and holds for exact
directional derivatives. Where no closed form is known that holds for every g, none is given.
"""

from estimators.theory.law import LENGTHS, Law
from estimators.theory.moments import (
    SCALES,
    Moments,
    expected,
    mean_cosine,
    moments,
    projection_cosine,
    scale_factor,
)

__all__ = ["LENGTHS", "SCALES", "Law", "Moments", "expected", "mean_cosine", "moments", "projection_cosine", "scale_factor"]
