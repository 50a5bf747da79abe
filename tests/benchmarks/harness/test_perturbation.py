"""A perturbation changes gradients as closed forms say, puts every parameter back, and says where nothing can be said."""

import math
from itertools import pairwise

import pytest
import torch
from torch import nn

from benchmarks.cell import measure_cell
from benchmarks.harness import perturbation
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem, build_problem, problem_of
from benchmarks.records import Cell, Measurement
from estimators.registry import ESTIMATORS


def _chain(layers: int, start: float = 1.0) -> Problem:
    """-w_1 ... w_L with every weight `start`: the part of w_l in its gradient is the product of the others."""
    module = nn.Sequential(*(nn.Linear(1, 1, bias=False) for _ in range(layers)))
    for parameter in module.parameters():
        nn.init.constant_(parameter, start)
    one = torch.ones(1, 1, dtype=torch.float64)
    return problem_of((module.double(), lambda output, _: -output.mean(), (one, one)), dtype="float64")


def _measured(problem: Problem, estimator: str = "backprop") -> Measurement:
    return perturbation.measure(problem, ESTIMATORS.build(estimator), Settings())


def _value(measured: Measurement, name: str) -> float | None:
    return next(metric.value for metric in measured.metrics if metric.metric == name and metric.layer is None)


@pytest.mark.parametrize("layers", [2, 5, 20])
def test_a_chain_of_scalars_changes_as_deep_relative_trust_of_its_other_layers(layers: int) -> None:
    found = _measured(_chain(layers))
    sizes = found.series["size"]
    expected = [(1 + size) ** (layers - 1) - 1 for size in sizes]
    for column in ("gradient_change", "largest_gradient_change", "change:0.weight"):
        assert found.series[column] == pytest.approx(expected, rel=1e-9)
    assert found.series["loss_change"] == pytest.approx([-((1 + size) ** layers - 1) for size in sizes], rel=1e-9)
    assert found.series["deep_relative_trust"] == pytest.approx([(1 + size) ** layers - 1 for size in sizes], rel=1e-9)
    assert found.facts["layers"] == layers


def test_metrics_are_those_of_a_move_of_one_percent() -> None:
    found = _measured(_chain(5))
    assert _value(found, "largest_gradient_change") == pytest.approx(1.01**4 - 1)
    assert _value(found, "deep_relative_trust") == pytest.approx(1.01**5 - 1)
    assert _value(found, "loss_change") == pytest.approx(1 - 1.01**5)
    assert _value(found, "trusted_size") == pytest.approx(2 ** (1 / 4) - 1, rel=0.05)  # a power law between two sizes
    layers = [metric.layer for metric in found.metrics if metric.layer]
    assert layers == [f"{place}.weight" for place in range(5)]


def test_on_a_quadratic_the_change_is_the_hessian_along_the_step() -> None:
    module, generator = nn.Linear(4, 3, bias=False).double(), torch.Generator().manual_seed(1)
    inputs = torch.randn(8, 4, generator=generator, dtype=torch.float64)
    problem = problem_of(
        (module, lambda output, y: (output - y).square().mean() / 2, (inputs, torch.ones(8, 3).double())), dtype="float64"
    )
    weight = module.weight.detach().clone()
    gradient = (weight @ inputs.T - 1) @ inputs / 24
    step = weight.norm() / gradient.norm() * gradient
    change = (step @ inputs.T @ inputs / 24).norm() / gradient.norm()
    found = _measured(problem)
    assert found.series["gradient_change"] == pytest.approx([size * change.item() for size in perturbation.SIZES], rel=1e-7)


@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient", "lozo"])
def test_every_parameter_is_put_back_to_the_bit(estimator: str) -> None:
    problem = build_problem("mlp[depth=2,width=8,batch=16]")
    before = {name: parameter.detach().clone() for name, parameter in problem.objective.parameters.items()}
    _measured(problem, estimator)
    assert all(torch.equal(before[name], parameter) for name, parameter in problem.objective.parameters.items())


def test_parameters_are_back_after_an_exception() -> None:
    problem = _chain(3)
    steps = {name: torch.ones_like(parameter) for name, parameter in problem.objective.parameters.items()}
    with pytest.raises(ZeroDivisionError), perturbation.moved(problem.objective.parameters, steps, 0.5):
        1 / 0  # noqa: B018
    assert all(parameter.item() == 1.0 for parameter in problem.objective.parameters.values())


def test_every_tensor_moves_by_the_same_share_of_its_norm_and_those_of_zeros_stay() -> None:
    generator = torch.Generator().manual_seed(0)
    parameters = {name: torch.randn(4, 3, generator=generator) * scale for name, scale in (("a", 1e-6), ("b", 1e3), ("c", 0.0))}
    direction = {name: torch.randn(4, 3, generator=generator) for name in parameters} | {"b": torch.full((4, 3), 1e-30)}
    steps = perturbation.whole_steps(parameters, direction)
    assert list(steps) == ["a", "b"]
    for name, step in steps.items():
        assert (step.norm() / parameters[name].norm()).item() == pytest.approx(1.0, rel=1e-5)
        cosine = (step.double() * direction[name].double()).sum() / step.double().norm() / direction[name].double().norm()
        assert cosine.item() == pytest.approx(1.0, rel=1e-6)


def test_deeper_perceptrons_change_more() -> None:
    found = [_value(_measured(build_problem(f"mlp[depth={depth},width=32]")), "largest_gradient_change") for depth in (1, 8, 50)]
    assert all(shallow < deep for shallow, deep in pairwise(value or math.nan for value in found))


def test_where_there_are_no_matrices_the_cell_is_skipped() -> None:
    record = measure_cell(Cell("backprop", "sphere[n=8]", "perturbation"))
    assert (record.outcome, record.reason[:20]) == ("skipped", "needs weight matrice")


def test_where_the_gradient_is_zero_the_cell_says_so() -> None:
    with pytest.raises(ValueError, match="no tensor can be moved"):
        _measured(_chain(3, start=0.0))


def test_a_change_that_is_no_number_is_missing() -> None:
    found = _measured(_chain(400, start=5.0))  # 5^400 leaves float64 for some sizes of the move
    assert _value(found, "trusted_size") is not None
    assert any(not math.isfinite(value) for value in found.series["gradient_change"] if value is not None)
