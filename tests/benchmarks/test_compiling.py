"""A compiled cell starts cold, is compared with itself in eager execution, and is wrong where it says something else."""

import os
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import compiling
from benchmarks.cell import Effort, measure_cell
from benchmarks.executors import SCRATCH
from benchmarks.outcomes import WrongEstimateError
from benchmarks.problems.problem import build_problem
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import COMPILE, CUDA_GRAPH, EAGER, METRICS, Cell, Outcome
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator
from estimators.exact import Backprop
from estimators.objective import MissingCapability, Objective
from estimators.registry import ESTIMATORS

EFFORT = Effort(precision=0.5, budget=0.05)

compiles = pytest.mark.skipif(
    shutil.which(os.environ.get("CXX", "g++")) is None, reason="torch.compile needs a C++ compiler, and there is none"
)


@dataclass(frozen=True)
class Nothing:
    """A state that says that nothing was compiled."""

    prepared: Mapping[str, Any]


@dataclass(frozen=True)
class Off(Estimator):
    """Backprop that is off by a share."""

    share: float

    def init(self, objective: Objective) -> Nothing:
        return Nothing({"backend": "none"})

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        exact, _ = Backprop().estimate(objective, None, generator=generator)
        return DenseEstimate(exact.loss, {name: (1 + self.share) * tensor for name, tensor in exact.items()}), state

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Backprop().declaration(shapes, batch)


def _cell(estimator: str, problem: str, kind: str) -> Cell:
    return Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), kind, execution=COMPILE)


def test_what_differs_by_rounding_is_the_same_and_the_difference_is_kept() -> None:
    facts = compiling.held_to_eager(Off(1e-5), Backprop(), build_problem("beale"), 0)
    assert facts["backend"] == "none"
    assert facts["difference"] == pytest.approx(1e-5, rel=0.1)


def test_what_differs_by_more_is_wrong() -> None:
    with pytest.raises(WrongEstimateError, match=r"compiled and eager estimates differ by 0\.01 of their norm"):
        compiling.held_to_eager(Off(0.01), Backprop(), build_problem("beale"), 0)


@pytest.mark.parametrize("estimator", ["lazy-forward-gradient", "checkpointed-backprop"])
def test_an_estimator_without_a_part_to_compile_is_skipped_with_the_reason(estimator: str) -> None:
    record = measure_cell(_cell(estimator, "mlp[width=4,depth=1]", "cost"), EFFORT)
    assert record.outcome is Outcome.SKIPPED
    assert record.reason.startswith("needs compile: ")


def test_whatever_is_compiled_goes_to_a_folder_that_is_gone_afterwards(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(SCRATCH, str(tmp_path))
    monkeypatch.setenv("TRITON_CACHE_DIR", "mine")
    monkeypatch.delenv("TORCHINDUCTOR_CACHE_DIR", raising=False)
    with compiling.cold():
        folder = Path(os.environ["TORCHINDUCTOR_CACHE_DIR"])
        assert folder.parent == tmp_path
        assert folder in Path(os.environ["TRITON_CACHE_DIR"]).parents
    assert not folder.exists()
    assert os.environ["TRITON_CACHE_DIR"] == "mine"
    assert "TORCHINDUCTOR_CACHE_DIR" not in os.environ


@compiles
@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient[k=2]", "spsa"])
def test_the_cost_of_a_compiled_cell_stands_beside_that_of_itself(estimator: str) -> None:
    record = measure_cell(_cell(estimator, "logistic-regression", "cost"), EFFORT)
    assert (record.outcome, record.reason) == (Outcome.OK, "")
    values = {metric.metric: metric.value for metric in record.metrics}
    eager = measure_cell(Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical("logistic-regression"), "cost"), EFFORT)
    counted = {metric.metric: metric.value for metric in eager.metrics}
    assert {"ratio_to_eager", "ratio_to_backprop", "multiple"} <= values.keys() <= METRICS.keys()
    assert values["forward_calls"] == counted["forward_calls"]
    assert values["flops"] == counted["flops"]
    assert record.facts["prepared"]["backend"] == "inductor"
    assert record.facts["prepared"]["graphs"]


@compiles
@pytest.mark.slow
@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient[k=2]"])
def test_the_memory_of_a_compiled_cell_is_that_of_its_estimates_and_not_of_compiling(estimator: str) -> None:
    records = [measure_cell(replace(_cell(estimator, "sphere[n=8]", "memory"), execution=e), EFFORT) for e in (EAGER, COMPILE)]
    assert [record.outcome for record in records] == [Outcome.OK] * 2
    eager, compiled = ({metric.metric: metric.value for metric in record.metrics} for record in records)
    assert 0 < compiled["peak_bytes"] <= 2 * eager["peak_bytes"] < 1000
    assert "tracked_peak_bytes" in eager
    assert "tracked_peak_bytes" not in compiled


def test_a_cell_by_cuda_graph_on_the_processor_is_skipped_with_the_reason() -> None:
    cell = replace(_cell("backprop", "mlp[width=4,depth=1]", "cost"), execution=CUDA_GRAPH)
    record = measure_cell(cell, EFFORT)
    assert record.outcome is Outcome.SKIPPED
    assert record.reason == "needs cuda-graph: the parameters are on a device of type cpu, not on cuda"


def test_what_was_captured_and_differs_is_wrong_by_its_own_name() -> None:
    with pytest.raises(WrongEstimateError, match=r"captured and eager estimates differ by 0\.01"):
        compiling.held_to_eager(Off(0.01), Backprop(), build_problem("beale"), 0, CUDA_GRAPH)


def test_a_version_of_the_estimators_without_captured_execution_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "estimators.captured", None)
    with pytest.raises(MissingCapability, match="needs cuda-graph: this version of `estimators` has no captured execution"):
        compiling.executed(Backprop(), CUDA_GRAPH)
