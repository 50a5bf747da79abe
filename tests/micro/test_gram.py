"""The Gram matrix of k tangents, in chunks and by block, beside one product of the joined matrix in float64."""

import pytest
import torch

from estimators.directional.aggregations.projection import gram_matrix
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.streams import Keyed

pytestmark = pytest.mark.micro


def naive(tangents):
    joined = torch.cat([block.flatten(1) for block in tangents.values()], dim=1).double()
    return joined @ joined.T


@pytest.mark.parametrize("k", [4, 16])
@pytest.mark.parametrize("form", [gram_matrix, naive])
def test_gram(benchmark, form, k, layout):
    benchmark.group = f"Gram k={k}"
    tangents = Gaussian().draw(layout, range(k), Keyed(1))
    torch.testing.assert_close(benchmark(lambda: form(tangents)), naive(tangents), rtol=1e-4, atol=1e-2)
