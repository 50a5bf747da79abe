"""Every combination of registered parts runs on every registered problem: what the tables gain joins by itself.

The formulas themselves are held to in `tests/estimators/directional/test_estimator.py`; here forward mode must agree with the dot
product with backprop's gradient, and all others must give finite tensors of the parameters' shapes and dtypes.
"""

import itertools
from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import Tensor

from benchmarks.problems.problem import build_problem
from benchmarks.problems.registry import PROBLEMS
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.directions.given import Given
from estimators.directional.estimator import Directional
from estimators.objective import FunctionObjective, MissingCapability, Objective
from estimators.registry import ESTIMATORS, PARTS

SMALL = {
    "batch": 2,
    "channels": 1,
    "depth": 1,
    "dim": 4,
    "heads": 1,
    "length": 3,
    "mlp": 4,
    "n": 6,
    "patch": 4,
    "vocabulary": 5,
    "width": 2,
}
"""Sizes at which a problem is still what its name says, for whichever of these parameters it has."""

LACKING = {"resnet18": "per_sample_loss", "recurrent": "sites"}
"""What a derivative for each sample lacks: samples that do not interact; a row for each of them in the states of the cells."""

pytestmark = pytest.mark.usefixtures("one_thread")


def small(problem: str) -> str:
    parameters = PROBLEMS.entries[problem].parameters
    return f"{problem}[{','.join(f'{name}={size}' for name, size in SMALL.items() if name in parameters)}]"


def estimators(derivative: str, n: int) -> Iterator[tuple[tuple[str, str], Directional]]:
    """All estimators of two tangents with this derivative, by their directions and aggregation."""
    generator = torch.Generator().manual_seed(0)
    given = Given(tuple(map(tuple, torch.randn((2, n), generator=generator).tolist())))
    for directions, aggregation in itertools.product(PARTS["directions"], PARTS["aggregation"]):
        drawn = "basis" if directions == "given" else directions
        spec = f"forward-gradient[k=2,directions={drawn},derivative={derivative},aggregation={aggregation}]"
        estimator = ESTIMATORS.build(spec)
        yield (directions, aggregation), replace(estimator, directions=given) if directions == "given" else estimator


def estimate(estimator: Directional, objective: Objective) -> Tensor:
    found, _ = estimator.estimate(objective, estimator.init(objective), generator=torch.Generator().manual_seed(3))
    tensors = found.gradient
    expected = {name: (p.shape, p.dtype) for name, p in objective.parameters.items()}
    assert {name: (t.shape, t.dtype) for name, t in tensors.items()} == expected
    vector = torch.cat([tensor.flatten() for tensor in tensors.values()])
    assert vector.isfinite().all()
    assert found.loss.isfinite()
    return vector


@pytest.mark.parametrize("derivative", [name for name in PARTS["derivative"] if name != "simulated"])
@pytest.mark.parametrize("problem", PROBLEMS.entries)
def test_every_direction_and_aggregation_runs_on_every_problem(problem: str, derivative: str) -> None:
    objective = build_problem(small(problem)).objective
    for parts, estimator in estimators(derivative, objective.coordinates()):
        found = estimate(estimator, objective)
        if estimator.derivative.exact:
            exact = estimate(estimator.simulated(), objective)
            assert (found - exact).norm() <= 1e-3 * exact.norm() + 1e-6, parts


@pytest.mark.parametrize("space", [name for name in PARTS["space"] if name != "weights"])
@pytest.mark.parametrize("problem", PROBLEMS.entries)
def test_every_space_takes_all_directions_and_aggregations_or_names_what_the_problem_lacks(problem: str, space: str) -> None:
    objective, here = build_problem(small(problem)).objective, ESTIMATORS.build(f"forward-gradient[space={space}]").space
    lacking = "sites" if isinstance(objective, FunctionObjective) else LACKING.get(problem) if space != "activations" else None
    if lacking:
        with pytest.raises(MissingCapability, match=f"needs {lacking}"):
            here.layout(objective)
        return
    for (directions, aggregation), estimator in estimators("jvp", 1):
        if directions != "given" and (aggregation == "projection" or directions == "gaussian"):
            found = estimate(replace(estimator, space=here), objective)
            simulated = estimate(replace(estimator, space=here, derivative=Simulated()), objective)
            assert (found - simulated).norm() <= 1e-3 * simulated.norm() + 1e-6, (directions, aggregation)


@pytest.mark.parametrize("problem", PROBLEMS.entries)
def test_problems_are_small_enough_for_the_matrix(problem: str) -> None:
    assert build_problem(small(problem)).objective.coordinates() < 12_000  # else a parameter is missing from SMALL
