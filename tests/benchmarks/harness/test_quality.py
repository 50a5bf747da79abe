"""Quality of estimators whose laws are known, and when drawing ends."""

import math
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from scipy import stats

from benchmarks.harness.quality import MAXIMUM_DRAWS, exact_gradient, measure, more_draws
from benchmarks.harness.quality_rows import LAYER_METRICS, LEAST_DRAWS
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem, build_problem
from estimators import Declaration, DenseEstimate, Estimator, FunctionObjective
from estimators.registry import ESTIMATORS

N = 64


def problem(n=N, scale=2.0):
    point = torch.linspace(-1, 1, n).requires_grad_()
    objective = FunctionObjective(lambda x: scale * (x**2).sum() / 2, point)
    return Problem("f", objective, objective.loss, tuple, torch.device("cpu"), torch.float32, "", 4 * n)


@dataclass(frozen=True)
class Noisy(Estimator):
    """a g + noise, noise ~ N(0, s² ‖g‖²/n I): bias |a - 1|, variance s²."""

    a: float = 1.0
    s: float = 0.5
    real: bool = True
    deviation: float = 0.0

    def estimate(self, objective, state, *, generator):
        known = "gradient" in objective.capabilities()
        ((name, g),) = (objective.known_gradient() if known else exact_gradient(objective)[1]).items()
        noise = torch.randn(g.shape, generator=generator) * self.s * g.norm() / math.sqrt(g.numel())
        return DenseEstimate(torch.zeros(()), {name: self.a * g * (1 + self.deviation) + noise}), state

    def declaration(self, shapes, batch):
        return Declaration(
            stochastic=self.s > 0,
            expected={"relative_error": (self.a - 1) ** 2 + self.s**2, "squared_norm_ratio": self.a**2 + self.s**2},
        )


@dataclass(frozen=True)
class Pretends(Noisy):
    """Offers a simulation that differs from itself."""

    difference: float = 0.0

    def simulated(self):
        return Noisy(self.a, self.s, deviation=self.difference)


def metrics(measurement, layer=None):
    return {metric.metric: metric for metric in measurement.metrics if metric.layer == layer}


def test_bias_variance_and_efficiency_of_a_known_law_lie_in_their_intervals():
    found = metrics(measure(problem(), Noisy(a=0.8, s=0.5), Settings(seed=1, draws=4000)))
    expected = {"bias": 0.2, "variance": 0.25, "relative_error": 0.29, "squared_norm_ratio": 0.89, "efficiency": 0.64 / 0.89}
    for name, value in expected.items():
        assert found[name].low <= value <= found[name].high, name
        assert found[name].value == pytest.approx(value, rel=0.05), name
    assert found["bias_floor"].value == pytest.approx(math.sqrt(0.25 / 4000), rel=0.05)
    assert abs(found["relative_error_z"].value) < 4
    assert found["relative_error_expected"].value == pytest.approx(0.29)


def test_an_unbiased_estimator_shows_no_more_bias_than_its_floor():
    found = metrics(measure(problem(), Noisy(), Settings(draws=1000)))
    assert found["bias"].value == pytest.approx(found["bias_floor"].value, rel=0.5)
    assert found["bias"].low == 0.0


def test_scores_against_a_wrong_closed_form_are_large():
    @dataclass(frozen=True)
    class Boasts(Noisy):
        def declaration(self, shapes, batch):
            return Declaration(expected={"relative_error": 0.2})

    assert metrics(measure(problem(), Boasts(), Settings(draws=1000)))["relative_error_z"].value > 10


def test_a_handful_of_draws_has_a_closed_form_beside_it_and_no_score():
    few, enough = (
        metrics(measure(problem(), ESTIMATORS.build("forward-gradient"), Settings(draws=draws)))
        for draws in (LEAST_DRAWS - 1, LEAST_DRAWS)
    )
    assert few["cosine_expected"].value == enough["cosine_expected"].value
    assert "cosine_z" not in few
    assert "cosine_z" in enough


def test_backprop_is_exact_and_takes_two_draws():
    measurement = measure(problem(), ESTIMATORS.build("backprop"), Settings())
    found = metrics(measurement)
    exact = {"cosine": 1.0, "norm_ratio": 1.0, "relative_error": 0.0, "sign_agreement": 1.0, "bias": 0.0, "variance": 0.0}
    assert {name: found[name].value for name in exact} == pytest.approx(exact, abs=1e-12)
    assert found["cosine"].count == 2
    assert not measurement.marks


