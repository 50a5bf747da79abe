"""The multiple on a scripted clock: an estimator that evaluates the loss m times costs m, whatever the machine does meanwhile."""

import math
import random
from dataclasses import dataclass

import pytest
import torch

from benchmarks.harness.multiple import measure, measure_alone
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from benchmarks.records import EAGER
from estimators import Declaration, DenseEstimate, Estimator, FunctionObjective, MissingCapability


class Machine:
    """A clock that only evaluations (and the waits below) move."""

    def __init__(self, cost=1_000_000, noise=0.0, seed=0):
        self.now, self.cost, self.noise, self.random = 0, cost, noise, random.Random(seed)

    def clock(self):
        return self.now

    def problem(self):
        point = torch.ones(3, requires_grad=True)

        def function(x):
            self.now += round(self.cost * math.exp(self.random.gauss(0, self.noise)))
            return (x**2).sum()

        objective = FunctionObjective(function, point)
        return Problem("scripted", objective, lambda: function(point), tuple, torch.device("cpu"), torch.float32, "", 12)


@dataclass(frozen=True)
class Evaluates(Estimator):
    """Evaluates the loss m times; what else its calls cost is scripted."""

    m: int
    machine: Machine
    first: int = 0
    prepare: int = 0
    drawing: int = 0

    def init(self, objective):
        self.machine.now += self.prepare
        return "new"

    def estimate(self, objective, state, *, generator):
        self.machine.now += self.first if state == "new" else 0
        for _ in range(self.m):
            objective.loss()
        return DenseEstimate(torch.zeros(()), {"x": torch.zeros(3)}), "used"

    def stages(self, objective, state, *, generator):
        if self.drawing:
            self.machine.now += self.drawing
            yield "drawing"
            self.estimate(objective, state, generator=generator)
            yield "derivative"

    def declaration(self, shapes, batch):
        return Declaration()


@dataclass(frozen=True)
class Unable(Evaluates):
    """Cannot be used here."""

    def estimate(self, objective, state, *, generator):
        raise MissingCapability("module", "this is a function")


def metrics(measurement):
    return {metric.metric: metric for metric in measurement.metrics}


@pytest.mark.parametrize("m", [1, 2, 5])
def test_the_multiple_alone_is_m_too_and_without_references_it_is_the_same_to_the_digit(m):
    found = []
    for measured in (measure, measure_alone):
        machine = Machine(noise=0.05)
        found.append(measured(machine.problem(), Evaluates(m, machine), Settings(), machine.clock))
    row, alone = metrics(found[0])["multiple"], found[1]
    assert (row.value, row.low, row.high) == (alone.value, alone.low, alone.high)
    assert alone.low < m < alone.high


@pytest.mark.parametrize("m", [1, 2, 5])
def test_m_evaluations_cost_m_base_passes(m):
    machine = Machine()
    measurement = measure(machine.problem(), Evaluates(m, machine), Settings(), machine.clock)
    multiple = metrics(measurement)["multiple"]
    assert (multiple.value, multiple.low, multiple.high) == (m, m, m)
    assert measurement.facts["inner_counts"] == {"base": m, "estimator": 1}
    assert "prepared" not in measurement.facts  # its state says nothing of itself
    assert metrics(measurement)["forward_calls"].value == m
    assert metrics(measurement)["time"].value == m * 1e6
    assert metrics(measurement)["base_time"].value == 1e6
    assert measurement.marks == frozenset()


@pytest.mark.parametrize("m", [1, 2, 5])
def test_noise_of_ten_percent_is_averaged_to_the_precision_asked_for(m):
    machine = Machine(noise=0.1, seed=m)
    measurement = measure(machine.problem(), Evaluates(m, machine), Settings(precision=0.005, budget_s=1e6), machine.clock)
    multiple = metrics(measurement)["multiple"]
    assert multiple.value == pytest.approx(m, rel=0.01)
    assert multiple.high - multiple.low <= 2 * 0.005 * multiple.value
    assert multiple.count == len(measurement.samples["base"]) > 15


