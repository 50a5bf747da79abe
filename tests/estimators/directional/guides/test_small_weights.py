"""Only the smallest weights of every tensor are perturbed, at the point of the call; the mean is the gradient on them."""

import pytest
import torch
from torch import nn
from torch.nn import functional

from estimators import theory
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.directional.guided import Guided
from estimators.directional.guides.small_weights import SmallWeights
from estimators.exact import Backprop
from estimators.objective import ModuleObjective

pytestmark = pytest.mark.usefixtures("one_thread")


def linear_model() -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    module = nn.Linear(4, 2).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64))
    x, y = (
        torch.randn(5, 4, generator=generator, dtype=torch.float64),
        torch.randn(5, 2, generator=generator, dtype=torch.float64),
    )
    return ModuleObjective(module, functional.mse_loss, (x, y))


def mask(problem: ModuleObjective, density: float) -> dict[str, torch.Tensor]:
    """Whether fewer than the share of entries of its tensor are smaller, entry by entry."""
    found = {}
    for name, parameter in problem.parameters.items():
        sizes = parameter.detach().abs().flatten()
        smaller = torch.tensor([int((sizes < size).sum()) for size in sizes])
        found[name] = (smaller < max(1, round(density * len(sizes)))).view(parameter.shape)
    return found


@pytest.mark.parametrize("density", [0.01, 0.25, 0.6])
def test_tangents_are_the_other_laws_on_the_smallest_entries_of_every_tensor_and_zero_elsewhere(density: float) -> None:
    problem = linear_model()
    estimator = Guided(SmallWeights(density), k=3, directions=Rademacher())
    _, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(3))
    for name, kept in mask(problem, density).items():
        assert torch.equal(estimator.tangents(state)[name].abs(), kept.double().expand(3, *kept.shape))


def test_the_mask_follows_the_weights() -> None:
    problem, generator = linear_model(), torch.Generator().manual_seed(3)
    estimator = Guided(SmallWeights(0.125), directions=Rademacher())
    _, state = estimator.estimate(problem, estimator.init(problem), generator=generator)
    smallest = problem.parameters["weight"].detach().abs().argmin()
    with torch.no_grad():
        problem.parameters["weight"].view(-1)[smallest] = 100.0
    _, after = estimator.estimate(problem, state, generator=generator)
    assert estimator.tangents(state)["weight"].flatten()[smallest] != 0
    assert estimator.tangents(after)["weight"].flatten()[smallest] == 0


def test_the_mean_is_the_gradient_on_the_kept_entries_with_the_error_of_their_number() -> None:
    problem, draws = linear_model(), 1000
    estimator, generator = Guided(SmallWeights(0.5), derivative=Simulated()), torch.Generator().manual_seed(1)
    g = torch.cat([t.flatten() for t in Backprop().estimate(problem, None, generator=torch.Generator())[0].gradient.values()])
    kept = torch.cat([m.flatten() for m in mask(problem, 0.5).values()])
    state, rows = estimator.init(problem), []
    for _ in range(draws):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        rows.append(torch.cat([t.flatten() for t in estimate.gradient.values()]))
    E = torch.stack(rows)
    assert ((E.mean(0) - g * kept).abs() <= 4.5 * E.std(0) / draws**0.5 + 1e-12).all()
    share = float((g * kept).square().sum() / g.square().sum())
    errors = (E - g).square().sum(1) / g.square().sum()
    claimed = theory.in_subspace("gaussian", "mean", int(kept.sum()), 1, share).relative_error
    assert abs(errors.mean() - claimed) <= 4.5 * errors.std() / draws**0.5


def test_full_density_is_the_plain_estimate_and_declared_as_it_and_any_other_is_declared_biased() -> None:
    problem, generators = linear_model(), [torch.Generator().manual_seed(3) for _ in range(2)]
    full, plain = Guided(SmallWeights(1.0)), Directional()
    found, expected = (
        e.estimate(problem, e.init(problem), generator=g)[0].gradient for e, g in zip((full, plain), generators, strict=True)
    )
    assert all(torch.equal(found[name], tensor) for name, tensor in expected.items())
    shapes = {name: tuple(p.shape) for name, p in problem.parameters.items()}
    assert full.declaration(shapes, 5) == plain.declaration(shapes, 5)
    assert not Guided(SmallWeights(0.5)).declaration(shapes, 5).unbiased


@pytest.mark.parametrize("density", [0.0, 1.5, float("nan")])
def test_the_density_must_be_a_share(density: float) -> None:
    with pytest.raises(ValueError, match="density must be above 0 and at most 1"):
        SmallWeights(density)
