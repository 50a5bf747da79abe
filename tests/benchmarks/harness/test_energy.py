"""Joules of a gradient on a machine whose energy is known: in all, above idle, beside base and backprop, each with its bound."""

import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import torch

from benchmarks.cell import Effort, measure_cell
from benchmarks.harness import energy
from benchmarks.harness.device_time import Busy
from benchmarks.harness.metering import EnergyCounter
from benchmarks.harness.settings import Settings
from benchmarks.harness.windows import Schedule
from benchmarks.problems.problem import Problem
from benchmarks.records import ENERGY, METRICS, Cell, Measurement, Outcome
from estimators import Declaration, DenseEstimate, Estimator, FunctionObjective, MissingCapability
from tests.benchmarks.harness.metered_machine import IDLE_WATTS, Machine, Work

PIECES = {"base": (0.004, 300.0), "estimator": (0.01, 500.0), "backprop": (0.008, 600.0)}
"""Side -> seconds and watts."""


def taken(machine: Machine, seconds: float = 5.0, rounds: int = 5, without: str = "") -> energy.Taken:
    sides = {name: Work(machine, *cost) for name, cost in PIECES.items() if name != without}
    return energy.take(sides, Schedule(rounds, seconds), machine.meter(), random.Random(0))


def summarised(machine: Machine, busy: Busy | None = None, **options: Any) -> Measurement:
    return energy.summary(taken(machine, **options), Schedule(5, 5.0), machine.counter.name, 0.03, busy)


def values(measurement: Measurement) -> dict[str, Any]:
    return {metric.metric: metric.value for metric in measurement.metrics}


@pytest.mark.parametrize(("side", "prefix"), [("base", "base_"), ("estimator", ""), ("backprop", "backprop_")])
def test_the_energy_of_each_side_is_right_within_its_bound(side: str, prefix: str) -> None:
    found = values(summarised(Machine()))
    seconds, watts = PIECES[side]
    assert abs(found[f"{prefix}energy"] - seconds * watts) <= found[f"{prefix}energy_bound"] < 0.01 * seconds * watts
    net = seconds * (watts - IDLE_WATTS)
    assert abs(found[f"{prefix}energy_net"] - net) <= found[f"{prefix}energy_net_bound"] < 0.02 * net


def test_ratios_are_paired_and_the_idle_power_is_measured_by_the_same_counter() -> None:
    measurement = summarised(Machine())
    found = values(measurement)
    assert found["energy_multiple"] == pytest.approx(5 / 1.2, rel=0.01)
    assert found["energy_ratio_to_backprop"] == pytest.approx(5 / 4.8, rel=0.01)
    assert found["idle_power"] == pytest.approx(IDLE_WATTS, rel=0.01)
    assert found["energy_over_power"] == pytest.approx(1.0, rel=0.01)
    assert found["energy_windows"] == 5
    assert found.keys() <= METRICS.keys()
    assert measurement.marks == frozenset()
    metric = next(metric for metric in measurement.metrics if metric.metric == "energy")
    assert metric.low is not None
    assert metric.high is not None
    assert metric.low <= found["energy"] <= metric.high
    assert metric.count == 5


def test_backprop_alone_is_not_compared_with_itself() -> None:
    found = values(summarised(Machine(), without="backprop"))
    assert "energy_ratio_to_backprop" not in found
    assert "backprop_energy" not in found


def test_a_counter_that_disagrees_with_the_power_by_more_than_5_percent_is_disputed() -> None:
    assert summarised(Machine(biased=1.04)).marks == frozenset()
    assert summarised(Machine(biased=1.07)).marks == {"disputed"}
    assert summarised(Machine(biased=0.9)).marks == {"disputed"}


def test_a_power_that_cannot_be_read_is_missing_with_the_reason_and_never_0() -> None:
    machine = Machine()
    machine.nvml.missing = frozenset({186})
    measurement = summarised(machine)
    assert values(measurement)["energy_over_power"] is None
    assert measurement.facts["missing"] == {"energy_over_power": "the power could not be read beside the counter"}
    assert measurement.marks == frozenset()


