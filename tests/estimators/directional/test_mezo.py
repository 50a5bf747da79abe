"""MeZO is the two-point estimate along tangents that are held, bit by bit, in the memory of one layer.

Figures of memory are in `tests/benchmarks/harness/test_lazy_memory.py`, what may drift is held to by the contract.
"""

from typing import Any

import pytest
import torch
from torch import Tensor, nn

from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.directions.sparse import Sparse
from estimators.directional.directions.sphere import Sphere
from estimators.directional.estimator import Directional
from estimators.directional.mezo import Mezo
from estimators.estimator import Estimate, Estimator
from estimators.objective import FunctionObjective, ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import WORKING, objective


def estimate(estimator: Estimator, problem: Objective) -> Estimate:
    return estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(7))[0]


def perceptron(dtype: torch.dtype = torch.float32) -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = nn.Sequential(nn.Linear(5, 6), nn.Tanh(), nn.Linear(6, 6), nn.Tanh(), nn.Linear(6, 3)).to(dtype)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=dtype) / 2)
    batch = torch.randn(4, 5, generator=generator, dtype=dtype), torch.randn(4, 3, generator=generator, dtype=dtype)
    return ModuleObjective(module, nn.functional.mse_loss, batch)


@pytest.mark.parametrize("law", ["gaussian", "rademacher", "sparse"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
def test_one_tangent_gives_the_bits_of_the_estimate_from_tangents_that_are_held(law: str, dtype: torch.dtype) -> None:
    problem = perceptron(dtype)
    held = estimate(ESTIMATORS.build(f"rdsa[directions={law}]"), problem)
    found = estimate(ESTIMATORS.build(f"mezo[directions={law}]"), problem)
    assert torch.equal(found.loss, held.loss)
    assert all(torch.equal(tensor, held.gradient[name]) for name, tensor in found.items())


@pytest.mark.parametrize("kind", WORKING)
def test_awkward_models_give_the_same_estimate_and_are_left_alone(kind: str) -> None:
    problem = objective(kind, torch.float64)
    before = {name: tensor.clone() for name, tensor in problem.module.state_dict().items() if isinstance(tensor, Tensor)}
    held = estimate(Directional(directions=Rademacher(), derivative=CentralDifference()), problem).gradient
    found = estimate(Mezo(directions=Rademacher()), problem).gradient
    for name, tensor in held.items():  # attention has another kernel for plain tensors in evaluation mode
        torch.testing.assert_close(found[name], tensor, rtol=1e-6, atol=1e-6)
    assert all(torch.equal(problem.module.state_dict()[name], tensor) for name, tensor in before.items())


@pytest.mark.parametrize("restore", ["exact", "subtract"])
def test_several_tangents_give_their_mean(restore: str) -> None:
    problem = perceptron(torch.float64)
    held = estimate(ESTIMATORS.build("rdsa[k=5]"), problem).gradient
    for name, tensor in estimate(Mezo(k=5, restore=restore), problem).items():
        torch.testing.assert_close(tensor, held[name], rtol=1e-6, atol=1e-9)


def test_both_ways_to_restore_give_the_same_estimate_up_to_rounding() -> None:
    point = torch.linspace(-1, 1, 10, dtype=torch.float64)
    exact, subtract = (
        estimate(Mezo(restore=restore), FunctionObjective(lambda x: (x**3).sum(), point.clone())).gradient["x"]
        for restore in ("exact", "subtract")
    )
    torch.testing.assert_close(exact, subtract, rtol=1e-9, atol=1e-9)


def test_subtracting_leaves_rounding_behind_and_exact_leaves_nothing() -> None:
    moved = {}
    for restore in ("exact", "subtract"):
        problem = perceptron()
        before = {name: parameter.detach().clone() for name, parameter in problem.parameters.items()}
        estimator, state = Mezo(restore=restore), None
        for seed in range(20):
            state = state or estimator.init(problem)
            _, state = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(seed))
        moved[restore] = max(float((problem.parameters[name] - was).detach().abs().max()) for name, was in before.items())
    assert moved["exact"] == 0
    assert 0 < moved["subtract"] < 1e-5


class EvaluationError(RuntimeError):
    """Ends an evaluation."""


@pytest.mark.parametrize("at", [1, 2])
def test_parameters_are_put_back_when_an_evaluation_fails(at: int) -> None:
    calls = 0

    def fails(x: Tensor) -> Tensor:
        nonlocal calls
        calls += 1
        if calls == at:
            raise EvaluationError
        return (x * x).sum()

    for restore, tolerance in (("exact", 0), ("subtract", 1e-15)):
        calls, problem = 0, FunctionObjective(fails, torch.linspace(0, 0.5, 9, dtype=torch.float64))
        with pytest.raises(EvaluationError):
            estimate(Mezo(restore=restore), problem)
        torch.testing.assert_close(
            problem.parameters["x"].detach(), torch.linspace(0, 0.5, 9, dtype=torch.float64), rtol=0, atol=tolerance
        )


@pytest.mark.parametrize("at", range(8))
def test_parameters_are_put_back_when_a_drawing_fails(at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    problem, calls, draw = perceptron(torch.float64), 0, Rademacher.draw
    before = {name: parameter.detach().clone() for name, parameter in problem.parameters.items()}

    def out_of_memory_once(*arguments: Any) -> dict[str, Tensor]:
        nonlocal calls
        calls += 1
        if calls == at + 1:
            raise torch.OutOfMemoryError
        return draw(*arguments)

    monkeypatch.setattr(Rademacher, "draw", out_of_memory_once)
    with pytest.raises(torch.OutOfMemoryError):
        estimate(Mezo(directions=Rademacher(), restore="subtract"), problem)
    for name, was in before.items():
        torch.testing.assert_close(problem.parameters[name].detach(), was, rtol=0, atol=1e-15)


def test_what_is_declared_is_that_of_the_estimate_from_held_tangents_but_for_memory_and_drift() -> None:
    shapes = {"w": (3, 4), "b": (3,)}
    held = vars(ESTIMATORS.build("rdsa[k=3]").declaration(shapes, 8))
    for restore, drifts in (("exact", False), ("subtract", True)):
        declared = dict(vars(Mezo(k=3, restore=restore).declaration(shapes, 8)))
        assert declared.pop("memory") == "layer"
        assert (declared.pop("drifts_parameters") > 0) is drifts
        assert declared == {name: value for name, value in held.items() if name in declared}


@pytest.mark.parametrize("density", [1.0, 1e-2, 1e-6])
def test_parameters_drift_by_no_more_than_declared_where_few_entries_of_a_tangent_are_large(density: float) -> None:
    estimator = Mezo(directions=Sparse(density), step=0.1, restore="subtract")
    start, drifted = torch.linspace(-1, 1, 500_000), 0.0
    for seed in range(6):
        problem = FunctionObjective(lambda x: (x * x).mean(), start.clone())
        estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(seed))
        drifted = max(drifted, float((problem.parameters["x"].detach() - start).abs().max()))
    declared = estimator.declaration({"x": tuple(start.shape)}, None).drifts_parameters
    assert 0 < drifted <= declared * torch.finfo(torch.float32).eps


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"k": 0}, "k must be 1 or more, got 0"),
        ({"step": 0.0}, "step must be positive, got 0"),
        ({"restore": "copy"}, "restore must be one of exact, subtract, got 'copy'"),
        ({"directions": Sphere()}, "'sphere' does not"),
    ],
)
def test_bad_arguments_are_named(arguments: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Mezo(**arguments)


def test_tangents_are_those_it_used() -> None:
    problem, estimator = perceptron(torch.float64), Mezo(directions=LowRank(2))
    found, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(3))
    tangents = estimator.tangents(state)
    ratios = [tensor / tangents[name][0] for name, tensor in found.items()]
    spread = torch.cat([ratio.flatten() for ratio in ratios])
    torch.testing.assert_close(spread, spread[:1].expand_as(spread))
