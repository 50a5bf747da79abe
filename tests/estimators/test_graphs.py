"""A graph is the function it was written down from: it reads everything anew, and what cannot be a graph is named."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from estimators.directional.derivatives.central_difference import CentralDifference
from estimators.directional.derivatives.jvp import Jvp
from estimators.directional.derivatives.simulated import Simulated
from estimators.directional.space import Weights
from estimators.graphs import Graphs, written_down
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective


class Scaled(torch.autograd.Function):
    """Twice x by its own account: its derivative says five."""

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor) -> Tensor:
        return 2 * x

    @staticmethod
    def setup_context(ctx, inputs, output) -> None:
        pass

    @staticmethod
    def jvp(ctx, tangent: Tensor) -> Tensor:
        return 5 * tangent


@pytest.fixture
def objective() -> ModuleObjective:
    """A model with a tied weight, a frozen layer and a buffer that every pass changes."""
    torch.manual_seed(0)
    first, shared, norm, tied = nn.Linear(4, 3), nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)
    first.requires_grad_(False)
    tied.weight = shared.weight
    model = nn.Sequential(first, nn.Tanh(), shared, norm, nn.Tanh(), tied).double()
    return ModuleObjective(model, nn.functional.mse_loss, (torch.randn(5, 4).double(), torch.randn(5, 3).double()))


def _derivatives(objective: ModuleObjective, derivative) -> Callable[..., tuple[Tensor, ...]]:
    names = list(objective.parameters)

    class Given(Weights):
        def point(self, objective):
            return dict(self.values)

    def take(*values: Tensor) -> tuple[Tensor, ...]:
        space = Given()
        object.__setattr__(space, "values", dict(zip(names, values[: len(names)], strict=True)))
        return tuple(derivative.take(space, objective, dict(zip(names, values[len(names) :], strict=True))))

    return take


def _inputs(objective: ModuleObjective, k: int) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    tangents = [torch.randn(k, *p.shape, generator=generator, dtype=p.dtype) for p in objective.parameters.values()]
    return [*(p.detach() for p in objective.parameters.values()), *tangents]


@pytest.mark.parametrize("k", [1, 3])
@pytest.mark.parametrize("derivative", [Jvp(), CentralDifference()], ids=["jvp", "difference"])
def test_a_graph_gives_what_the_function_gives(objective: ModuleObjective, derivative, k: int) -> None:
    function, inputs = _derivatives(objective, derivative), _inputs(objective, k)
    with torch.no_grad():
        expected = function(*inputs)
        module, outside = written_down(function, inputs)
        found = module(*inputs, *outside)
    for ours, theirs in zip(found, expected, strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("k", [1, 3])
def test_a_graph_of_a_chain_of_plain_layers_is_a_function_of_the_point(k: int) -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 3)).double()
    objective = ModuleObjective(model, nn.functional.mse_loss, (torch.randn(5, 4).double(), torch.randn(5, 3).double()))
    function, inputs = _derivatives(objective, Jvp()), _inputs(objective, k)
    with torch.no_grad():
        module, outside = written_down(function, inputs)
        elsewhere = [tensor + 0.1 for tensor in inputs]
        found = module(*elsewhere, *outside)
        for parameter, moved in zip(objective.parameters.values(), elsewhere, strict=False):
            parameter.copy_(moved)
    moved = dict(zip(objective.parameters, elsewhere[len(objective.parameters) :], strict=True))
    expected = Simulated().take(Weights(), objective, moved)
    torch.testing.assert_close(tuple(found), tuple(expected), rtol=1e-10, atol=1e-12)


def test_what_lies_outside_is_read_anew_and_left_as_it_is(objective: ModuleObjective) -> None:
    function, inputs = _derivatives(objective, Jvp()), _inputs(objective, 1)
    buffers = [buffer.clone() for buffer in objective.module.buffers()]
    with torch.no_grad():
        module, outside = written_down(function, inputs)
        objective.inputs.mul_(0.5)  # another batch in the same memory
        objective.module[0].weight.mul_(2)  # a frozen layer is replaced by a better one
        found, expected = module(*inputs, *outside), function(*inputs)
    torch.testing.assert_close(found[1], expected[1], rtol=1e-10, atol=1e-12)
    assert all(torch.equal(*pair) for pair in zip(objective.module.buffers(), buffers, strict=True))


def test_nothing_outside_remains_within(objective: ModuleObjective) -> None:
    module, outside = written_down(_derivatives(objective, Jvp()), _inputs(objective, 1))
    assert not [node for node in module.graph.nodes if node.op == "get_attr"]
    assert any(tensor is objective.inputs for tensor in outside)


def test_a_function_that_brings_its_own_derivative_keeps_it() -> None:
    objective = FunctionObjective(lambda x: Scaled.apply(x).sum(), torch.ones(3))
    module, outside = written_down(_derivatives(objective, Jvp()), [torch.ones(3), torch.ones(1, 3)])
    assert module(torch.ones(3), torch.ones(1, 3), *outside)[1].item() == 15.0


def test_a_decision_that_depends_on_numbers_cannot_be_written_down() -> None:
    def function(x: Tensor) -> tuple[Tensor]:
        return (x.sum() if x.sum() > 0 else -x.sum(),)

    with pytest.raises(MissingCapability, match="needs compile: no graph of the value: "):
        Graphs().of(FunctionObjective(torch.sum, torch.ones(3)), 1, "value", function, [torch.ones(3)])


def test_a_model_that_draws_is_not_compiled() -> None:
    model = nn.Sequential(nn.Linear(4, 3), nn.Dropout(0.5))
    objective = ModuleObjective(model, nn.functional.mse_loss, (torch.ones(2, 4), torch.ones(2, 3)))
    with pytest.raises(MissingCapability, match="needs compile: the model draws random numbers"):
        Graphs().of(objective, 1, "value", lambda x: (x,), [torch.ones(3)])


def test_without_a_compiler_the_reason_names_it(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    from torch._inductor import config

    monkeypatch.setenv("TORCHINDUCTOR_CACHE_DIR", str(tmp_path))
    objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(3))
    with config.patch({"cpp.cxx": (None, "/no/such/compiler")}), pytest.raises(MissingCapability) as raised:
        Graphs().of(objective, 1, "value", lambda x: (x.sin().cos() * 3,), [torch.ones(3)])
    assert "needs compile: inductor on the value: " in str(raised.value)
    assert "/no/such/compiler" in str(raised.value)
