"""One step does what numpy says it does: best sizes, decreases, closed forms beside them, and words where there are none."""

import math
import sys
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.harness.curvature import quadratic_at
from benchmarks.harness.rays import Rays
from benchmarks.harness.settings import Settings
from benchmarks.harness.step import PILOT_DRAWS, measure, more_draws
from benchmarks.problems.problem import Problem, build_problem
from benchmarks.records import Measurement, Metric
from estimators import Declaration, DenseEstimate, Estimator, FunctionObjective
from estimators.registry import ESTIMATORS


def numbers(measured: Measurement) -> dict[str, Metric]:
    return {metric.metric: metric for metric in measured.metrics}


def stepped(estimator: str, problem: str, draws: int | None = None, seed: int = 0) -> Measurement:
    return measure(build_problem(problem), ESTIMATORS.build(estimator), Settings(seed=seed, draws=draws, budget_s=1e6))


@dataclass(frozen=True)
class Listed(Estimator):
    """Gives the rows of a table in turn."""

    table: tuple[tuple[float, ...], ...]

    def init(self, objective):
        return 0

    def estimate(self, objective, state, *, generator):
        return DenseEstimate(torch.zeros(()), {"x": torch.tensor(self.table[state])}), state + 1

    def declaration(self, shapes, batch):
        return Declaration()


def problem_of(function, point: Tensor) -> Problem:
    objective = FunctionObjective(function, point)
    return Problem("f", objective, objective.loss, tuple, torch.device("cpu"), torch.float32, "", 4 * len(point))


def test_on_a_quadratic_everything_is_what_numpy_says() -> None:
    rng = np.random.default_rng(5)
    hessian, point = np.diag([1.0, 2.0, 4.0]), np.array([1.0, -1.0, 0.5], dtype=np.float32)
    estimates = (rng.standard_normal((40, 3)) + hessian @ point).astype(np.float32)
    diagonal = torch.tensor([1.0, 2.0, 4.0])
    listed = Listed(tuple(map(tuple, estimates.tolist())))
    function = problem_of(lambda x: 0.5 * (diagonal * x**2).sum(), torch.from_numpy(point))
    found = numbers(measure(function, listed, Settings(draws=40)))
    gradient = hessian @ point
    p, q = estimates @ gradient, np.einsum("bi,ij,bj->b", estimates, hessian, estimates)
    best = p.mean() / q.mean()
    decrease, own = best * p - best**2 * q / 2, np.where(p > 0, p**2 / (2 * q), 0)
    loss = 0.5 * point @ gradient
    assert found["loss"].value == pytest.approx(loss)
    assert found["best_step"].value == pytest.approx(best, rel=1e-6)
    half = 2.0227 * (p - best * q).std(ddof=1) / q.mean() / 40**0.5
    assert (found["best_step"].high or 0) - best == pytest.approx(half, rel=1e-3)
    assert found["decrease"].value == pytest.approx(decrease.mean(), rel=1e-6)
    assert (found["decrease"].high or 0) - decrease.mean() == pytest.approx(2.0227 * decrease.std(ddof=1) / 40**0.5, rel=1e-3)
    assert found["relative_decrease"].value == pytest.approx(decrease.mean() / loss, rel=1e-6)
    assert found["draw_step"].value == pytest.approx(np.median(np.maximum(p, 0) / q), rel=1e-6)
    assert found["draw_decrease"].value == pytest.approx(own.mean(), rel=1e-6)
    along = gradient @ hessian @ gradient
    assert found["gradient_step"].value == pytest.approx(gradient @ gradient / along)
    assert found["gradient_decrease"].value == pytest.approx((gradient @ gradient) ** 2 / (2 * along))
    assert found["best_step"].count == 40


def test_elsewhere_the_common_step_is_where_the_mean_loss_of_a_fine_grid_is_least() -> None:
    estimates = np.random.default_rng(2).standard_normal((20, 2)).astype(np.float32) + np.array([2.0, 1.0], dtype=np.float32)
    point = np.array([1.2, 0.8])
    listed = Listed(tuple(map(tuple, estimates.tolist())))
    measured = measure(
        problem_of(lambda x: torch.log(torch.cosh(x)).sum(), torch.tensor(point, dtype=torch.float32)), listed, Settings(draws=20)
    )
    grid = np.linspace(0.0, 2.0, 20_001)
    moved = np.float32(point).astype(float) - grid[:, None, None] * estimates
    mean = np.log(np.cosh(moved)).sum(-1).mean(1)
    found = numbers(measured)
    assert found["best_step"].value == pytest.approx(grid[mean.argmin()], abs=3e-4)
    assert (found["loss"].value or 0) - (found["decrease"].value or 0) == pytest.approx(mean.min(), abs=1e-6)
    assert measured.facts["quadratic"] is False
    assert "best_step_expected" not in found
    assert (found["search_calls"].value or 0) > 2


