"""Tangents on one block: what comes before the block runs without tangents, and only the block is drawn."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.flops import operations
from estimators.estimator import Estimate, Estimator
from estimators.objective import ModuleObjective, Objective
from estimators.registry import ESTIMATORS
from tests.awkward_models import WORKING, objective

PAIRS = {"forward-gradient": "forward-gradient", "lazy-forward-gradient": "forward-gradient", "mezo": "rdsa"}
"""Estimator -> the same from tangents that are held with their zeros, see `pair`."""

FORWARD = [name for name, held in PAIRS.items() if held == "forward-gradient"]
LAYERS, WIDTH, BATCH, SEEDS = 4, 8, 3, range(50)

pytestmark = pytest.mark.usefixtures("one_thread")


def pair(name: str, k: int) -> tuple[Estimator, Estimator]:
    """Without zeros, and with them: with derivatives from a backward pass where they are exact."""
    found, expected = (ESTIMATORS.build(f"{each}[k={k},directions=block]") for each in (name, PAIRS[name]))
    return found, expected.simulated() or expected


def estimate(estimator: Estimator, problem: Objective, seed: int) -> tuple[Estimate, dict[str, Tensor]]:
    found, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(seed))
    return found, dict(estimator.tangents(state))


def perceptron() -> ModuleObjective:
    torch.manual_seed(0)
    layers = [part for _ in range(LAYERS) for part in (nn.Linear(WIDTH, WIDTH), nn.Tanh())]
    x, y = torch.randn((2, BATCH, WIDTH), dtype=torch.float64)
    return ModuleObjective(nn.Sequential(*layers).double(), functional.mse_loss, (x, y))


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("name", PAIRS)
def test_estimates_are_those_of_tangents_that_are_held(name: str, k: int) -> None:
    lazy, held = pair(name, k)
    problem, moved = perceptron(), set()
    for seed in SEEDS:
        found, tangents = estimate(lazy, problem, seed)
        expected, same = estimate(held, problem, seed)
        moved |= {block for block, rows in tangents.items() if rows.any()}
        assert all(torch.equal(tangents[block], rows) for block, rows in same.items())
        for block, tensor in found.items():
            torch.testing.assert_close(tensor, expected.gradient[block], rtol=1e-6, atol=1e-9)
    assert moved == set(problem.parameters)


@pytest.mark.parametrize(("name", "k"), [("forward-gradient", 1), ("lazy-forward-gradient", 2)])
@pytest.mark.parametrize("kind", WORKING)
def test_awkward_models_are_no_exception(kind: str, name: str, k: int) -> None:
    lazy, held = pair(name, k)
    for seed in range(3):
        found, expected = (estimate(each, objective(kind), seed)[0].gradient for each in (lazy, held))
        for block, tensor in found.items():
            torch.testing.assert_close(tensor, expected[block], rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("name", FORWARD)
def test_a_tangent_costs_its_own_product_and_those_behind_it(name: str) -> None:
    problem, estimator, counts = perceptron(), ESTIMATORS.build(f"{name}[directions=block]"), set()
    for seed in SEEDS:
        held: list[dict[str, Tensor]] = []
        found = operations(lambda seed=seed, held=held: held.append(estimate(estimator, problem, seed)[1]))  # type: ignore[misc]
        (block,) = (name for name, rows in held[0].items() if rows.any())
        layer, kind = int(block.split(".")[0]) // 2, block.split(".")[1]
        products = LAYERS + (LAYERS - 1 - layer) + (kind == "weight")
        assert found == products * 2 * BATCH * WIDTH**2, block
        counts.add(products)
    assert counts == {LAYERS + extra for extra in range(LAYERS + 1)}


def test_the_cost_of_a_tangent_on_one_block_is_not_declared_for_it_depends_on_the_block() -> None:
    shapes = {"w": (3, 4), "b": (3,)}
    for name in FORWARD:
        assert ESTIMATORS.build(f"{name}[directions=block]").declaration(shapes, 8).forward_multiple is None
    assert ESTIMATORS.build("mezo[directions=block]").declaration(shapes, 8).forward_multiple == 2
