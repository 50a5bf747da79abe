"""Compiled execution gives the eager estimate, on every objective it is handed, or says why it cannot be had."""

import os
import shutil
from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from benchmarks import compiling
from benchmarks.contract.check import check_estimator
from benchmarks.contract.clause import Verdict
from estimators import build
from estimators.compiled import Compiled, State
from estimators.estimator import Estimate
from estimators.graphs import Graphs
from estimators.objective import FunctionObjective, MissingCapability, ModuleObjective, Objective

SPECS = (
    "backprop",
    "forward-gradient",
    "forward-gradient[directions=rademacher,k=3]",
    "chunked-forward-gradient[k=5,chunk=2]",
    "multi-tangent[k=3]",
    "spsa[k=2]",
)

compiles = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a C++ compiler, and there is none"
)


@pytest.fixture
def _cold() -> Iterator[None]:
    with compiling.cold():
        yield


def _perceptron(samples: int = 5) -> ModuleObjective:
    """In float64, so that rounding explains next to nothing; with a tied weight and a buffer that every pass changes."""
    torch.manual_seed(0)
    first, norm, last = nn.Linear(3, 3), nn.BatchNorm1d(3), nn.Linear(3, 3)
    last.weight = first.weight
    inputs, targets = torch.randn(2, samples, 3).double()
    return ModuleObjective(nn.Sequential(first, norm, nn.Tanh(), last).double(), nn.functional.mse_loss, (inputs, targets))


def _estimate(estimator, objective: Objective, state=None, seed: int = 3) -> tuple[Estimate, object]:
    state = estimator.init(objective) if state is None else state
    return estimator.estimate(objective, state, generator=torch.Generator().manual_seed(seed))


def _agree(ours: Estimate, theirs: Estimate) -> None:
    torch.testing.assert_close(ours.loss, theirs.loss, rtol=1e-9, atol=1e-9)
    for (name, mine), (other, yours) in zip(ours.items(), theirs.items(), strict=True):
        assert name == other
        torch.testing.assert_close(mine, yours, rtol=1e-8, atol=1e-8)


@pytest.mark.parametrize(
    "spec", ["lazy-forward-gradient", "mezo", "checkpointed-backprop", "forward-gradient[derivative=simulated]"]
)
def test_what_has_no_part_to_compile_says_so(spec: str) -> None:
    with pytest.raises(MissingCapability, match="needs compile: "):
        Compiled(build(spec)).init(_perceptron())


def test_a_graph_of_very_many_evaluations_is_not_begun() -> None:
    with pytest.raises(MissingCapability, match="needs compile: 66 evaluations of the loss, and a graph has 64 at most"):
        Compiled(build("spsa[k=33]")).init(_perceptron())


def test_the_declaration_is_the_estimators_but_for_what_nobody_can_count() -> None:
    eager = build("forward-gradient[k=4]")
    ours, theirs = (one.declaration({"x": (7,)}, 5) for one in (Compiled(eager), eager))
    assert (ours.forward_calls, ours.forward_multiple) == (None, None)
    assert (theirs.forward_calls, theirs.forward_multiple) != (None, None)
    assert (ours.relative_error, ours.unbiased, ours.memory) == (theirs.relative_error, theirs.unbiased, theirs.memory)


def test_what_was_prepared_of_another_estimator_is_refused() -> None:
    one, other = build("backprop"), build("forward-gradient")
    with pytest.raises(ValueError, match=r"prepared is a state of Backprop.*, not of Directional"):
        Compiled(other, State(one, one, None, Graphs())).init(_perceptron())


def test_variants_of_a_compiled_estimator_are_compiled() -> None:
    assert Compiled(build("multi-tangent[k=2]")).at_full_budget(5) == Compiled(build("multi-tangent[k=5]"))
    assert Compiled(build("forward-gradient")).at_full_budget(5) is None
    assert Compiled(build("spsa")).with_step(2.0) == Compiled(build("spsa[derivative=central-difference[step=0.002]]"))
    assert Compiled(build("backprop")).with_step(2.0) is None


@compiles
@pytest.mark.slow
@pytest.mark.usefixtures("_cold")
@pytest.mark.parametrize("spec", SPECS)
def test_a_compiled_estimate_is_the_eager_one_also_where_the_parameters_have_moved(spec: str) -> None:
    objective, eager = _perceptron(), build(spec)
    compiled = Compiled(eager)
    first, state = _estimate(compiled, objective)
    _agree(first, _estimate(eager, objective)[0])
    with torch.no_grad():
        for parameter in objective.parameters.values():
            parameter.mul_(1.5)
    _agree(_estimate(compiled, objective, state, seed=4)[0], _estimate(eager, objective, seed=4)[0])


@compiles
@pytest.mark.slow
@pytest.mark.usefixtures("_cold")
def test_another_objective_has_a_graph_of_its_own_and_the_state_names_both() -> None:
    eager = build("forward-gradient[k=2]")
    compiled, one, other = Compiled(eager), _perceptron(), _perceptron(samples=2)
    _, state = _estimate(compiled, one)
    assert [graph["name"] for graph in state.prepared["graphs"]] == ["derivatives along 2 tangents"]
    estimate, state = _estimate(compiled, other, state)
    _agree(estimate, _estimate(eager, other)[0])
    assert len(state.prepared["graphs"]) == 2


@compiles
@pytest.mark.slow
@pytest.mark.usefixtures("_cold")
def test_an_objective_that_is_gone_leaves_no_graph_behind() -> None:
    compiled = Compiled(build("backprop"))
    state = compiled.init(FunctionObjective(_cubes, torch.ones(3)))
    assert state.prepared["graphs"] == []


@compiles
@pytest.mark.slow
@pytest.mark.usefixtures("_cold", "one_thread")
def test_compiled_backprop_keeps_the_contract() -> None:
    broken = [result for result in check_estimator(Compiled(build("backprop"))) if result.verdict is Verdict.FAILED]
    assert not broken


def _cubes(x: Tensor) -> Tensor:
    return (x**3).sum()
