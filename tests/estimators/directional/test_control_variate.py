"""With a control variate the estimate is what is written out, g where the prediction is g, and unbiased whatever it is."""

from dataclasses import replace

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators import theory
from estimators.directional.control_variate import ControlVariate
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.block import OneBlock
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective

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


def exact(problem: ModuleObjective) -> dict[str, Tensor]:
    return Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient


@pytest.mark.parametrize(("k", "rate"), [(1, 0.3), (3, 0.1), (2, None)])
def test_every_call_is_the_formula_written_out(k: int, rate: float | None) -> None:
    problem, estimator = perceptron(), ControlVariate(k=k, rate=rate)
    g, state, generator = flat(exact(problem)), estimator.init(problem), torch.Generator().manual_seed(3)
    c, a = torch.zeros_like(g), rate or k / (k + len(g) + 1)
    for _ in range(4):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        V = flat(estimator.tangents(state), rows=True)
        expected = c + sum((g @ v - c @ v) * v for v in V) / k
        torch.testing.assert_close(flat(estimate.gradient), expected)
        c = c + a * (expected - c)
        torch.testing.assert_close(flat(state.prediction), c)


def test_a_prediction_that_is_the_gradient_gives_the_gradient() -> None:
    problem = perceptron()
    for estimator in (ControlVariate(), ControlVariate(k=4, directions=Rademacher())):
        state = replace(estimator.init(problem), prediction=exact(problem))
        estimate, _ = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(3))
        torch.testing.assert_close(flat(estimate.gradient), flat(exact(problem)))


def test_the_first_estimate_is_the_plain_one() -> None:
    problem = perceptron()
    found, expected = (
        e.estimate(problem, e.init(problem), generator=torch.Generator().manual_seed(3))[0].gradient
        for e in (ControlVariate(k=2), Directional(k=2))
    )
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())


def test_any_prediction_leaves_no_bias_and_the_error_of_what_it_leaves_over() -> None:
    problem, draws = perceptron(), 1000
    estimator, g = ControlVariate(k=2, derivative=Simulated()), flat(exact(problem))
    prediction = {name: tensor + 1 for name, tensor in exact(problem).items()}
    state, generator = replace(estimator.init(problem), prediction=prediction), torch.Generator().manual_seed(1)
    E = torch.stack([flat(estimator.estimate(problem, state, generator=generator)[0].gradient) for _ in range(draws)])
    assert ((E.mean(0) - g).abs() <= 4.5 * E.std(0) / draws**0.5).all()
    errors = (E - g).square().sum(1)
    assert abs(errors.mean() - (len(g) + 1) / 2 * len(g)) <= 4.5 * errors.std() / draws**0.5


def test_the_error_of_every_call_is_the_derived_one() -> None:
    n, k, calls, runs = 6, 2, 3, 500
    g = torch.arange(1.0, n + 1)
    problem = FunctionObjective(lambda x: (g * x).sum(), torch.ones(n))
    estimator, generator = ControlVariate(k=k, derivative=Simulated()), torch.Generator().manual_seed(1)
    errors = torch.empty(runs, calls)
    for run in range(runs):
        state = estimator.init(problem)
        for call in range(calls):
            estimate, state = estimator.estimate(problem, state, generator=generator)
            errors[run, call] = (estimate.gradient["x"] - g).square().sum() / g.square().sum()
    plain = (n + 1) / k
    for call in range(calls):
        claimed = theory.controlled_error(plain, 1 / (1 + plain), call + 1)
        assert abs(errors[:, call].mean() - claimed) <= 4.5 * errors[:, call].std() / runs**0.5


def test_a_difference_is_controlled_as_a_derivative_is() -> None:
    problem, states = perceptron(), []
    for estimator in (ControlVariate(rate=0.2), ControlVariate(rate=0.2, derivative=CentralDifference(1e-5))):
        state, generator = estimator.init(problem), torch.Generator().manual_seed(3)
        for _ in range(3):
            _, state = estimator.estimate(problem, state, generator=generator)
        states.append(flat(state.prediction))
    torch.testing.assert_close(states[0], states[1], rtol=1e-5, atol=1e-7)


def test_what_is_done_to_an_estimate_does_not_reach_the_prediction() -> None:
    problem, estimator = perceptron(), ControlVariate(rate=1.0)
    state = estimator.init(problem)
    for seed in range(2):
        estimate, state = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(seed))
        kept = flat(state.prediction).clone()
        for tensor in estimate.gradient.values():
            tensor.zero_()
        assert torch.equal(flat(state.prediction), kept)


def test_the_best_rate_needs_a_closed_form_and_a_given_one_does_not() -> None:
    problem = perceptron()
    with pytest.raises(MissingCapability, match="needs closed_form: rate=none has none for directions=block"):
        ControlVariate(directions=OneBlock()).init(problem)
    assert ControlVariate(directions=OneBlock(), rate=0.1).init(problem).rate == 0.1


def test_a_prediction_from_before_does_not_follow_a_loss_times_three() -> None:
    estimator = ControlVariate()
    larger = FunctionObjective(lambda x: 3 * (x**3).sum(), torch.ones(4))
    plain = FunctionObjective(lambda x: (x**3).sum(), torch.ones(4))
    _, state = estimator.estimate(plain, estimator.init(plain), generator=torch.Generator().manual_seed(1))
    one, three = (
        estimator.estimate(loss, state, generator=torch.Generator().manual_seed(2))[0].gradient["x"] for loss in (plain, larger)
    )
    assert not torch.allclose(3 * one, three, rtol=1e-2)


def test_nothing_that_depends_on_the_prediction_is_declared() -> None:
    declared, plain = (e.declaration({"x": (6,)}, None) for e in (ControlVariate(), Directional()))
    assert declared.unbiased
    assert (declared.relative_error, declared.eta, declared.expected, declared.in_span, declared.descends) == (
        None,
        None,
        {},
        False,
        False,
    )
    assert not declared.homogeneous
    assert not declared.linear
    assert (declared.forward_multiple, declared.forward_calls) == (plain.forward_multiple, plain.forward_calls)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [({"k": 0}, "k must be 1"), ({"rate": 0.0}, "rate must be above 0"), ({"rate": 1.5}, "rate must be above 0")],
)
def test_values_out_of_bounds_are_refused(arguments: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ControlVariate(**arguments)
