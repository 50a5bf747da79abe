"""CUDA graphs on a real GPU: replays are the eager estimates, with fresh tangents, and keep the contract."""

import pytest
import torch
from torch import nn

from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from estimators import build
from estimators.captured import captured
from estimators.objective import MissingCapability, ModuleObjective

pytestmark = pytest.mark.gpu

SPECS = ("backprop", "forward-gradient", "forward-gradient[directions=rademacher,k=3]", "multi-tangent[k=3]", "spsa[k=2]")


@pytest.fixture(autouse=True)
def _device():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


@pytest.fixture
def objective():
    """In float64, with a buffer that every pass changes."""
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.Tanh(), nn.Linear(16, 3)).double().cuda()
    return ModuleObjective(model, nn.functional.cross_entropy, (torch.randn(5, 8).double().cuda(), torch.arange(5).cuda() % 3))


def estimates(estimator, objective, count):
    """One after another, all of them held."""
    state, generator, found = estimator.init(objective), torch.Generator("cuda").manual_seed(3), []
    for _ in range(count):
        estimate, state = estimator.estimate(objective, state, generator=generator)
        found.append(estimate.gradient)
    return found


@pytest.mark.parametrize("spec", SPECS)
def test_every_replay_is_the_eager_estimate_with_tangents_of_its_own(spec, objective):
    ours, theirs = (estimates(one, objective, 3) for one in (captured(build(spec)), build(spec)))
    for mine, yours in zip(ours, theirs, strict=True):
        torch.testing.assert_close(mine, yours, rtol=1e-6, atol=1e-8)
    if spec != "backprop":
        first, second, _ = (torch.cat([tensor.flatten() for tensor in one.values()]) for one in ours)
        assert not torch.allclose(first, second)


def test_parameters_that_have_moved_are_read_where_they_lie_now(objective):
    estimator = captured(build("backprop"))
    state = estimator.init(objective)
    for parameter in objective.parameters.values():
        parameter.data = parameter.data.clone() * 0.5
    generator = torch.Generator("cuda").manual_seed(3)
    ours, _ = estimator.estimate(objective, state, generator=generator)
    torch.testing.assert_close(ours.gradient, estimates(build("backprop"), objective, 1)[0])


def test_what_waits_for_a_value_is_refused_and_the_device_works_on():
    class Waits(nn.Linear):
        def forward(self, inputs):
            outputs = super().forward(inputs)
            return outputs if float(outputs.detach().sum()) > -1e9 else -outputs

    model = Waits(3, 2).cuda()
    objective = ModuleObjective(model, nn.functional.mse_loss, (torch.ones(4, 3).cuda(), torch.ones(4, 2).cuda()))
    with pytest.raises(MissingCapability, match="needs cuda-graph: no capture of the loss and gradient"):
        captured(build("backprop")).init(objective)
    assert float(torch.ones(3, device="cuda").sum()) == 3


@pytest.mark.parametrize("spec", ["backprop", "forward-gradient[k=2]"])
def test_the_contract_is_kept(spec):
    broken = [result for result in check_estimator(captured(build(spec)), device="cuda") if result.verdict is Verdict.FAILED]
    assert not broken
