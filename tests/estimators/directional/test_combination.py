"""A combination is formed once, in whatever order and however far its blocks are read, in the dtypes of the blocks."""

import pytest
import torch
from torch import Tensor

from estimators.directional.combination import LinearCombination
from estimators.directional.space import Block, Layout, Tangents
from estimators.directional.workspace import Workspace

CPU = torch.device("cpu")
LAYOUT: Layout = (
    Block("matrix", (3, 4), torch.float32, CPU),
    Block("scalar", (), torch.float64, CPU),
    Block("empty", (0, 2), torch.float32, CPU),
    Block("narrow", (5,), torch.bfloat16, CPU),
)


def drawn(k: int) -> Tangents:
    generator = torch.Generator().manual_seed(k)
    return {block.name: torch.randn(k, *block.shape, generator=generator).to(block.dtype) for block in LAYOUT}


def expected(k: int, coefficients: Tensor) -> dict[str, Tensor]:
    """In float64."""
    return {name: torch.tensordot(coefficients.double(), rows.double(), 1) for name, rows in drawn(k).items()}


@pytest.mark.parametrize("k", [1, 3])
def test_every_block_is_the_sum_in_its_own_dtype_however_often_it_is_read(k: int) -> None:
    coefficients = torch.tensor([0.5, -2.0, 1.25])[:k]
    combination = LinearCombination(torch.tensor(0.0), LAYOUT, drawn(k), coefficients, Workspace(k))
    first = next(iter(combination.items()))  # and no further
    found = dict(combination.items())
    again = dict(combination.items())
    assert first[1] is found["matrix"]
    for block in LAYOUT:
        assert again[block.name] is found[block.name]
        assert (found[block.name].dtype, tuple(found[block.name].shape)) == (block.dtype, block.shape)
        exact = expected(k, coefficients)[block.name]
        torch.testing.assert_close(
            found[block.name], exact.to(block.dtype), rtol=2.0**-6 if block.name == "narrow" else 1e-6, atol=1e-6
        )
    assert not combination.tangents
