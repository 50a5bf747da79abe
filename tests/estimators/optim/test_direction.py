"""Thin factors are added and measured as their product would be, without ever being multiplied out."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some

from benchmarks.harness.allocations import profiled
from estimators.estimator import Factors
from estimators.optim.direction import add, norm


def factors(rows: int, columns: int, rank: int, dtype: torch.dtype = torch.float64) -> Factors:
    generator = torch.Generator().manual_seed(rows * 100 + columns * 10 + rank)
    return Factors(*(torch.randn((size, rank), generator=generator, dtype=dtype) for size in (rows, columns)))


@settings(deadline=None, max_examples=25)
@given(rows=some.integers(1, 6), columns=some.integers(1, 6), rank=some.integers(1, 4), scale=some.floats(-3, 3))
def test_factors_are_their_product(rows: int, columns: int, rank: int, scale: float) -> None:
    part = factors(rows, columns, rank)
    product = part.left @ part.right.mT
    torch.testing.assert_close(norm(part), product.norm())
    for factor in (scale, torch.tensor(scale, dtype=torch.float64)):
        target = torch.ones((rows, columns), dtype=torch.float64)
        add(target, part, factor)
        torch.testing.assert_close(target, 1 + scale * product)


@pytest.mark.parametrize("scale", [0.5, torch.tensor(0.5)], ids=["number", "tensor"])
def test_convolutions_and_targets_laid_out_otherwise_get_the_product_in_their_shape(scale: float | torch.Tensor) -> None:
    part = factors(4, 3 * 2 * 2, 2, torch.float32)
    expected = 0.5 * (part.left @ part.right.mT).view(4, 3, 2, 2)
    for target in (torch.zeros(4, 3, 2, 2), torch.zeros(4, 3, 2, 2).to(memory_format=torch.channels_last)):
        add(target, part, scale)
        torch.testing.assert_close(target, expected)


def test_the_norm_of_16_bits_is_summed_in_32() -> None:
    assert norm(torch.full((4096,), 0.1, dtype=torch.bfloat16)).item() == pytest.approx(6.4, rel=2e-3)
    assert norm(factors(300, 200, 1, torch.float16)).dtype == torch.float32


def test_an_update_of_low_rank_takes_the_bytes_of_its_factors() -> None:
    target, part = torch.zeros(512, 256), factors(512, 256, 2, torch.float32)
    assert profiled(lambda: add(target, part, -0.1)).peak <= 2 * part.left.nbytes
    assert profiled(lambda: norm(part)).peak <= 1024
