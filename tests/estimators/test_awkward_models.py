"""Every method works on models that are awkward for forward mode, and leaves them, the flags of torch and random states alone.

The oracle is backprop through the module itself, with its own default kernels, under the mask's seed.
"""

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.contract.snapshot import changes, snapshot
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.directions.gaussian import Gaussian
from estimators.directional.space import Tangents, Weights
from estimators.directional.streams import Keyed
from estimators.objective import MissingCapability, ModuleObjective
from estimators.registry import ESTIMATORS
from tests.awkward_models import REFUSED, WORKING, objective

CPU = torch.device("cpu")
TOLERANCE = {torch.float64: 1e-12, torch.float32: 1e-5, torch.bfloat16: 0.1, torch.float16: 0.02}
FORWARD_MODE = ["forward-gradient", "forward-gradient[k=3]", "forward-gradient[k=3,aggregation=projection]"]
DIFFERENCES = [
    "spsa[derivative=central-difference[step=1e-6]]",
    "rdsa[k=2,derivative=central-difference[step=1e-6]]",
    "forward-gradient[derivative=forward-difference[step=1e-6]]",
    "coordinate-difference[derivative=central-difference[step=1e-6]]",
]
REVERSE = ["backprop", "checkpointed-backprop"]
WITHOUT_HALF = {"randomised ReLU"}  # torch has no kernel for it in float16

pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.fixture(autouse=True)
def flags_stay() -> Iterator[None]:
    """Whatever a test does, torch's choice of kernels is the same afterwards."""
    before = flags()
    yield
    assert flags() == before


def flags() -> dict[str, Any]:
    cuda = torch.backends.cuda
    return {
        "flash": cuda.flash_sdp_enabled(),
        "efficient": cuda.mem_efficient_sdp_enabled(),
        "math": cuda.math_sdp_enabled(),
        "cudnn": cuda.cudnn_sdp_enabled(),
        "fast path": torch.backends.mha.get_fastpath_enabled(),
        "oneDNN": torch.backends.mkldnn.enabled,
        "grad": torch.is_grad_enabled(),
    }


def tangents(problem: ModuleObjective, k: int) -> Tangents:
    return Gaussian().draw(Weights().layout(problem), range(k), Keyed(1))


def along(problem: ModuleObjective, directions: Tangents) -> Tensor:
    """⟨g, v⟩ by the module itself: its random numbers from the mask's seed, its buffers put back."""
    state = {name: tensor.clone() for name, tensor in problem.module.state_dict().items()}
    parameters = [parameter for parameter in problem.module.parameters() if parameter.requires_grad]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(3)
        loss = problem.loss_function(problem.module(problem.inputs), problem.targets)
        gradients = torch.autograd.grad(loss, parameters)
    problem.module.load_state_dict(state)
    return sum(rows.flatten(1).double() @ g.flatten().double() for rows, g in zip(directions.values(), gradients, strict=True))


@pytest.mark.parametrize("dtype", TOLERANCE, ids=str)
@pytest.mark.parametrize("kind", WORKING)
def test_derivatives_are_those_of_backprop_for_one_tangent_and_for_several(kind: str, dtype: torch.dtype) -> None:
    if dtype == torch.float16 and kind in WITHOUT_HALF:
        return
    problem = objective(kind, dtype)
    before, drawn = snapshot(problem, CPU), tangents(problem, 3)
    expected = along(problem, drawn)
    singles = [Jvp().take(Weights(), problem, {name: rows[i : i + 1] for name, rows in drawn.items()}).values for i in range(3)]
    for values in (
        torch.cat(singles),
        Jvp().take(Weights(), problem, drawn).values,
        Jvp().take(Weights(), problem, drawn).values,
    ):
        assert (values.double() - expected).norm() <= TOLERANCE[dtype] * expected.norm()
    assert changes(before, snapshot(problem, CPU)) == []


@pytest.mark.parametrize("kind", [*WORKING, *REFUSED])
@pytest.mark.parametrize("spec", [*DIFFERENCES, *REVERSE])
def test_methods_without_forward_mode_work_on_all_of_them(spec: str, kind: str) -> None:
    check_whole_estimate(spec, kind)


@pytest.mark.parametrize("kind", WORKING)
@pytest.mark.parametrize("spec", FORWARD_MODE)
def test_methods_with_forward_mode_work(spec: str, kind: str) -> None:
    check_whole_estimate(spec, kind)


