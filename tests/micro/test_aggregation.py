"""Forming an estimate from k derivatives: the mean, and the projection by a Gram matrix, beside loops and a QR factorisation."""

import pytest
import torch

from estimators.directional.aggregations.mean import Mean
from estimators.directional.aggregations.projection import Projection
from estimators.directional.combination import LinearCombination
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.streams import Keyed
from estimators.directional.workspace import Workspace

pytestmark = pytest.mark.micro
AGGREGATIONS = {"mean": Mean(), "projection": Projection()}


def looped_mean(tangents, derivatives):
    estimate = {name: torch.zeros_like(rows[0]) for name, rows in tangents.items()}
    for i, derivative in enumerate(derivatives):
        for name, rows in tangents.items():
            estimate[name] = estimate[name] + derivative * rows[i] / len(derivatives)
    return torch.cat([tensor.flatten() for tensor in estimate.values()])


def projection_by_qr(tangents, derivatives):
    joined = torch.cat([rows.flatten(1) for rows in tangents.values()], dim=1)
    q, r = torch.linalg.qr(joined.T)
    return q @ torch.linalg.solve_triangular(r.T, derivatives.unsqueeze(1), upper=False).squeeze(1)


ORACLES = {"mean": looped_mean, "projection": projection_by_qr}


def ours(aggregation, layout, workspace, tangents, derivatives):
    coefficients = aggregation.coefficients(tangents, derivatives)
    combination = LinearCombination(torch.zeros(()), layout, dict(tangents), coefficients, workspace)
    return [tensor for _, tensor in combination.items()]


@pytest.mark.parametrize("k", [4, 16])
@pytest.mark.parametrize("name", AGGREGATIONS)
def test_aggregation(benchmark, name, k, layout):
    benchmark.group = f"aggregation {name} k={k}"
    tangents, derivatives = (
        Gaussian().draw(layout, range(k), Keyed(1)),
        torch.randn(k, generator=torch.Generator().manual_seed(1)),
    )
    workspace = Workspace(k)
    estimate = benchmark(lambda: ours(AGGREGATIONS[name], layout, workspace, tangents, derivatives))
    flat = torch.cat([tensor.flatten() for tensor in estimate])
    expected = ORACLES[name](tangents, derivatives)
    assert float((flat - expected).norm() / expected.norm()) < 1e-4


@pytest.mark.parametrize("k", [4, 16])
@pytest.mark.parametrize("name", AGGREGATIONS)
def test_naive_aggregation(benchmark, name, k, layout):
    benchmark.group = f"aggregation {name} k={k}"
    tangents, derivatives = (
        Gaussian().draw(layout, range(k), Keyed(1)),
        torch.randn(k, generator=torch.Generator().manual_seed(1)),
    )
    assert bool(torch.isfinite(benchmark(lambda: ORACLES[name](tangents, derivatives))).all())
