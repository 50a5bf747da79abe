"""Max-pooling that saves places has its own gradient, bit by bit, and saves four bytes a maximum."""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.harness.allocations import tracked
from estimators.approximate.pooling import POOLS
from estimators.directional.derivatives.treatments import Treated

FORMS: dict[str, tuple[Callable[[Tensor], Tensor], tuple[int, ...]]] = {
    "1 dimension": (nn.MaxPool1d(3), (2, 3, 10)),
    "2 dimensions": (nn.MaxPool2d(2), (2, 3, 6, 8)),
    "2 dimensions, one sample": (nn.MaxPool2d(2), (3, 6, 8)),
    "2 dimensions, overlapping, padded, dilated": (nn.MaxPool2d(3, stride=1, padding=1, dilation=2), (2, 3, 7, 8)),
    "2 dimensions, by name": (lambda x: functional.max_pool2d(input=x, kernel_size=2, ceil_mode=True), (2, 3, 5, 5)),
    "2 dimensions, channels last": (lambda x: functional.max_pool2d(x.to(memory_format=torch.channels_last), 2), (2, 3, 6, 8)),
    "3 dimensions": (nn.MaxPool3d(2), (2, 2, 4, 4, 4)),
    "adaptive": (nn.AdaptiveMaxPool2d(2), (2, 3, 5, 5)),
}


EMPTY = torch.empty_strided


def no_numbers(*shape: Any, **options: Any) -> Tensor:
    return EMPTY(*shape, **options).fill_(float("nan"))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("form", FORMS)
def test_the_gradient_is_that_of_torch_bit_by_bit(form: str, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    pool, shape = FORMS[form]
    x = torch.randn(shape, generator=torch.Generator().manual_seed(0)).to(dtype).requires_grad_()

    def gradient() -> Tensor:
        y = pool(x * 1)
        return torch.autograd.grad((y * torch.arange(y.numel()).view_as(y)).sum(), x)[0]

    expected = gradient()
    monkeypatch.setattr(torch, "empty_strided", no_numbers)  # else the memory may hold by chance what it held before
    with Treated(POOLS):
        assert torch.equal(gradient(), expected)


def test_no_more_is_saved_than_four_bytes_a_maximum() -> None:
    x = torch.randn(8, 4, 16, 16, requires_grad=True)

    def work() -> Tensor:
        with Treated(POOLS):
            return functional.max_pool2d(x * 1, 2).sum()

    assert tracked(work).kept == 4 * 8 * 4 * 8 * 8 + 4
