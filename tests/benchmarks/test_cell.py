"""A cell becomes a record whatever happens: numbers with what they were measured on, or an outcome with its reason."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import torch
from torch import Tensor

from benchmarks.cell import Effort, measure_cell, measure_objects
from benchmarks.outcomes import LONGEST_REASON, NotFiniteError, WrongEstimateError, check_estimate, outcome_of, reason_of
from benchmarks.problems.problem import build_problem
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import CONTRACT, Cell, Metric, Outcome, Record
from estimators.estimator import Declaration, DenseEstimate, Estimate, Estimator
from estimators.objective import MissingCapability, Objective
from estimators.registry import ESTIMATORS

EFFORT = Effort(precision=0.5, budget=0.05, draws=4)


def _cell(estimator: str, problem: str, kind: str) -> Cell:
    return Cell(ESTIMATORS.canonical(estimator), PROBLEMS.canonical(problem), kind)


@dataclass(frozen=True)
class Answers(Estimator):
    """Answers with given tensors."""

    tensors: Any

    def estimate(self, objective: Objective, state: Any, *, generator: torch.Generator) -> tuple[Estimate, Any]:
        return DenseEstimate(torch.zeros(()), self.tensors), state

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration(stochastic=False)


@pytest.mark.parametrize("kind", ["cost", "memory", "quality"])
def test_a_record_holds_numbers_the_dimension_and_the_data(kind: str) -> None:
    record = measure_cell(_cell("spsa", "sphere[n=8]", kind), EFFORT)
    assert record.outcome is Outcome.OK
    assert record.metrics
    assert record.facts["n"] == 8
    assert record.facts["data"] == "closed form"
    assert record.seconds > 0


def test_a_record_holds_what_is_declared_for_the_problem_as_json_values() -> None:
    record = measure_cell(_cell("forward-gradient", "sphere[n=8]", "memory"), EFFORT)
    declared = record.facts["declared"]
    assert (declared["relative_error"], declared["forward_calls"], declared["needs"]) == (9.0, 1, ["jvp"])
    assert json.loads(json.dumps(declared)) == declared


@pytest.mark.parametrize(("kind", "outcome"), [("cost", "skipped"), ("memory", "skipped"), ("quality", "ok")])
def test_a_simulated_derivative_has_quality_and_no_cost(kind: str, outcome: str) -> None:
    record = measure_cell(_cell("forward-gradient[derivative=simulated]", "sphere[n=8]", kind), EFFORT)
    assert record.outcome.value == outcome
    assert outcome == "ok" or "simulated ones come from the known gradient" in record.reason


def test_a_contract_counts_its_clauses() -> None:
    record = measure_cell(Cell("backprop", CONTRACT, CONTRACT), EFFORT)
    values = {metric.metric: metric.value for metric in record.metrics}
    assert record.outcome is Outcome.OK
    assert values["clauses_failed"] == 0
    assert sum(value or 0 for value in values.values()) == len(record.facts["clauses"])


def test_a_missing_capability_is_a_skip() -> None:
    record = measure_cell(_cell("checkpointed-backprop", "sphere", "memory"), EFFORT)
    assert record.outcome is Outcome.SKIPPED
    assert "needs module" in record.reason


def test_objects_are_measured_like_specs() -> None:
    cell = _cell("backprop", "beale", "memory")
    by_spec = measure_cell(cell, EFFORT)
    by_object = measure_objects(cell, ESTIMATORS.build("backprop"), build_problem("beale"), EFFORT)
    assert exact(by_object) == exact(by_spec)
    assert by_object.facts == by_spec.facts


def exact(measured: Record) -> list[Metric]:
    """Without what the kernel counts in pages, with all else that is in the process."""
    return [metric for metric in measured.metrics if metric.metric != "process_peak_bytes"]


def test_draws_of_two_problems_are_not_the_same_numbers() -> None:
    first, second = (measure_cell(_cell("forward-gradient", f"sphere[n={n}]", "quality"), EFFORT) for n in (8, 9))
    assert first.metrics[1].value != second.metrics[1].value


@pytest.mark.parametrize(
    ("tensors", "error", "words"),
    [
        ({}, WrongEstimateError, "the names () instead of (x)"),
        ({"y": torch.ones(2)}, WrongEstimateError, "the names (y) instead of (x)"),
        ({"x": torch.ones(3)}, WrongEstimateError, "shape (3,), float32, cpu instead of shape (2,), float32, cpu"),
        ({"x": torch.ones(2, dtype=torch.float64)}, WrongEstimateError, "float64"),
        ({"x": [1.0, 2.0]}, WrongEstimateError, "type list"),
        ({"x": torch.tensor([1.0, float("nan")])}, NotFiniteError, "'x' is not finite"),
        ({"x": torch.tensor([1.0, float("inf")])}, NotFiniteError, "'x' is not finite"),
    ],
)
def test_the_form_of_an_estimate_is_looked_at(tensors: dict[str, Tensor], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as raised:
        check_estimate(Answers(tensors), build_problem("beale"))
    assert words in str(raised.value)


def test_an_estimate_of_the_right_form_passes() -> None:
    check_estimate(Answers({"x": torch.ones(2)}), build_problem("beale"))


class Unspeakable(Exception):  # noqa: N818
    """An exception whose text cannot be had."""

    def __str__(self) -> str:
        raise RuntimeError


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (MissingCapability("sites", "no modules"), Outcome.SKIPPED, "needs sites: no modules"),
        (MemoryError(), Outcome.OUT_OF_MEMORY, "MemoryError"),
        (
            RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"),
            Outcome.OUT_OF_MEMORY,
            "RuntimeError: ",
        ),
        (torch.OutOfMemoryError("CUDA out of memory."), Outcome.OUT_OF_MEMORY, "OutOfMemoryError: CUDA out of memory."),
        (ValueError("a\n  b"), Outcome.FAILED, "ValueError: a b"),
        (SystemExit(3), Outcome.FAILED, "SystemExit: 3"),
        (Unspeakable(), Outcome.FAILED, "Unspeakable: (its message cannot be shown)"),
        (WrongEstimateError("names"), Outcome.WRONG, "names"),
        (NotFiniteError("nan"), Outcome.FAILED, "nan"),
    ],
)
def test_each_exception_has_its_outcome_and_reason(error: BaseException, outcome: Outcome, reason: str) -> None:
    assert outcome_of(error) is outcome
    assert reason_of(error).startswith(reason)


def test_a_reason_is_never_longer_than_a_few_lines() -> None:
    assert len(reason_of(ValueError("x" * 10_000))) == LONGEST_REASON
