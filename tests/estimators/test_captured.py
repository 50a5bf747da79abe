"""Captured execution gives the eager estimate, with fresh tangents at every replay; no replay writes to an older estimate.

CUDA's capture is replaced at its boundary by one on the CPU, which notes the operations that reach torch's kernels and replays
them on the very same memory; a GPU's own is tested in `test_captured_cuda`.
"""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from estimators import build
from estimators.captured import CudaGraphs, captured
from estimators.compiled import Compiled
from estimators.estimator import Estimate
from estimators.graphs import Function
from estimators.objective import MissingCapability, ModuleObjective

SPECS = (
    "backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher,k=3]",
    "chunked-forward-gradient[k=5,chunk=2]",
    "multi-tangent[k=3]",
    "spsa[k=2]",
)


class Noted(TorchDispatchMode):
    """Notes every operation with its operands and results, as a stream does that is being captured."""

    def __init__(self) -> None:
        super().__init__()
        self.launches: list[tuple[Callable[..., Any], Any, Any, list[Tensor]]] = []

    def __torch_dispatch__(self, func: Callable[..., Any], types: Any, args: Any = (), kwargs: Any = None) -> Any:
        if "item" in str(func) or "_local_scalar_dense" in str(func):
            raise RuntimeError("operation not permitted when stream is capturing")
        results = func(*args, **(kwargs or {}))
        self.launches.append((func, args, kwargs or {}, [leaf for leaf in tree_leaves(results) if isinstance(leaf, Tensor)]))
        return results

    def replay(self) -> None:
        """Do it all again, on the same operands and into the same results."""
        with torch.no_grad():
            for func, args, kwargs, results in self.launches:
                fresh = [leaf for leaf in tree_leaves(func(*args, **kwargs)) if isinstance(leaf, Tensor)]
                for place, value in zip(results, fresh, strict=True):
                    if place.data_ptr() != value.data_ptr():  # neither a view nor written in place
                        place.copy_(value)


def noted(function: Function, inputs: Sequence[Tensor]) -> tuple[Callable[[], None], Sequence[Tensor]]:
    """Record on the CPU."""
    with Noted() as stream:
        values = function(*inputs)
    return stream.replay, values


def replayed(estimator: Any) -> Compiled:
    return Compiled(estimator, maker=CudaGraphs(noted))


@pytest.fixture
def objective() -> ModuleObjective:
    """In float64, with a tied weight and a buffer that every pass changes."""
    torch.manual_seed(0)
    first, norm, last = nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)
    last.weight = first.weight
    inputs, targets = torch.randn(2, 5, 3).double()
    return ModuleObjective(nn.Sequential(first, norm, nn.Tanh(), last).double(), nn.functional.mse_loss, (inputs, targets))


def estimates(estimator: Any, objective: ModuleObjective, count: int, seed: int = 3) -> list[Estimate]:
    """One after another, all of them held."""
    state, generator, found = estimator.init(objective), torch.Generator().manual_seed(seed), []
    for _ in range(count):
        estimate, state = estimator.estimate(objective, state, generator=generator)
        found.append(estimate)
    return found


