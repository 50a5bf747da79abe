"""The first tangent lies along the momentum of past estimates, over all tensors together; what a call gains is as derived."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators import theory
from estimators.directional.aggregations.projection import Projection
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.estimator import Directional
from estimators.directional.guided import Guided
from estimators.directional.guides.momentum import Momentum
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, ModuleObjective, Objective

pytestmark = pytest.mark.usefixtures("one_thread")


def perceptron() -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2)).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    x, y = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in ((5, 3), (5, 2)))
    return ModuleObjective(module, functional.mse_loss, (x, y))


def flat(tensors: dict[str, Tensor], rows: bool = False) -> Tensor:
    return torch.cat([t.reshape(len(t), -1) if rows else t.flatten() for t in tensors.values()], dim=1 if rows else 0)


def gradient(problem: Objective) -> Tensor:
    return flat(Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient)


@pytest.mark.parametrize("decay", [0.0, 0.7])
def test_calls_are_projections_onto_the_momentum_written_out_and_fresh_tangents(decay: float) -> None:
    problem, generator = perceptron(), torch.Generator().manual_seed(3)
    estimator = Guided(Momentum(decay), k=3, aggregation=Projection())
    state, g, momentum = estimator.init(problem), gradient(problem), None
    for _ in range(4):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        V, found = flat(estimator.tangents(state), rows=True), flat(estimate.gradient)
        if momentum is not None:
            torch.testing.assert_close(V[0], len(g) ** 0.5 * momentum / momentum.norm())
        torch.testing.assert_close(found, torch.linalg.pinv(V) @ (V @ g))
        momentum = found if momentum is None else decay * momentum + (1 - decay) * found


def test_the_first_estimate_is_the_plain_one() -> None:
    problem = perceptron()
    guided, plain = Guided(Momentum(), k=2, aggregation=Projection()), Directional(k=2, aggregation=Projection())
    found, expected = (
        e.estimate(problem, e.init(problem), generator=torch.Generator().manual_seed(3))[0].gradient for e in (guided, plain)
    )
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_a_momentum_along_the_gradient_gives_the_gradient() -> None:
    problem = perceptron()
    estimator = Guided(Momentum(), k=2, aggregation=Projection())
    exact = Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient
    state = replace(estimator.init(problem), memory={name: 1e-3 * tensor for name, tensor in exact.items()})
    found, _ = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(3))
    torch.testing.assert_close(flat(found.gradient), flat(exact))


def test_the_error_of_every_call_is_the_derived_one() -> None:
    n, k, calls, runs = 8, 3, 3, 300
    problem = FunctionObjective(lambda x: (torch.arange(1.0, n + 1) * x).sum(), torch.ones(n))
    estimator, g = Guided(Momentum(0.0), k=k, derivative=Simulated(), aggregation=Projection()), torch.arange(1.0, n + 1)
    generator, errors = torch.Generator().manual_seed(1), torch.empty(runs, calls)
    for run in range(runs):
        state = estimator.init(problem)
        for call in range(calls):
            estimate, state = estimator.estimate(problem, state, generator=generator)
            errors[run, call] = (estimate.gradient["x"] - g).square().sum() / g.square().sum()
    for call in range(calls):
        claimed = theory.remembered_direction(n, k, call + 1)
        assert abs(errors[:, call].mean() - claimed) <= 4.5 * errors[:, call].std() / runs**0.5


def test_a_gradient_that_moves_leaves_the_momentum_where_it_was_and_the_fresh_tangent_in_the_estimate() -> None:
    points = [torch.tensor([1.0, 0.0, 0.0, 0.0]), torch.tensor([0.0, 1.0, 0.0, 0.0])]
    estimator, generator = Guided(Momentum(0.0), k=2, aggregation=Projection()), torch.Generator().manual_seed(3)
    first, second = (FunctionObjective(lambda x, slope=slope: (slope * x).sum(), torch.ones(4)) for slope in points)
    state = replace(estimator.init(first), memory={"x": points[0]})
    estimate, state = estimator.estimate(second, state, generator=generator)
    V = estimator.tangents(state)["x"]
    torch.testing.assert_close(V[0], 2 * points[0])
    torch.testing.assert_close(estimate.gradient["x"], torch.linalg.pinv(V) @ (V @ points[1]))


def test_a_zero_gradient_is_estimated_as_zero_and_forgotten_again() -> None:
    flatland = FunctionObjective(lambda x: (0 * x).sum(), torch.ones(4))
    estimator, generator = Guided(Momentum(0.0), k=2, aggregation=Projection()), torch.Generator().manual_seed(3)
    state = estimator.init(flatland)
    for _ in range(3):
        estimate, state = estimator.estimate(flatland, state, generator=generator)
        assert not estimate.gradient["x"].any()
    slope = FunctionObjective(lambda x: x.sum(), torch.ones(4))
    estimate, state = estimator.estimate(slope, state, generator=generator)
    assert estimate.gradient["x"].any()


def test_what_is_done_to_an_estimate_does_not_reach_the_memory() -> None:
    problem, generator = perceptron(), torch.Generator().manual_seed(3)
    estimator = Guided(Momentum(0.0), k=2, aggregation=Projection())
    estimate, state = estimator.estimate(problem, estimator.init(problem), generator=generator)
    kept = {name: tensor.clone() for name, tensor in state.memory.items()}
    for tensor in estimate.gradient.values():
        tensor.zero_()
    assert all(torch.equal(state.memory[name], tensor) for name, tensor in kept.items())


@pytest.mark.parametrize("decay", [-0.1, 1.0, float("nan")])
def test_the_decay_must_leave_something_and_forget_something(decay: float) -> None:
    with pytest.raises(ValueError, match="decay must be from 0 to below 1"):
        Momentum(decay)


def test_one_tangent_would_stay_on_one_line_for_ever_and_is_refused() -> None:
    with pytest.raises(ValueError, match=r"k must be 2 or more with guide=Momentum\(decay=0.9\), got 1"):
        Guided(Momentum(), k=1, directions=Gaussian())