SPHERE = [("forward-gradient[k={k}]", lambda n, k: k / (2 * (n + k + 1)), lambda n, k: k / (n + k + 1))]
SPHERE += [("multi-tangent[k={k}]", lambda n, k: 0.5, lambda n, k: k / n)]


@pytest.mark.parametrize(("n", "k"), [(32, 1), (64, 4), (256, 16)])
@pytest.mark.parametrize(("name", "rate", "share"), SPHERE, ids=["mean", "projection"])
def test_on_the_sphere_the_best_step_lies_within_ten_percent_of_the_law(name: str, rate, share, n: int, k: int) -> None:
    """400 draws: the standard error of the cell that scatters most is 2.2 %, so ten percent are more than four of it."""
    found = numbers(stepped(name.format(k=k), f"sphere[n={n}]", draws=400))
    assert found["best_step"].value == pytest.approx(rate(n, k), rel=0.1)
    assert found["best_step_expected"].value == pytest.approx(rate(n, k), rel=1e-9)
    assert found["decrease_expected"].value == pytest.approx(n * share(n, k), rel=1e-9)
    scores = [metric.value for metric in found.values() if metric.metric.endswith("_z")]
    assert all(abs(score) < 4.5 for score in scores)
    assert len(scores) == (2 if "multi" in name else 3)


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 4, 16])
@pytest.mark.parametrize("n", [16, 64, 256, 1024])
@pytest.mark.parametrize(("name", "rate", "share"), SPHERE, ids=["mean", "projection"])
def test_so_it_does_for_every_dimension_and_number_of_tangents(name: str, rate, share, n: int, k: int, capsys) -> None:
    """4000 draws: standard errors below 1 %; the decrease is within five of its own, which are 2.3 % at most."""
    found = numbers(stepped(name.format(k=k), f"sphere[n={n}]", draws=4000))
    assert found["best_step"].count == 4000
    best, law = found["best_step"], rate(n, k)
    off = best.value / law - 1
    said = f"{name.format(k=k)}, n = {n}: best step {best.value:.5g} [{best.low:.5g}, {best.high:.5g}], law {law:.5g}, {off:+.2%}"
    with capsys.disabled():
        sys.stdout.write(f"\n{said}")
    assert abs(off) < 0.1
    assert abs(off) <= 5 * (best.high - best.low) / 3.92 / law + 1e-6
    gained = found["decrease"]
    assert abs(gained.value - n * share(n, k)) <= 5 * (gained.high - gained.low) / 3.92


@pytest.mark.parametrize(
    "estimator", ["forward-gradient[k=4]", "multi-tangent[k=4]", "spsa[k=4]", "multi-tangent[k=4,scale=unbiased]"]
)
def test_on_a_quadratic_that_curves_unevenly_closed_forms_agree(estimator: str) -> None:
    measured = stepped(estimator, "quadratic[n=24]", draws=300)
    found = numbers(measured)
    assert measured.facts["quadratic"] is True
    assert abs(found["best_step_z"].value or 9) < 4.5
    assert abs(found["decrease_z"].value or 9) < 4.5
    assert "draw_decrease_expected" not in found


def test_what_is_known_of_no_law_is_not_said() -> None:
    for estimator in ("forward-gradient[directions=low-rank]", "spsa[derivative=forward-difference]", "feedback-alignment"):
        problem = "linear-regression[features=3,batch=16]"
        assert "best_step_expected" not in numbers(stepped(estimator, problem, draws=40))


def test_a_regression_is_found_to_be_a_quadratic() -> None:
    measured = stepped("forward-gradient[k=2]", "linear-regression[features=3,batch=16]", draws=200)
    assert measured.facts["quadratic"] is True
    assert abs(numbers(measured)["best_step_z"].value or 9) < 4.5


def test_backprop_gains_what_the_gradient_gains() -> None:
    measured = stepped("backprop", "mlp[width=8,depth=1,batch=16]")
    found = numbers(measured)
    assert found["best_step"].value == pytest.approx(found["gradient_step"].value, rel=1e-3)
    assert found["decrease"].value == pytest.approx(found["gradient_decrease"].value, rel=1e-4)
    assert found["decrease"].count == 2
    assert not measured.marks


def test_losses_are_in_float64_so_that_a_decrease_below_the_rounding_of_float32_is_seen() -> None:
    def mostly_flat(x: Tensor) -> Tensor:
        return 1e9 + (x**2).sum()

    listed = Listed(((2.0, 0.0), (0.0, 2.0)))
    measured = measure(problem_of(mostly_flat, torch.ones(2)), listed, Settings(draws=2))
    assert measured.facts["losses_in"] == "float64"
    assert numbers(measured)["decrease"].value == pytest.approx(1.0, rel=1e-5)
    drawing = stepped("forward-gradient", "vit[depth=1,dim=8,heads=2,mlp=8,batch=4,dropout=0.5]", draws=4)
    assert drawing.facts["losses_in"] == "float32"