def agree(ours: Estimate, theirs: Estimate) -> None:
    torch.testing.assert_close(ours.loss, theirs.loss, rtol=1e-9, atol=1e-9)
    for (name, mine), (other, yours) in zip(ours.items(), theirs.items(), strict=True):
        assert name == other
        torch.testing.assert_close(mine, yours, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize("spec", SPECS)
def test_every_replay_is_the_eager_estimate_with_tangents_of_its_own(spec: str, objective: ModuleObjective) -> None:
    ours, theirs = (estimates(one, objective, 3) for one in (replayed(build(spec)), build(spec)))
    for mine, yours in zip(ours, theirs, strict=True):  # all were made before any is looked at
        agree(mine, yours)
    if spec != "backprop":
        first, second, _ = (torch.cat([tensor.flatten() for tensor in one.gradient.values()]) for one in ours)
        assert not torch.allclose(first, second)


@pytest.mark.parametrize("spec", ["backprop", "forward-gradient[k=2]"])
def test_parameters_are_read_where_they_lie_and_captured_again_where_they_come_to_lie(
    spec: str, objective: ModuleObjective
) -> None:
    estimator = replayed(build(spec))
    state = estimator.init(objective)
    with torch.no_grad():
        for parameter in objective.parameters.values():
            parameter.mul_(1.5)
    estimate, state = estimator.estimate(objective, state, generator=torch.Generator().manual_seed(3))
    agree(estimate, estimates(build(spec), objective, 1)[0])
    assert len(state.prepared["graphs"]) == 1
    for parameter in objective.parameters.values():
        parameter.data = parameter.data.clone() * 0.5
    estimate, state = estimator.estimate(objective, state, generator=torch.Generator().manual_seed(3))
    agree(estimate, estimates(build(spec), objective, 1)[0])
    assert len(state.prepared["graphs"]) == 2


def test_what_was_captured_is_told_with_the_number_of_its_operations(objective: ModuleObjective) -> None:
    prepared = replayed(build("forward-gradient[k=2]")).init(objective).prepared
    assert prepared["backend"] == "CUDA graph"
    assert [graph["name"] for graph in prepared["graphs"]] == ["derivatives along 2 tangents"]
    assert prepared["graphs"][0]["operations"] > 5


def test_capturing_leaves_parameters_and_buffers_as_they_are(objective: ModuleObjective) -> None:
    before = {name: tensor.clone() for name, tensor in objective.module.state_dict().items()}
    estimates(replayed(build("backprop")), objective, 2)
    assert all(torch.equal(tensor, before[name]) for name, tensor in objective.module.state_dict().items())


@pytest.mark.parametrize("spec", ["lazy-forward-gradient", "mezo", "checkpointed-backprop"])
def test_what_has_no_part_to_capture_says_so(spec: str, objective: ModuleObjective) -> None:
    with pytest.raises(MissingCapability, match=r"needs cuda-graph: .* has no part that is a function of tensors"):
        replayed(build(spec)).init(objective)


def test_a_model_that_waits_for_a_value_cannot_be_captured_and_the_reason_says_why() -> None:
    class Waits(nn.Linear):
        def forward(self, inputs: Tensor) -> Tensor:
            outputs = super().forward(inputs)
            return outputs if float(outputs.detach().sum()) > -1e9 else -outputs

    objective = ModuleObjective(Waits(3, 2), nn.functional.mse_loss, (torch.ones(4, 3), torch.ones(4, 2)))
    with pytest.raises(MissingCapability, match=r"needs cuda-graph: no capture of the loss and gradient: .*capturing"):
        replayed(build("backprop")).init(objective)


def test_a_model_that_draws_random_numbers_cannot_be_captured() -> None:
    model = nn.Sequential(nn.Linear(3, 2), nn.Dropout(0.5))
    objective = ModuleObjective(model, nn.functional.mse_loss, (torch.ones(4, 3), torch.ones(4, 2)))
    with pytest.raises(MissingCapability, match="needs cuda-graph: the model draws random numbers"):
        replayed(build("backprop")).init(objective)


def test_many_evaluations_of_the_loss_are_no_hindrance_as_they_are_to_a_compiler(objective: ModuleObjective) -> None:
    assert replayed(build("spsa[k=33]")).init(objective).prepared["graphs"]


def test_on_the_cpu_there_is_nothing_to_capture_with(objective: ModuleObjective) -> None:
    with pytest.raises(MissingCapability, match="needs cuda-graph: the parameters are on a device of type cpu, not on cuda"):
        captured(build("backprop")).init(objective)


def test_variants_of_a_captured_estimator_are_captured() -> None:
    assert captured(build("multi-tangent[k=2]")).at_full_budget(5) == captured(build("multi-tangent[k=5]"))
    assert captured(build("multi-tangent[k=2]")) != Compiled(build("multi-tangent[k=2]"))
