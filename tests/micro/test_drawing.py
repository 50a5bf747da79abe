"""Drawing k tangents of a perceptron, beside drawing the whole matrix by torch's plain calls."""

import pytest
import torch

from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.space import dimension
from estimators.directional.streams import Keyed

pytestmark = pytest.mark.micro
PLAIN = {
    "gaussian": lambda k, n: torch.randn(k, n),
    "rademacher": lambda k, n: (torch.randint(0, 2, (k, n)) * 2 - 1).float(),
}
LAWS = {"gaussian": Gaussian(), "rademacher": Rademacher()}


@pytest.mark.parametrize("k", [1, 16])
@pytest.mark.parametrize("law", LAWS)
def test_drawing_a_keyed_stream(benchmark, law, k, layout):
    benchmark.group = f"drawing {law} k={k}"
    tangents = benchmark(lambda: LAWS[law].draw(layout, range(k), Keyed(1)))
    rows = torch.cat([block.flatten(1) for block in tangents.values()], dim=1)
    assert rows.shape == (k, dimension(layout))
    assert abs(float(rows.mean())) < 5 / rows.numel() ** 0.5
    assert float(rows.square().mean()) == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("k", [1, 16])
@pytest.mark.parametrize("law", LAWS)
def test_drawing_the_plain_way(benchmark, law, k, layout):
    benchmark.group = f"drawing {law} k={k}"
    rows = benchmark(lambda: PLAIN[law](k, dimension(layout)))
    assert rows.shape == (k, dimension(layout))