def test_a_budget_too_small_gives_a_marked_number_rather_than_none():
    machine = Machine(noise=0.3)
    measurement = measure(machine.problem(), Evaluates(2, machine), Settings(precision=1e-4, budget_s=0.1), machine.clock)
    assert measurement.marks == {"imprecise"}
    assert metrics(measurement)["multiple"].value > 0
    assert len(measurement.samples["base"]) < 40


def test_prepare_first_call_and_steady_state_are_separate():
    machine = Machine()
    estimator = Evaluates(2, machine, first=7_000_000, prepare=9_000_000)
    found = metrics(measure(machine.problem(), estimator, Settings(), machine.clock))
    assert found["prepare_time"].value == 9_000_000
    assert found["first_call_time"].value == 9_000_000  # 7 ms more than a later one
    assert found["time"].value == 2_000_000


def test_references_share_the_rounds_and_give_ratios():
    machine = Machine()
    references = {"backprop": Evaluates(3, machine), "checkpointed-backprop": Evaluates(4, machine)}
    found = metrics(measure(machine.problem(), Evaluates(6, machine), Settings(references=references), machine.clock))
    assert found["ratio_to_backprop"].value == 2
    assert found["ratio_to_checkpointed_backprop"].value == 1.5


def test_an_estimator_that_is_the_reference_is_not_timed_against_itself():
    machine = Machine()
    settings = Settings(references={"backprop": Evaluates(3, machine)})
    measurement = measure(machine.problem(), Evaluates(3, machine), settings, machine.clock)
    assert metrics(measurement)["ratio_to_backprop"].value == 1.0
    assert set(measurement.samples) == {"base", "estimator"}


def test_a_reference_that_cannot_run_here_is_left_out_with_its_reason():
    machine = Machine()
    settings = Settings(references={"checkpointed-backprop": Unable(3, machine)})
    measurement = measure(machine.problem(), Evaluates(2, machine), settings, machine.clock)
    assert "this is a function" in measurement.facts["references_left_out"]["checkpointed-backprop"]
    assert "ratio_to_checkpointed_backprop" not in metrics(measurement)


def test_what_a_compiled_estimator_does_is_counted_in_its_eager_self_or_not_at_all():
    machine = Machine()
    found = []
    for eager in (Evaluates(3, machine), Unable(3, machine)):
        measured = measure(machine.problem(), Evaluates(2, machine), Settings(references={EAGER: eager}), machine.clock)
        found.append(metrics(measured))
    assert found[0]["forward_calls"].value == 3
    assert "forward_calls" not in found[1]
    assert found[1]["multiple"].value == 2


def test_an_estimator_that_cannot_run_here_says_what_is_missing():
    machine = Machine()
    with pytest.raises(MissingCapability, match="this is a function"):
        measure(machine.problem(), Unable(2, machine), Settings(), machine.clock)


def test_stages_are_multiples_of_the_base_from_a_pass_of_their_own():
    machine = Machine()
    measurement = measure(machine.problem(), Evaluates(2, machine, drawing=500_000), Settings(), machine.clock)
    found = metrics(measurement)
    assert found["drawing_multiple"].value == 0.5
    assert found["derivative_multiple"].value == 2
    assert "aggregation_multiple" not in found
    assert measurement.samples["split_drawing"][0] == 500_000 * measurement.facts["split_inner_counts"]["stages"]


def test_the_split_of_slow_stages_stays_within_the_budget_and_then_has_no_interval():
    machine = Machine()
    measurement = measure(machine.problem(), Evaluates(2, machine, drawing=10**9), Settings(budget_s=3), machine.clock)
    drawing = metrics(measurement)["drawing_multiple"]
    assert (drawing.count, drawing.low) == (3, None)


def test_an_estimator_without_stages_has_no_split():
    machine = Machine()
    measurement = measure(machine.problem(), Evaluates(2, machine), Settings(), machine.clock)
    assert not [name for name in (*metrics(measurement), *measurement.samples) if name.startswith(("drawing", "split"))]


def test_samples_are_integers_of_nanoseconds():
    machine = Machine(noise=0.1)
    measurement = measure(machine.problem(), Evaluates(1, machine), Settings(budget_s=0.1), machine.clock)
    assert all(type(sample) is int for values in measurement.samples.values() for sample in values)