@pytest.mark.parametrize(
    "spec", ["forward-gradient", "multi-tangent[k=4,aggregation=mean,directions=sphere]", "multi-tangent[k=4]"]
)
def test_registered_estimators_agree_with_their_closed_forms(spec):
    measurement = measure(problem(), ESTIMATORS.build(spec), Settings(seed=3))
    scores = [metric.value for name, metric in metrics(measurement).items() if name.endswith("_z")]
    assert len(scores) >= 3
    assert max(map(abs, scores)) < 4
    cosine = metrics(measurement)["cosine"]
    assert (cosine.high - cosine.low) / 2 / 1.96 <= 0.0101 * cosine.value
    assert metrics(measurement)["simulated_difference"].value < 1e-5


def test_a_simulation_that_differs_from_the_estimator_is_an_error():
    measure(problem(), Pretends(difference=1e-5), Settings(draws=10))
    with pytest.raises(ValueError, match=r"simulated and real estimates differ by 0\.0"):
        measure(problem(), Pretends(difference=0.01), Settings(draws=10))


def test_the_same_seed_gives_the_same_numbers_and_another_seed_others():
    values = [
        metrics(measure(problem(), ESTIMATORS.build("forward-gradient"), Settings(seed=seed, draws=50)))["cosine"].value
        for seed in (0, 0, 1)
    ]
    assert values[0] == values[1] != values[2]


def test_layers_have_numbers_of_their_own_and_one_without_gradient_has_none():
    perceptron = build_problem("mlp[width=8,depth=1,batch=4,data=synthetic[features=6,classes=3]]")
    frozen = perceptron.objective.parameters
    measurement = measure(perceptron, ESTIMATORS.build("forward-gradient"), Settings(draws=20))
    for layer in frozen:
        assert set(metrics(measurement, layer)) == set(LAYER_METRICS)
    point = torch.zeros(2, requires_grad=True)
    objective = FunctionObjective(lambda x: (x * 0).sum(), point)
    flat = Problem("flat", objective, objective.loss, tuple, torch.device("cpu"), torch.float32, "", 8)
    with pytest.raises(ValueError, match="exact gradient is zero"):
        measure(flat, ESTIMATORS.build("forward-gradient"), Settings())


def test_a_zero_estimate_has_cosine_zero():
    found = metrics(measure(problem(), Noisy(a=0.0, s=0.0), Settings()))
    assert found["cosine"].value == found["efficiency"].value == found["norm_ratio"].value == 0.0
    assert found["relative_error"].value == pytest.approx(1.0)


def test_a_budget_that_ends_first_marks_the_numbers_imprecise():
    ticks = iter(range(0, 10**15, 10**9))
    measurement = measure(problem(), ESTIMATORS.build("forward-gradient"), Settings(budget_s=30), lambda: next(ticks))
    assert measurement.marks == {"imprecise"}
    assert metrics(measurement)["cosine"].count < 40


def test_draws_are_wanted_until_the_mean_cosine_is_known_to_a_percent():
    rng = np.random.default_rng(0)
    cosines = np.abs(rng.normal(size=20_000)) / 100  # relative spread 0.756: 5708 draws
    assert more_draws(cosines[:0], 10**6) == 64
    assert more_draws(cosines[:0], 10) == 1000
    count = 0
    while (more := more_draws(cosines[:count], 10**6)) > 0:
        count += more
    assert 5300 < count < 6500
    assert cosines[:count].std() / math.sqrt(count) <= 0.01 * cosines[:count].mean()


def test_drawing_ends_at_the_limit_when_the_mean_cosine_is_nothing():
    cosines = np.tile([1.0, -1.0], MAXIMUM_DRAWS)
    assert more_draws(cosines[:64], 10**6) == MAXIMUM_DRAWS - 64
    assert more_draws(cosines[:MAXIMUM_DRAWS], 10**6) == 0


@pytest.mark.slow
def test_scores_over_many_cells_are_standard_normal():
    """300 independent cells at 1 in 1000 false alarms; small n, where tails are heaviest."""
    scores = {"cosine_z": [], "squared_norm_ratio_z": [], "relative_error_z": [], "efficiency_z": []}
    for seed in range(300):
        estimator = ESTIMATORS.build(("forward-gradient", "multi-tangent[k=4,aggregation=mean]", "multi-tangent[k=2]")[seed % 3])
        found = metrics(measure(problem(n=(3, 16, 64)[seed // 3 % 3]), estimator, Settings(seed=seed)))
        for name, values in scores.items():
            values.append(found[name].value)
    for name, values in scores.items():
        assert stats.kstest(values, "norm").pvalue > 0.001, name
        assert max(map(abs, values)) < 5, name
