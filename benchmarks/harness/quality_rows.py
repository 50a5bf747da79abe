"""From draws to the metrics of quality, with 95 % intervals over draws.

Means have Student's interval. Ratios of means (efficiency) go through pseudo-values of the delta method, so the same interval and
score apply. A score z against a closed form is given where the estimate is random and its spread exceeds rounding.
"""

import math
from collections.abc import Mapping

import numpy as np

from benchmarks.harness.draws import Array, Draws
from benchmarks.harness.rows import interval_row, row
from benchmarks.records import Metric
from benchmarks.statistics import NORMAL_QUANTILE, Interval, mean_interval, squared_mean_over_mean, standard_error, z_score
from estimators.estimator import Declaration

ROUNDING = 1e-5  # relative; a mean whose standard error is below this has no spread but rounding
LEAST_DRAWS = 30  # of fewer, even the z of a right mean is far from normal: problems of millions of parameters have a handful
LAYER_METRICS = ("cosine", "norm_ratio", "relative_error", "efficiency")


def quality_rows(draws: Draws, declaration: Declaration) -> list[Metric]:
    """All metrics of quality.

    Args:
        draws: two or more.
        declaration: its closed forms are set beside the means; whether it is random decides about z.
    """
    overall = _samples(draws.along.sum(1), draws.squared.sum(1), draws.error.sum(1), float(draws.squared_gradient.sum()))
    rows = [_mean_row(metric, values) for metric, values in overall.items()]
    rows += [_mean_row("sign_agreement", draws.signs), *_bias_rows(draws)]
    rows += _closed_forms(overall, declaration)
    for index, layer in enumerate(draws.layers):
        if draws.squared_gradient[index] > 0:
            columns = (draws.along[:, index], draws.squared[:, index], draws.error[:, index])
            values = _samples(*columns, float(draws.squared_gradient[index]))
            rows += [_mean_row(metric, values[metric], layer) for metric in LAYER_METRICS]
    return rows


def cosines(draws: Draws) -> Array:
    """[N] cosine similarities over all layers; 0 for an estimate that is zero."""
    return _cosines(draws.along.sum(1), draws.squared.sum(1), float(draws.squared_gradient.sum()))


def _cosines(along: Array, squared: Array, gradient: float) -> Array:
    lengths = np.sqrt(squared * gradient)
    return np.divide(along, lengths, out=np.zeros_like(along), where=lengths > 0)


def _samples(along: Array, squared: Array, error: Array, gradient: float) -> dict[str, Array]:
    """Metric -> [N] values whose mean is the metric."""
    cosine, ratio, projected = _cosines(along, squared, gradient), squared / gradient, along / gradient
    has_length = bool(ratio.mean() > 0)
    return {
        "cosine": cosine,
        "squared_cosine": cosine**2,
        "norm_ratio": np.sqrt(ratio),
        "squared_norm_ratio": ratio,
        "relative_error": error / gradient,
        "efficiency": squared_mean_over_mean(projected, ratio) if has_length else np.zeros_like(ratio),
    }


def _mean_row(metric: str, values: Array, layer: str | None = None) -> Metric:
    method = "delta method" if metric == "efficiency" else "mean of draws"
    return interval_row(metric, mean_interval(values), layer=layer, method=method, count=len(values))


def _bias_rows(draws: Draws) -> list[Metric]:
    """Bias, the floor below which nothing can be said about it, and variance.

    The mean of N draws lies about floor = √(variance / N) from its expectation, so an unbiased estimator shows this much. The
    interval is bias ± 1.96 floor (triangle inequality; the tail of a quadratic form in Gaussians is heaviest for a single term).
    The variance E‖e‖² - ‖E e‖² uses ‖mean - g‖² less the floor's share; its interval takes E e to lie along g.
    """
    gradient, count = float(draws.squared_gradient.sum()), len(draws.along)
    ratio, projected = draws.squared.sum(1) / gradient, draws.along.sum(1) / gradient
    error = float((draws.error.sum(1) / gradient).mean())
    squared_bias = draws.squared_bias / gradient
    variance = max(0.0, (error - squared_bias) * count / (count - 1))
    bias, floor = math.sqrt(squared_bias), math.sqrt(variance / count)
    half = mean_interval(ratio - 2 * projected.mean() * projected)
    spread = ((half.high or 0.0) - (half.low or 0.0)) / 2
    reach = NORMAL_QUANTILE * floor
    return [
        interval_row("bias", Interval(bias, max(0.0, bias - reach), bias + reach), method="norm of mean error", count=count),
        row("bias_floor", floor, method="sqrt(variance / draws)", count=count),
        interval_row("variance", Interval(variance, max(0.0, variance - spread), variance + spread), count=count),
    ]


def _closed_forms(samples: Mapping[str, Array], declaration: Declaration) -> list[Metric]:
    """`X_expected`, and `X_z` where the mean of X has a spread to be measured in, and draws enough to measure it."""
    rows = []
    for metric, expected in declaration.expected.items():
        values = samples[metric]
        rows.append(row(f"{metric}_expected", expected, method="closed form"))
        random = declaration.stochastic and not declaration.exact and len(values) >= LEAST_DRAWS
        if random and standard_error(values) > ROUNDING * max(abs(expected), abs(float(values.mean()))):
            rows.append(row(f"{metric}_z", z_score(values, expected), method="corrected for skewness", count=len(values)))
    return rows
