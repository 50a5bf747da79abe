"""A ReLU that saves its signs has its own gradient, bit by bit, and saves a bit an entry."""

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from estimators.approximate.signs import SIGNS, packed, unpacked
from estimators.directional.derivatives.treatments import Treated

WAYS = {
    "functional": functional.relu,
    "functional, in place": lambda x: functional.relu(x, inplace=True),
    "torch": torch.relu,
    "torch, in place": torch.relu_,
    "method": lambda x: x.relu(),
    "method, in place": lambda x: x.relu_(),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (8,), (3, 11), (2, 0, 4), (2, 3, 4, 5)])
def test_signs_come_back_as_ones_and_zeros(shape: tuple[int, ...], dtype: torch.dtype) -> None:
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype)
    bits = packed(x)
    assert bits.octets.nbytes == -(-x.numel() // 8)
    torch.testing.assert_close(unpacked(bits), (x > 0).to(dtype), rtol=0, atol=0)


def test_zeros_are_not_positive_and_what_is_no_number_passes_as_in_torch() -> None:
    x = torch.tensor([0.0, -0.0, float("inf"), -float("inf"), float("nan"), 1e-45])
    assert unpacked(packed(x)).tolist() == [0, 0, 1, 0, 1, 1]


def test_every_pattern_of_eight_is_its_own() -> None:
    patterns = (torch.arange(256)[:, None] >> torch.arange(8) & 1).float()
    assert torch.equal(unpacked(packed(patterns)), patterns)


@pytest.mark.parametrize("way", WAYS)
def test_the_gradient_is_that_of_torch_bit_by_bit(way: str) -> None:
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(0), requires_grad=True)
    direction = torch.randn(6, 5, generator=torch.Generator().manual_seed(1)).T

    def gradient() -> Tensor:
        return torch.autograd.grad((WAYS[way](x * 1) * direction).sum(), x)[0]

    expected = gradient()
    with Treated(SIGNS):
        assert torch.equal(gradient(), expected)


@pytest.mark.parametrize("way", WAYS)
def test_no_more_is_saved_than_a_bit_an_entry(way: str) -> None:
    x = torch.randn(64, 32, requires_grad=True)

    def work() -> Tensor:
        with Treated(SIGNS):
            return WAYS[way](x * 1).sum()

    assert tracked(work).kept == 64 * 32 // 8 + 4