def test_a_bound_beyond_the_precision_makes_a_record_imprecise() -> None:
    machine = Machine()
    sides = {"base": Work(machine, 0.004, 300.0), "estimator": Work(machine, 0.4, 500.0)}
    found = energy.take(sides, Schedule(3, 5.0), machine.meter(), random.Random(0))
    assert energy.summary(found, Schedule(3, 5.0), "counter", 0.03).marks == {"imprecise"}


def test_the_share_in_which_the_gpu_worked_stands_beside_it() -> None:
    half = summarised(Machine(), Busy(5_000_000, 12))
    assert values(half)["energy_busy"] == pytest.approx(0.5, rel=0.01)
    unseen = summarised(Machine(), Busy(0, 0))
    assert values(unseen)["energy_busy"] is None
    assert "energy_busy" in unseen.facts["missing"]
    assert "energy_busy" not in values(summarised(Machine()))


def test_a_window_that_is_thrown_away_is_taken_again_and_counted() -> None:
    machine = Machine(resets=(120.0,))
    found = taken(machine)
    assert found.discarded == 1
    assert {len(each) for each in found.windows.values()} == {5}


def test_windows_are_kept_so_that_their_energy_can_be_computed_again() -> None:
    measurement = summarised(Machine())
    samples = measurement.samples
    for number in range(5):
        pieces = (samples["estimator_least"][number] + samples["estimator_most"][number]) / 2
        assert samples["estimator_microjoules"][number] / pieces == pytest.approx(5e6, rel=0.01)
    said = measurement.facts["energy"]
    assert (said["counter"], said["rounds"], said["discarded"]) == ("NVML's total energy of the board", 5, 0)


def test_readings_of_a_tenth_of_a_millisecond_take_less_than_a_hundredth_of_the_windows() -> None:
    assert summarised(Machine(cost=1e-4)).facts["energy"]["reading_share"] < 0.01


@dataclass(frozen=True)
class Costing(Estimator):
    """An estimator whose estimate is work on a machine."""

    machine: Machine
    seconds: float
    watts: float

    def estimate(self, objective: Any, state: Any, *, generator: torch.Generator) -> Any:
        self.machine.submit(self.seconds, self.watts, 1)
        return DenseEstimate(torch.zeros(()), {"x": torch.zeros(2)}), state

    def declaration(self, shapes: Any, batch: int | None) -> Declaration:
        return Declaration()


def measured(machine: Machine, budget: float) -> Measurement:
    """Through the door that a cell takes."""

    @contextmanager
    def opened(device: torch.device) -> Iterator[EnergyCounter]:
        yield machine.counter

    def base() -> torch.Tensor:
        machine.submit(*PIECES["base"], 1)
        return torch.zeros(())

    objective = FunctionObjective(lambda x: (x**2).sum(), torch.ones(2, requires_grad=True))
    problem = Problem("f", objective, base, tuple, torch.device("cpu"), torch.float32, "", 8)
    references = {"backprop": Costing(machine, *PIECES["backprop"])}
    opener: Callable[[torch.device], AbstractContextManager[EnergyCounter]] = opened
    settings = Settings(budget_s=budget, references=references)
    return energy.measure(problem, Costing(machine, *PIECES["estimator"]), settings, opener, lambda *_: machine.meter())


def test_a_budget_buys_rounds_of_windows() -> None:
    found = values(measured(Machine(), budget=140.0))
    assert found["energy"] == pytest.approx(5.0, rel=0.01)
    assert found["base_energy"] == pytest.approx(1.2, rel=0.01)
    assert found["backprop_energy"] == pytest.approx(4.8, rel=0.01)
    assert found["energy_windows"] == 5


def test_a_budget_too_short_for_windows_of_a_second_is_refused_with_what_it_would_take() -> None:
    with pytest.raises(MissingCapability, match="needs energy: windows of 1 s at least take 32 s, and the budget is 10 s"):
        measured(Machine(), budget=10.0)


def test_a_counter_that_stands_still_skips_the_cell() -> None:
    with pytest.raises(MissingCapability, match="needs energy: NVML's total energy of the board has not moved"):
        measured(Machine(step=1e9), budget=140.0)


def test_a_cell_without_a_counter_or_with_too_short_a_budget_is_skipped_and_says_why() -> None:
    record = measure_cell(Cell("backprop", "beale", ENERGY), Effort(budget=1.0))
    assert record.outcome is Outcome.SKIPPED
    assert record.reason.startswith("needs energy: ")
    assert record.metrics == ()
