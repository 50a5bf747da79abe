"""Closed forms of what directional estimators achieve, by law of the tangents, aggregation, dimension n and tangent count k.

Math and numbers only: no torch. Everything is relative to the gradient g (norms over ‖g‖, squares over ‖g‖²) and holds for exact
directional derivatives. Where no closed form is known that holds for every g, none is given. The estimators are those of Flügel
et al. 2024, arXiv 2410.17764; the laws follow from them, each derived where it stands.
"""

from estimators.theory.beta import Beta, mean_cosine, mean_law, projection_cosine, projection_law
from estimators.theory.differences import forward_difference_error, rounding_error
from estimators.theory.expectations import SCALES, expected, moments, scale_factor
from estimators.theory.law import LENGTHS, Law
from estimators.theory.memory import controlled_error, remembered_direction
from estimators.theory.moments import Moments
from estimators.theory.quadratic import Descent, Quadratic, descent, expected_curvature, pace, typical_pace
from estimators.theory.subspace import in_subspace, spread

__all__ = [
    "LENGTHS",
    "SCALES",
    "Beta",
    "Descent",
    "Law",
    "Moments",
    "Quadratic",
    "controlled_error",
    "descent",
    "expected",
    "expected_curvature",
    "forward_difference_error",
    "in_subspace",
    "mean_cosine",
    "mean_law",
    "moments",
    "pace",
    "projection_cosine",
    "projection_law",
    "remembered_direction",
    "rounding_error",
    "scale_factor",
    "spread",
    "typical_pace",
]
