"""A placeholder is, to any operation, the tensor it makes; made once an operation, gone after it; never made to describe it."""

import gc
import weakref

import pytest
import torch
from torch import Tensor, nn
from torch.func import functional_call
from torch.nn import functional

from estimators.directional.placeholder import Placeholder

VALUE = torch.arange(6.0).view(2, 3)


class Counted:
    """Makes `value` + 1 and remembers how often, and what of it is alive."""

    def __init__(self, value: Tensor = VALUE) -> None:
        self.value, self.calls, self.made = value, 0, weakref.WeakSet[Tensor]()

    def __call__(self) -> Tensor:
        self.calls += 1
        made = self.value + 1
        self.made.add(made)
        return made


@pytest.mark.parametrize(
    "operation",
    [
        lambda x: x * 2,
        lambda x: 2 - x,
        lambda x: x @ x.T,
        lambda x: x.mT,
        lambda x: x[0, 1:],
        lambda x: torch.stack([x, x]),
        lambda x: torch.cat((x, torch.zeros(1, 3))),
        lambda x: functional.linear(torch.ones(3), weight=x),
        lambda x: functional.layer_norm(torch.ones(4, 2, 3), (2, 3), x, bias=x),
        lambda x: functional.embedding(torch.tensor([1, 0]), x),
        lambda x: x.double().sum().to(x.dtype),
        lambda x: torch.einsum("ij,kj->ik", x, x),
    ],
)
def test_operations_get_what_it_makes(operation) -> None:
    assert torch.equal(operation(Placeholder(VALUE, Counted())), operation(VALUE + 1))


def test_it_is_made_once_for_an_operation_and_dropped_after_it() -> None:
    make = Counted()
    torch.stack([Placeholder(VALUE, make)] * 1)
    one = Placeholder(VALUE, make)
    torch.stack([one, one, one])
    assert make.calls == 2
    gc.collect()
    assert not make.made


def test_describing_it_makes_nothing() -> None:
    make = Counted()
    x = Placeholder(VALUE, make)
    described = (x.shape, x.size(0), x.dim(), x.ndim, x.numel(), x.dtype, x.device, x.is_floating_point(), len(x), x.stride())
    assert described == ((2, 3), 2, 2, 2, 6, torch.float32, torch.device("cpu"), True, 2, (3, 1))
    assert not x.requires_grad
    assert make.calls == 0


def test_what_reads_its_memory_past_torchs_operations_finds_none_and_fails() -> None:
    x = Placeholder(VALUE, Counted())
    with torch._C.DisableTorchFunctionSubclass():  # as compiled extensions see it
        assert x.is_meta
        with pytest.raises(RuntimeError, match="meta"):
            (x + 1).sum().item()


@pytest.mark.parametrize("module", [nn.Linear(3, 2), nn.LSTM(3, 2), nn.MultiheadAttention(4, 2), nn.Conv1d(1, 2, 3)], ids=str)
def test_modules_take_it_for_their_parameters(module: nn.Module) -> None:
    x = {nn.MultiheadAttention: torch.randn(3, 2, 4), nn.Conv1d: torch.randn(2, 1, 5)}.get(type(module), torch.randn(3, 2, 3))
    arguments = (x, x, x) if isinstance(module, nn.MultiheadAttention) else (x,)
    with torch.no_grad():
        moved = {name: Placeholder(p, Counted(p.detach())) for name, p in module.named_parameters()}
        found = functional_call(module, moved, arguments)
        expected = functional_call(module, {name: p + 1 for name, p in module.named_parameters()}, arguments)
    first = [each if isinstance(each, Tensor) else each[0] for each in (found, expected)]
    assert torch.equal(*first)
