"""The guess is the gradient of local losses; the estimate is the gradient's projection onto it; the heads learn."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from benchmarks.contract.result import ClauseResult
from benchmarks.harness.flops import operations
from estimators.directional.aggregations.projection import Projection
from estimators.directional.guided import Guided
from estimators.directional.guides.guess import Guess
from estimators.directional.guides.subspace import Subspace
from estimators.exact import Backprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, Objective

pytestmark = pytest.mark.usefixtures("one_thread")


def perceptron(batch: int = 16, widths: tuple[int, int] = (8, 8)) -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    first, second = widths
    layers = [nn.Linear(5, first), nn.Tanh(), nn.Linear(first, second), nn.Tanh(), nn.Linear(second, 3)]
    module = nn.Sequential(*layers).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / parameter.shape[-1] ** 0.5)
    x = torch.randn(batch, 5, generator=generator, dtype=torch.float64)
    return ModuleObjective(module, functional.cross_entropy, (x, torch.arange(batch) % 3))


def flat(tensors: dict[str, Tensor]) -> Tensor:
    return torch.cat([tensor.flatten() for tensor in tensors.values()])


def exact(problem: Objective) -> dict[str, Tensor]:
    return Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient


def guess_by_hand(problem: ModuleObjective, heads: dict[str, Tensor]) -> dict[str, Tensor]:
    """Each layer's own local loss, layer by layer, with plain autograd."""
    found, x = {}, problem.inputs
    for index, layer in enumerate(problem.module):
        y = layer(x.detach())
        if isinstance(layer, nn.Linear):
            prediction = y @ heads[str(index)].T if str(index) in heads else y
            gradients = torch.autograd.grad(functional.cross_entropy(prediction, problem.targets), [layer.weight, layer.bias])
            found |= {f"{index}.weight": gradients[0], f"{index}.bias": gradients[1]}
        x = y
    return found


def broken(results: list[ClauseResult]) -> dict[str, str]:
    return {result.clause: result.observed for result in results if result.verdict is Verdict.FAILED}


def test_the_estimate_is_the_projection_onto_the_local_gradients_written_out() -> None:
    problem, estimator = perceptron(), Guided(Guess(), aggregation=Projection())
    state, g = estimator.init(problem), flat(exact(problem))
    for _ in range(3):
        u = flat(guess_by_hand(problem, state.memory.weights))
        estimate, state = estimator.estimate(problem, state, generator=torch.Generator())
        torch.testing.assert_close(flat(estimate.gradient), (g @ u) / (u @ u) * u)


def test_the_last_layers_guess_is_its_gradient() -> None:
    problem, estimator = perceptron(), Guided(Guess(), aggregation=Projection())
    estimate, _ = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator())
    found, g = estimate.gradient, exact(problem)
    for name in ("4.weight", "4.bias"):
        assert functional.cosine_similarity(found[name].flatten(), g[name].flatten(), dim=0) == pytest.approx(1)


def test_heads_that_learn_make_the_guess_better_and_those_that_do_not_leave_it() -> None:
    problem = perceptron(batch=64, widths=(16, 16))
    g, cosines = flat(exact(problem)), {}
    for rate in (0.0, 0.5):
        estimator = Guided(Guess(rate), aggregation=Projection())
        state, found = estimator.init(problem), []
        for _ in range(60):
            estimate, state = estimator.estimate(problem, state, generator=torch.Generator())
            found.append(float(functional.cosine_similarity(flat(estimate.gradient), g, dim=0)))
        cosines[rate] = found
    assert cosines[0.0][0] == pytest.approx(cosines[0.0][-1])
    assert cosines[0.5][-1] > cosines[0.5][0] + 0.05


def test_further_tangents_are_drawn_and_bring_the_estimate_nearer() -> None:
    problem, estimator = perceptron(), Guided(Guess(rate=0.0), k=20, aggregation=Projection())
    g = flat(exact(problem))
    state = estimator.init(problem)
    alone, _ = Guided(Guess(rate=0.0), aggregation=Projection()).estimate(problem, state, generator=torch.Generator())
    more, _ = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(1))
    assert (flat(more.gradient) - g).norm() < (flat(alone.gradient) - g).norm()
    shapes = {name: tuple(p.shape) for name, p in problem.parameters.items()}
    assert estimator.declaration(shapes, 16).stochastic
    assert not Guided(Guess(), aggregation=Projection()).declaration(shapes, 16).stochastic


@pytest.mark.parametrize("k", [1, 3])
def test_operations_are_as_declared(k: int) -> None:
    problem, estimator = perceptron(batch=32, widths=(48, 64)), Guided(Guess(), k=k, aggregation=Projection())
    shapes = {name: tuple(p.shape) for name, p in problem.parameters.items()}
    with torch.no_grad():
        base = operations(problem.loss)
    state = estimator.init(problem)

    def run() -> None:
        for _ in estimator.estimate(problem, state, generator=torch.Generator().manual_seed(1))[0].items():
            pass

    layers = 5 * 48 + 48 * 64 + 64 * 3
    gram = k * k * (layers + 48 + 64 + 3) / (32 * layers)  # of the projection
    expected = estimator.declaration(shapes, 32).forward_multiple - k * 5 * 48 / layers  # the data have no tangent
    assert operations(run) / base == pytest.approx(expected + gram, rel=0.02)


def test_a_guess_serves_as_surrogate_of_guided_evolution_strategies() -> None:
    problem, estimator = perceptron(), Guided(Subspace(0.0, Guess()))
    found, expected = (
        flat(e.estimate(problem, e.init(problem), generator=torch.Generator())[0].gradient) for e in (estimator, Guided(Guess()))
    )
    assert abs(functional.cosine_similarity(found, expected, dim=0)) == pytest.approx(1)
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    declared = estimator.declaration(shapes, 16)
    assert (declared.stochastic, declared.records_tape, "sites" in declared.needs) == (True, True, True)
    assert not declared.homogeneous
    assert not broken(check_estimator(estimator))


def test_a_function_has_no_layers_to_guess_from() -> None:
    problem = FunctionObjective(lambda x: x.sum(), torch.ones(3))
    with pytest.raises(MissingCapability, match="needs sites"):
        Guided(Guess()).init(problem)


@pytest.mark.parametrize(("arguments", "words"), [({"rate": -0.1}, "rate must be 0 or more"), ({"seed": -1}, "seed must be 0")])
def test_values_out_of_bounds_are_refused(arguments: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Guess(**arguments)
