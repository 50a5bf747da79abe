"""Perturbations of low rank that are never formed give the estimates of those that are, and take as much as is declared."""

from itertools import pairwise

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from benchmarks.harness.flops import operations
from estimators.directional.directions.low_rank import LowRank
from estimators.directional.estimator import Directional
from estimators.directional.factored import products
from estimators.directional.lazy import LazyForwardGradient
from estimators.directional.mezo import Mezo
from estimators.directional.space import Block
from estimators.directional.streams import Keyed
from estimators.estimator import Estimate, Estimator, Factors
from estimators.objective import ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import WORKING, objective

PAIRS = {
    "forward-gradient[k={k},directions=low-rank[rank={r}]]": "forward-gradient[k={k},directions=low-rank[rank={r}]]",
    "lazy-forward-gradient[k={k},directions=low-rank[rank={r}]]": "forward-gradient[k={k},directions=low-rank[rank={r}]]",
    "mezo[k={k},directions=low-rank[rank={r}]]": "rdsa[k={k},directions=low-rank[rank={r}]]",
}
"""From factors -> the same from tangents that are formed and held, see `pair`."""


def pair(spec: str, k: int, r: int) -> tuple[Estimator, Estimator]:
    """From factors, and from tangents that are formed: with derivatives from a backward pass where they are exact."""
    found, expected = (ESTIMATORS.build(text.format(k=k, r=r)) for text in (spec, PAIRS[spec]))
    return found, expected.simulated() or expected


def estimate(estimator: Estimator, problem: Objective) -> Estimate:
    return estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(7))[0]


def perceptron(*widths: int, batch: int = 4, bias: bool = True, extra: tuple[int, ...] = ()) -> ModuleObjective:
    generator = torch.Generator().manual_seed(1)
    layers = [nn.Linear(a, b, bias=bias) for a, b in pairwise(widths)]
    module = nn.Sequential(*[part for layer in layers for part in (layer, nn.Tanh())]).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(torch.randn(parameter.shape, generator=generator, dtype=torch.float64) / parameter.shape[-1] ** 0.5)
    shapes = (batch, *extra, widths[0]), (batch, *extra, widths[-1])
    x, y = (torch.randn(shape, generator=generator, dtype=torch.float64) for shape in shapes)
    return ModuleObjective(module, functional.mse_loss, (x, y))


def agree(found: Estimate, expected: Estimate) -> None:
    torch.testing.assert_close(found.loss, expected.loss)
    for name, tensor in expected.items():
        torch.testing.assert_close(found.gradient[name], tensor, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(("k", "r"), [(1, 1), (1, 2), (3, 2), (1, 9)])
@pytest.mark.parametrize("spec", PAIRS)
def test_estimates_are_those_of_tangents_that_are_formed(spec: str, k: int, r: int) -> None:
    found, expected = pair(spec, k, r)
    for problem in (perceptron(5, 6, 7, 3), perceptron(5, 6, 3, bias=False), perceptron(6, 5, 4, extra=(2, 3))):
        agree(estimate(found, problem), estimate(expected, problem))


@pytest.mark.parametrize("kind", WORKING)
@pytest.mark.parametrize("spec", PAIRS)
def test_awkward_models_are_no_exception(spec: str, kind: str) -> None:
    found, expected = (estimate(estimator, objective(kind)) for estimator in pair(spec, 1, 1))
    agree(found, expected)


def test_factors_are_those_of_the_law_and_only_where_they_have_fewer_numbers() -> None:
    for shape, rank, thin in (((6, 7), 3, 3), ((6, 6), 3, 0), ((4,), 1, 0), ((), 1, 0), ((3, 2, 4), 2, 2), ((1, 5), 1, 0)):
        block, law = Block("w", shape, torch.float64, torch.device("cpu")), LowRank(rank)
        assert law.thin(block) == thin
        if thin:
            left, right = law.factors(block, range(2), Keyed(3))
            assert left.shape[2] == right.shape[2] == rank
            torch.testing.assert_close((left @ right.mT).view(2, *shape), law.draw((block,), range(2), Keyed(3))["w"])
        else:
            with pytest.raises(ValueError, match="'low-rank' are no products of factors at 'w'"):
                law.factors(block, [0], Keyed(3))


@pytest.mark.parametrize(
    "estimator",
    [
        Directional(directions=LowRank(2)),
        LazyForwardGradient(k=3, directions=LowRank(2)),
        Mezo(k=3, directions=LowRank(2)),
    ],
    ids=str,
)
def test_an_estimate_is_handed_on_as_factors_and_their_products_are_its_tensors(estimator: Estimator) -> None:
    problem = perceptron(9, 8, 7)
    found, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(7))
    k = len(dict(estimator.tangents(state))["0.bias"])
    handed = dict(found.factors())
    assert {name: isinstance(each, Factors) for name, each in handed.items()} == {
        "0.weight": True,
        "0.bias": False,
        "2.weight": True,
        "2.bias": False,
    }
    for name, tensor in found.items():
        each = handed[name]
        torch.testing.assert_close(each.product(tuple(tensor.shape)) if isinstance(each, Factors) else each, tensor)
    assert handed["0.weight"].left.shape == (8, 2 * k)
    assert handed["0.weight"].right.shape == (9, 2 * k)


def test_estimates_without_factors_hand_on_their_tensors() -> None:
    found = estimate(ESTIMATORS.build("forward-gradient"), perceptron(3, 2))
    assert all(isinstance(each, Tensor) for _, each in found.factors())


@pytest.mark.parametrize(("spec", "k"), [(spec, 1 if spec.startswith("forward") else 2) for spec in PAIRS])
def test_operations_are_as_declared(spec: str, k: int) -> None:
    estimator, problem = ESTIMATORS.build(spec.format(k=k, r=3)), perceptron(32, 32, 32, 32, 32, 32)
    shapes = {name: tuple(parameter.shape) for name, parameter in problem.parameters.items()}
    with torch.no_grad():
        base = operations(problem.loss)
    found = operations(lambda: estimate(estimator, problem)) / base
    assert found == pytest.approx(estimator.declaration(shapes, 4).forward_multiple)
    assert products(LowRank(3), shapes) == (6 / 32, 0.0)
    assert products(LowRank(99), shapes) == (0.0, 1.0)
    assert estimator.declaration({**shapes, "kernel": (8, 8, 3, 3)}, 4).forward_multiple is None


def test_one_tangent_that_is_held_costs_what_a_lazily_drawn_one_costs() -> None:
    problem, specs = perceptron(32, 48, 16, batch=8), [spec for spec in PAIRS if "forward-gradient" in spec]
    counts = {operations(lambda spec=spec: estimate(pair(spec, 1, 2)[0], problem)) for spec in specs}  # type: ignore[misc]
    assert counts == {2 * 8 * (32 * 48 + 2 * 48 * 16 + 2 * (32 + 48 + 48 + 16))}  # data carry no tangent


@pytest.mark.parametrize("spec", PAIRS)
def test_no_matrix_is_formed_before_somebody_asks_for_it(spec: str) -> None:
    problem, estimator = perceptron(256, 256, 256, batch=2), ESTIMATORS.build(spec.format(k=1, r=1))

    def run() -> None:
        for pair in estimate(estimator, problem).factors():
            del pair

    run()
    assert tracked(run).peak < 8 * 256 * 256 / 10
