"""A guided estimator is the directional one along the tangents that its guide chooses, and no state is changed by using it."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from estimators.directional.aggregations.mean import Mean
from estimators.directional.aggregations.projection import Projection
from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.guided import Guided
from estimators.directional.guides import Guide
from estimators.directional.guides.guess import Guess
from estimators.directional.guides.inputs import Inputs
from estimators.directional.guides.momentum import Momentum
from estimators.directional.guides.past import Past
from estimators.directional.guides.small_weights import SmallWeights
from estimators.directional.guides.subspace import Subspace
from estimators.exact import Backprop
from estimators.objective import ModuleObjective
from tests.awkward_models import WORKING
from tests.awkward_models import objective as awkward

pytestmark = pytest.mark.usefixtures("one_thread")

GUIDES = [
    Momentum(),
    Momentum(0.0),
    Past(1),
    Subspace(),
    Subspace(0.0, Past(2)),
    Subspace(0.3, Guess()),
    Guess(),
    Inputs(),
    SmallWeights(),
]


class Awkward(nn.Module):
    """Tied weights, a frozen bias, two tensors of one shape, a scalar, statistics that every pass changes."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.c, self.norm = nn.Linear(5, 5), nn.Linear(5, 5), nn.Linear(5, 5), nn.BatchNorm1d(5)
        self.b.weight = self.a.weight
        self.b.bias.requires_grad_(False)
        self.temperature = nn.Parameter(torch.ones(()))

    def forward(self, x: Tensor) -> Tensor:
        return self.temperature * self.c(self.norm(self.b(self.a(x).tanh())).tanh())


def objective() -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = Awkward().double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / 2)
    x = torch.randn(3, 5, generator=generator, dtype=torch.float64)
    return ModuleObjective(module, functional.cross_entropy, (x, torch.tensor([0, 1, 2])))


def flat(tensors: dict[str, Tensor], rows: bool = False) -> Tensor:
    return torch.cat([t.reshape(len(t), -1) if rows else t.flatten() for t in tensors.values()], dim=1 if rows else 0)


@pytest.mark.parametrize("derivative", [Jvp(), CentralDifference(1e-5)], ids=lambda d: type(d).__name__)
@pytest.mark.parametrize("aggregation", [Mean(), Projection()], ids=lambda a: a.law)
@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_every_call_is_the_formula_along_its_own_tangents(guide: Guide, aggregation, derivative) -> None:
    problem, generator = objective(), torch.Generator().manual_seed(3)
    estimator = Guided(guide, k=3, derivative=derivative, aggregation=aggregation)
    g = flat(Backprop().estimate(problem, None, generator=generator)[0].gradient)
    state = estimator.init(problem)
    for _ in range(3):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        V = flat(estimator.tangents(state), rows=True)
        expected = V.T @ (V @ g) / 3 if isinstance(aggregation, Mean) else torch.linalg.pinv(V) @ (V @ g)
        torch.testing.assert_close(flat(estimate.gradient), expected, rtol=0, atol=1e-6 * float(1 + expected.norm()))


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_the_same_state_and_seed_give_the_same_estimate_after_others_were_taken_from_it(guide: Guide) -> None:
    problem, estimator = objective(), Guided(guide, k=2)
    _, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(1))

    def again() -> tuple[Tensor, object]:
        estimate, after = estimator.estimate(problem, state, generator=torch.Generator().manual_seed(2))
        return flat(estimate.gradient).clone(), after

    first, after = again()
    for seed in range(3):
        _, after = estimator.estimate(problem, after, generator=torch.Generator().manual_seed(seed))
    assert torch.equal(again()[0], first)


@pytest.mark.parametrize("guide", GUIDES, ids=str)
def test_simulated_derivatives_are_the_real_ones_call_by_call(guide: Guide) -> None:
    problem, real = objective(), Guided(guide, k=2, aggregation=Projection())
    states, generators = [real.init(problem)] * 2, [torch.Generator().manual_seed(3) for _ in range(2)]
    for _ in range(3):
        found = []
        for index, estimator in enumerate((real, real.simulated())):
            estimate, states[index] = estimator.estimate(problem, states[index], generator=generators[index])
            found.append(flat(estimate.gradient))
        torch.testing.assert_close(found[1], found[0])


def test_only_exact_derivatives_can_be_simulated_and_only_differences_have_a_step() -> None:
    exact, difference = Guided(Subspace()), Guided(Subspace(), derivative=CentralDifference(0.1))
    assert (exact.with_step(2.0), difference.simulated()) == (None, None)
    assert difference.with_step(2.0) == Guided(Subspace(), derivative=CentralDifference(0.2))


def test_tangents_before_any_estimate_are_refused() -> None:
    problem = objective()
    with pytest.raises(ValueError, match="pass the state that estimate returned"):
        Guided(Subspace()).tangents(Guided(Subspace()).init(problem))


def test_at_least_one_tangent_is_asked_for() -> None:
    with pytest.raises(ValueError, match="k must be 1 or more"):
        Guided(Subspace(), k=0)


@pytest.mark.parametrize("kind", WORKING)
def test_awkward_models_are_estimated_call_after_call(kind: str) -> None:
    problem = awkward(kind)
    for guide in (Momentum(), Guess(), Inputs(), SmallWeights(0.5)):
        estimator, generator = Guided(guide, k=2, aggregation=Projection()), torch.Generator().manual_seed(1)
        state = estimator.init(problem)
        for _ in range(2):
            estimate, state = estimator.estimate(problem, state, generator=generator)
            assert all(
                tensor.isfinite().all() and tensor.shape == problem.parameters[name].shape for name, tensor in estimate.items()
            )
