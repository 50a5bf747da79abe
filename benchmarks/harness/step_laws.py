"""Closed forms beside what one step on a quadratic was measured to do.

They come from what the estimator says of its law (`Estimator.on_quadratic`) and from the quadratic's own curvature; no measured
step enters them. `X_z` is how many standard errors the measured X lies away.
"""

from collections.abc import Mapping

from benchmarks.harness.curvature import multiple_of_identity, quadratic_at
from benchmarks.harness.draws import Array
from benchmarks.harness.quality_rows import LEAST_DRAWS, ROUNDING
from benchmarks.harness.rays import Rays
from benchmarks.harness.rows import row
from benchmarks.records import Metric
from benchmarks.statistics import standard_error, z_score
from estimators.estimator import Declaration, Estimator
from estimators.theory import Quadratic

METHOD = "closed form on quadratics"


def law_rows(rays: Rays, estimator: Estimator, declaration: Declaration, samples: Mapping[str, Array]) -> list[Metric]:
    """`X_expected` and, where there is a spread to measure in, `X_z`.

    Args:
        rays: of a quadratic.
        estimator: whose law is asked for; one of a version that knew none has none here.
        declaration: its own for this problem.
        samples: `best_step`, `decrease` and `draw_decrease` -> [N] values whose mean is the metric.
    """
    function = quadratic_at(rays.objective, rays.gradient)
    if function is None:
        return []
    found = expected(function, estimator, declaration)
    return [one for metric, value in found.items() for one in _beside(metric, value, samples[metric])]


def expected(function: Quadratic, estimator: Estimator, declaration: Declaration) -> dict[str, float]:
    """Metric -> closed form, as far as one is known.

    With the step that is best for an estimate e alone the loss falls by ⟨g, e⟩² / (2 eᵀHe): where H is c times the identity by
    ‖g‖² cos² / (2c), whatever the length of e.

    Args:
        function: the quadratic.
        estimator: what gives e.
        declaration: its own for this function.
    """
    found: dict[str, float] = {}
    law = getattr(estimator, "on_quadratic", lambda function: None)(function)
    if law is not None:
        found |= {"best_step": law.best, "decrease": law.decrease}
    squared_cosine, multiple = declaration.expected.get("squared_cosine"), multiple_of_identity(function)
    if squared_cosine is not None and multiple is not None and multiple > 0:
        found["draw_decrease"] = function.squared_gradient * squared_cosine / (2 * multiple)
    return found


def _beside(metric: str, value: float, samples: Array) -> list[Metric]:
    rows = [row(f"{metric}_expected", value, method=METHOD)]
    if len(samples) >= LEAST_DRAWS and standard_error(samples) > ROUNDING * max(abs(value), abs(float(samples.mean()))):
        rows.append(row(f"{metric}_z", z_score(samples, value), method="corrected for skewness", count=len(samples)))
    return rows