def test_estimates_that_point_uphill_gain_nothing_and_say_so() -> None:
    listed = Listed(((-2.0, -2.0), (-1.0, -3.0)))
    measured = measure(problem_of(lambda x: (x**2).sum(), torch.ones(2)), listed, Settings(draws=2))
    found = numbers(measured)
    assert [found[name].value for name in ("best_step", "decrease", "draw_step", "draw_decrease")] == [0.0] * 4
    assert found["best_step"].low is None
    assert found["decrease"].low is None
    assert measured.facts["ascending"] == 2


def test_a_loss_without_end_is_counted_and_has_no_interval() -> None:
    listed = Listed(((1.0, 0.0), (1.0, 0.5)))
    measured = measure(problem_of(lambda x: x.sum(), torch.ones(2)), listed, Settings(draws=2))
    assert measured.facts["unbounded"] == 4  # the gradient's ray, both draws' and the mean
    assert numbers(measured)["best_step"].low is None


def test_a_loss_of_zero_has_no_relative_decrease() -> None:
    measured = stepped("forward-gradient", "styblinski-tang[n=4]", draws=30)
    found = numbers(measured)
    assert found["relative_decrease"].value is None
    assert (found["decrease"].value or 0) > 0


def test_the_parameters_stay_as_they_were() -> None:
    problem = build_problem("mlp[width=8,depth=1,batch=16]")
    before = {name: parameter.clone() for name, parameter in problem.objective.parameters.items()}
    measure(problem, ESTIMATORS.build("forward-gradient"), Settings(draws=5))
    assert all(torch.equal(parameter, before[name]) for name, parameter in problem.objective.parameters.items())


def test_the_same_seed_steps_the_same() -> None:
    first, second = (stepped("forward-gradient", "rosenbrock[n=8]", draws=20).metrics for _ in range(2))
    assert first == second


def test_a_gradient_of_zero_and_an_estimate_that_is_no_number_are_errors() -> None:
    with pytest.raises(ValueError, match="exact gradient is zero"):
        measure(problem_of(lambda x: (x**2).sum(), torch.zeros(2)), Listed(((1.0, 1.0),)), Settings())
    listed = Listed(((1.0, 1.0), (math.nan, 1.0)))
    with pytest.raises(ValueError, match=r"estimate 2 is not finite"):
        measure(problem_of(lambda x: (x**2).sum(), torch.ones(2)), listed, Settings(draws=3))


def test_a_budget_that_ends_first_marks_the_numbers_imprecise() -> None:
    ticks = iter(range(0, 10**15, 10**9))
    measured = measure(build_problem("sphere"), ESTIMATORS.build("forward-gradient"), Settings(budget_s=30), lambda: next(ticks))
    assert measured.marks == {"imprecise"}
    assert (numbers(measured)["best_step"].count or 99) < 20


def test_draws_are_wanted_until_the_mean_decrease_is_known_to_five_percent() -> None:
    rng = np.random.default_rng(0)
    decrease = rng.standard_normal(5000) ** 2  # relative spread √2: 800 draws
    assert more_draws(decrease[:0], 4000) == PILOT_DRAWS
    count = 0
    while (more := more_draws(decrease[:count], 4000)) > 0:
        count += more
    assert 600 < count < 1100
    assert decrease[:count].std() / math.sqrt(count) <= 0.051 * decrease[:count].mean()
    assert more_draws(decrease[:7], 7) == 0
    assert more_draws(np.zeros(PILOT_DRAWS), 4000) == 0


@pytest.mark.parametrize(
    "spec", ["sphere[n=5]", "quadratic[n=5,spectrum=given[values=(5,4,3,2,1)]]", "linear-regression[features=4]"]
)
def test_the_curvature_of_a_quadratic_is_that_of_its_hessian(spec: str) -> None:
    rays = Rays(build_problem(spec, dtype="float64").objective)
    found = quadratic_at(rays.objective, rays.gradient)
    parameters = rays.objective.parameters
    sizes = [parameter.numel() for parameter in parameters.values()]

    def value(flat: Tensor) -> Tensor:
        shaped = {name: part.view_as(p) for (name, p), part in zip(parameters.items(), flat.split(sizes), strict=True)}
        return rays.objective.loss(shaped)

    point = torch.cat([parameter.detach().flatten() for parameter in parameters.values()])
    hessian, g = torch.func.hessian(value)(point).numpy(), rays.gradient.numpy()
    diagonal = np.diag(hessian)
    expected = [g @ g, g @ hessian @ g, np.trace(hessian), np.trace(hessian @ hessian), diagonal @ g**2, diagonal @ diagonal]
    assert found is not None
    assert [getattr(found, name) for name in list(vars(found))[1:]] == pytest.approx(expected, rel=1e-9)
