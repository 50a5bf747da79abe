"""The exact estimators equal the gradient written by hand, and keep what they promise to keep."""

import weakref

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from estimators.exact import Backprop, CheckpointedBackprop
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective

GENERATOR = torch.Generator()


def deep(depth: int = 7) -> ModuleObjective:
    layers = [layer for _ in range(depth) for layer in (nn.Linear(32, 32), nn.Tanh())]
    torch.manual_seed(0)
    return ModuleObjective(
        nn.Sequential(*layers, nn.Linear(32, 4)).double(),
        functional.cross_entropy,
        (torch.randn(256, 32, dtype=torch.float64), torch.randint(0, 4, (256,))),
    )


def test_backprop_equals_the_gradient_of_logistic_regression_by_hand() -> None:
    x, y = torch.randn(16, 3, dtype=torch.float64), torch.randint(0, 4, (16,))
    module = nn.Linear(3, 4).double()
    estimate, _ = Backprop().estimate(ModuleObjective(module, functional.cross_entropy, (x, y)), None, generator=GENERATOR)
    delta = (module(x).softmax(1) - functional.one_hot(y, 4)).detach() / 16
    torch.testing.assert_close(estimate.gradient["weight"], delta.T @ x)
    torch.testing.assert_close(estimate.gradient["bias"], delta.sum(0))
    assert module.weight.grad is None


def test_checkpointed_backprop_equals_backprop_bit_for_bit() -> None:
    objective = deep()
    exact, _ = Backprop().estimate(objective, None, generator=GENERATOR)
    checkpointed, _ = CheckpointedBackprop().estimate(objective, None, generator=GENERATOR)
    assert exact.loss == checkpointed.loss
    assert all(torch.equal(exact.gradient[name], value) for name, value in checkpointed.items())


class LiveBytes(TorchDispatchMode):
    """The largest number of bytes of freshly made tensors alive at once."""

    def __init__(self) -> None:
        super().__init__()
        self.live, self.peak = 0, 0
        self.known: set[int] = set()

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        out = func(*args, **(kwargs or {}))
        for tensor in tree_leaves(out):
            if isinstance(tensor, torch.Tensor) and tensor.data_ptr() not in self.known and not tensor._is_view():
                self.known.add(tensor.data_ptr())
                self.live += tensor.nbytes
                self.peak = max(self.peak, self.live)
                weakref.finalize(tensor.untyped_storage(), self.drop, tensor.data_ptr(), tensor.nbytes)
        return out

    def drop(self, pointer: int, size: int) -> None:
        self.known.discard(pointer)
        self.live -= size


def test_checkpointed_backprop_holds_fewer_bytes_at_once() -> None:
    objective, peaks = deep(depth=31), {}
    for estimator in (Backprop(), CheckpointedBackprop()):
        with LiveBytes() as tracker:
            estimator.estimate(objective, None, generator=GENERATOR)
        peaks[type(estimator)] = tracker.peak
    gradients = 8 * objective.coordinates()
    assert peaks[CheckpointedBackprop] - gradients < 0.6 * (peaks[Backprop] - gradients)


@pytest.mark.parametrize("segments", [1, 2, 4, 7, 15])
def test_any_number_of_segments_gives_the_gradient_bit_for_bit(segments: int) -> None:
    objective = deep()
    exact, _ = Backprop().estimate(objective, None, generator=GENERATOR)
    checkpointed, _ = CheckpointedBackprop(segments).estimate(objective, None, generator=GENERATOR)
    assert all(torch.equal(exact.gradient[name], value) for name, value in checkpointed.items())


@pytest.mark.parametrize(("segments", "recomputed"), [(None, 10), (1, 0), (2, 8), (4, 12), (15, 14)])
def test_all_layers_but_the_last_segments_run_twice(segments: int | None, recomputed: int) -> None:
    objective, calls = deep(), []  # 15 layers; 3 segments by default
    for layer in objective.module:
        layer.register_forward_pre_hook(lambda *_: calls.append(1))
    CheckpointedBackprop(segments).estimate(objective, None, generator=GENERATOR)
    assert len(calls) == 15 + recomputed


def test_more_segments_than_layers_are_refused() -> None:
    with pytest.raises(MissingCapability, match=r"16 segments need as many layers; this nn\.Sequential has 15"):
        CheckpointedBackprop(16).estimate(deep(), None, generator=GENERATOR)
    with pytest.raises(ValueError, match="segments must be 1 or more, got 0"):
        CheckpointedBackprop(0)


def test_checkpointed_backprop_needs_a_sequential_module() -> None:
    with pytest.raises(MissingCapability, match=r"nn\.Sequential"):
        CheckpointedBackprop().estimate(FunctionObjective(torch.sum, torch.ones(2)), None, generator=GENERATOR)


def test_a_parameter_the_loss_does_not_use_has_a_zero_gradient() -> None:
    module = nn.ModuleDict({"used": nn.Linear(2, 2), "unused": nn.Linear(2, 2)})
    module.forward = lambda x: module["used"](x)
    objective = ModuleObjective(module, functional.cross_entropy, (torch.randn(4, 2), torch.tensor([0, 1, 0, 1])))
    estimate, _ = Backprop().estimate(objective, None, generator=GENERATOR)
    assert torch.equal(estimate.gradient["unused.weight"], torch.zeros(2, 2))
