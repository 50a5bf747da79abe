"""Memory is used again when nobody refers to it any more, and never before; what is kept is counted."""

import sys
import threading
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.directions.rademacher import Rademacher
from estimators.directional.estimator import Directional
from estimators.directional.space import Block
from estimators.directional.workspace import Workspace
from estimators.objective import FunctionObjective
from estimators.registry import ESTIMATORS

BLOCK = Block("x", (300, 200), torch.float32, torch.device("cpu"))
HOLDERS: dict[str, Callable[[Tensor], object]] = {
    "itself": lambda tensor: tensor,
    "a view": lambda tensor: tensor[0, :1],
    "an array": lambda tensor: tensor.numpy(),
    "its storage in another tensor": lambda tensor: torch.empty(0).set_(tensor.untyped_storage()),
    "a gradient": lambda tensor: setattr(parameter := torch.nn.Parameter(tensor.clone()), "grad", tensor) or parameter,
    "a capsule": torch.utils.dlpack.to_dlpack,
}


@pytest.mark.parametrize("holder", HOLDERS)
def test_memory_that_somebody_refers_to_is_not_given_away_again(holder: str) -> None:
    workspace = Workspace(rows=2)
    place = (tensor := workspace.tangents(BLOCK, 2)).data_ptr()
    held = HOLDERS[holder](tensor)
    del tensor
    assert workspace.tangents(BLOCK, 2).data_ptr() != place
    del held


def test_memory_that_nobody_refers_to_is_given_away_again() -> None:
    workspace = Workspace(rows=2)
    places = {workspace.tangents(BLOCK, 2).data_ptr() for _ in range(5)}
    assert len(places) == 1
    assert len({workspace.estimate(BLOCK).data_ptr() for _ in range(5)} | places) == 2


def test_memory_that_another_process_may_read_is_not_given_away_again() -> None:
    workspace = Workspace(rows=2)
    workspace.tangents(BLOCK, 2).share_memory_()
    assert not workspace.tangents(BLOCK, 2).is_shared()


def test_memory_is_given_to_one_of_two_threads() -> None:
    workspace, barrier, both = Workspace(rows=2), threading.Barrier(2), [torch.empty(0)] * 2
    interval, same = sys.getswitchinterval(), []
    workspace.tangents(BLOCK, 2)

    def ask(mine: int) -> None:
        for _ in range(300):
            both[mine] = torch.empty(0)
            barrier.wait()
            both[mine] = workspace.tangents(BLOCK, 2)
            barrier.wait()
            same.append(both[0].data_ptr() == both[1].data_ptr())
            barrier.wait()

    threads = [threading.Thread(target=ask, args=(mine,)) for mine in range(2)]
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert len(same) == 600
    assert not any(same)


@pytest.mark.parametrize("k", [1, 3])
def test_what_autograd_does_to_an_estimate_does_not_reach_the_next_one(k: int) -> None:
    problem, generator = FunctionObjective(lambda x: (x**2).sum(), torch.linspace(-1, 1, 70_000)), torch.Generator()
    estimator = Directional(k=k)
    state = estimator.init(problem)
    for _ in range(2):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        tensor = estimate.gradient["x"]
        assert not tensor.requires_grad
        tensor.mul_(torch.ones((), requires_grad=True))
        assert tensor.requires_grad
        del tensor, estimate


def test_a_single_tangent_does_not_take_the_memory_of_many_and_a_chunk_of_one_less_does() -> None:
    workspace = Workspace(rows=4)
    place = workspace.tangents(BLOCK, 4).data_ptr()
    assert workspace.tangents(BLOCK, 1).data_ptr() != place
    assert workspace.tangents(BLOCK, 3).data_ptr() == place


@pytest.mark.parametrize("k", [1, 4])
@pytest.mark.parametrize("directions", [Gaussian(), Rademacher()], ids=["gaussian", "rademacher"])
def test_estimates_held_at_once_stay_what_they_were(k: int, directions) -> None:
    problem = FunctionObjective(lambda x: (x**3).sum(), torch.linspace(-1, 1, 70_000))
    estimator, plain = Directional(k=k, directions=directions), torch.Generator().manual_seed(5)
    alone = [estimator.estimate(problem, estimator.init(problem), generator=plain)[0].gradient["x"].clone() for _ in range(4)]
    state, generator, estimates = estimator.init(problem), torch.Generator().manual_seed(5), []
    for _ in range(4):
        estimate, state = estimator.estimate(problem, state, generator=generator)
        estimates.append(estimate)  # read only when all have been made
    for estimate, expected in zip(estimates, alone, strict=True):
        assert torch.equal(estimate.gradient["x"], expected)
    views = [estimate.gradient["x"][1:] for estimate in estimates]
    del estimates, estimate
    estimator.estimate(problem, state, generator=generator)
    for view, expected in zip(views, alone, strict=True):
        assert torch.equal(view, expected[1:])


def test_a_new_estimate_uses_the_memory_of_one_that_was_dropped() -> None:
    problem = FunctionObjective(lambda x: (x**2).sum(), torch.linspace(-1, 1, 70_000))
    for k in (1, 4):
        estimator = Directional(k=k)
        state, generator, places = estimator.init(problem), torch.Generator().manual_seed(5), set()
        for _ in range(3):
            estimate, state = estimator.estimate(problem, state, generator=generator)
            places.add(estimate.gradient["x"].data_ptr())
            del estimate
        assert len(places) == 1


@pytest.mark.parametrize(("spec", "vectors"), [("forward-gradient", 1), ("multi-tangent[k=3]", 4)])
def test_what_is_kept_counts_as_memory(spec: str, vectors: int) -> None:
    problem = build_problem("sphere[n=70000]")
    found = {metric.metric: metric.value for metric in measure(problem, ESTIMATORS.build(spec), Settings()).metrics}
    n = 4 * 70_000
    assert vectors * n <= found["kept_bytes"] < found["peak_bytes"]
    assert found["kept_bytes"] < vectors * n + 4096