def check_whole_estimate(spec: str, kind: str) -> None:
    """An estimate equals the same method's with every derivative taken from backprop, or comes as near as differences do."""
    problem = objective(kind)
    before, estimator = snapshot(problem, CPU), ESTIMATORS.build(spec)
    if spec == "checkpointed-backprop" and not isinstance(problem.module, nn.Sequential):
        return
    estimate, state = estimator.estimate(problem, estimator.init(problem), generator=torch.Generator().manual_seed(5))
    found = torch.cat([tensor.flatten() for _, tensor in estimate.items()])
    assert changes(before, snapshot(problem, CPU)) == []
    if spec in REVERSE or spec.startswith("coordinate"):
        expected = along(problem, {n: p.detach().unsqueeze(0) for n, p in problem.parameters.items()})
        products = [(t * problem.parameters[n].detach()).sum() for n, t in estimate.items()]
        torch.testing.assert_close(sum(products).reshape(1), expected, rtol=1e-3, atol=1e-7)
        return
    used = estimator.tangents(state)
    exact = estimator.aggregation.coefficients(used, along(problem, used))
    mixed = torch.cat([(exact @ rows.flatten(1)).flatten() for rows in used.values()])
    assert (found - mixed).norm() <= (1e-10 if spec in FORWARD_MODE else 1e-3) * mixed.norm()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("kind", REFUSED)
def test_what_forward_mode_cannot_do_is_a_missing_capability_that_names_the_layer(kind: str, k: int) -> None:
    problem = objective(kind)
    before = snapshot(problem, CPU)
    for _ in range(2):
        with pytest.raises(MissingCapability, match=f"needs jvp: {REFUSED[kind][1]}"):
            Jvp().take(Weights(), problem, tangents(problem, k))
    assert changes(before, snapshot(problem, CPU)) == []


@pytest.mark.parametrize("kind", WORKING)
def test_several_tangents_go_through_one_pass_or_it_is_said_why_not(kind: str) -> None:
    problem, estimator = objective(kind), ESTIMATORS.build("forward-gradient[k=3]")
    assert estimator.remarks(problem) == ()
    estimator.estimate(problem, estimator.init(problem), generator=torch.Generator())
    remarks = estimator.remarks(problem)
    assert len(remarks) == WORKING[kind].each
    assert all(remark.startswith("each tangent has a pass of its own: ") for remark in remarks)
    assert ESTIMATORS.build("forward-gradient").remarks(problem) == ()


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("kind", ["attention, causal", "encoder layer, evaluation", "LSTM", "batch norm", "dropout"])
def test_an_exception_on_the_way_leaves_flags_buffers_and_random_state_alone(kind: str, k: int) -> None:
    problem = objective(kind)
    before, drawn, whole = snapshot(problem, CPU), tangents(problem, k), problem.loss_function

    def failing(outputs: Tensor, targets: Tensor) -> Tensor:
        raise RuntimeError("after the model has run")

    problem.loss_function = failing
    with pytest.raises(RuntimeError, match="after the model has run"):
        Jvp().take(Weights(), problem, drawn)
    problem.loss_function = whole
    assert changes(before, snapshot(problem, CPU)) == []
    values = Jvp().take(Weights(), problem, drawn).values
    torch.testing.assert_close(values, along(problem, drawn))


@pytest.mark.parametrize("k", [1, 3])
def test_an_exception_inside_a_treated_call_leaves_the_flags_alone(k: int) -> None:
    problem = objective("multi-head attention, no weights")
    problem.module.attention.in_proj_weight.data = torch.randn(2, 2, dtype=torch.float64)
    with pytest.raises((RuntimeError, AssertionError)):
        Jvp().take(Weights(), problem, tangents(problem, k))


def test_one_pass_for_several_tangents_multiplies_less_than_a_pass_for_each() -> None:
    problem = objective("encoder layer, evaluation")

    def operations(k: int) -> int:
        Jvp().take(Weights(), problem, tangents(problem, k))  # finds out how
        with FlopCounterMode(display=False) as counter:
            Jvp().take(Weights(), problem, tangents(problem, k))
        return counter.get_total_flops()

    assert operations(4) < 0.9 * 4 * operations(1)
