"""A question at the end of the work: asked of a worker that has measured, and never in the way of its records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.executors.events import Event, Finished, Found, Limits
from benchmarks.executors.local import LocalExecutor
from benchmarks.executors.process import Launch
from benchmarks.harness.gpu_state import GpuWatch
from benchmarks.harness.probe import GpuProbe
from benchmarks.plan import Planned
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell, Outcome
from estimators.registry import ESTIMATORS
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

CELL = Planned(Cell(ESTIMATORS.canonical("backprop"), PROBLEMS.canonical("sphere[n=2]"), "memory"), 1, 0, 1.0)
LIMITS = Limits(60.0, 1 << 33)
OVERHEAD = {"probe": "overhead", "with": {"device": "cpu"}}


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    launch = Launch({"effort": {}, "estimators_from": None}, tmp_path, tmp_path, "cpu", 1)
    with LocalExecutor(launch, LIMITS) as executor:
        yield executor


def test_records_of_a_gpu_keep_what_it_did_around_them_and_others_do_not(tmp_path: Path) -> None:
    """Each cell by itself: what heat held down before the second one is not held against it."""
    gpu = FakeGpu(throttled=lambda seconds: {"power cap": 1000}, processes=lambda seconds: [(1, 1 << 30)])
    launch = Launch({"effort": {}, "estimators_from": None}, tmp_path, tmp_path, "cpu", 1)
    with GpuProbe(FakeNvml(gpu)) as probe, LocalExecutor(launch, LIMITS, GpuWatch(probe, probe.devices()[0])) as executor:
        records = [event.record for event in told(executor, [CELL, CELL], OVERHEAD) if isinstance(event, Finished)]
    assert [record.outcome for record in records] == [Outcome.OK] * 2
    for record in records:
        assert record.facts["gpu"]["other_processes"] == [1]
        assert record.facts["gpu"]["throttled_ns"]["power cap"] == 0
        assert record.facts["gpu"]["celsius"] == [40, 40]
        assert record.facts["gpu"]["seconds"] > 0


def told(executor: LocalExecutor, cells: list[Planned], question: dict[str, object]) -> list[Event]:
    events = executor.run(cells, lambda planned: {"budget": 0.1}, workers=1, last=question)
    return [event for event in events if isinstance(event, Finished | Found)]


def test_the_answer_comes_after_the_last_record(executor: LocalExecutor) -> None:
    record, answer = told(executor, [CELL], OVERHEAD)
    assert isinstance(record, Finished)
    assert record.record.outcome is Outcome.OK
    assert isinstance(answer, Found)
    assert answer.answer["sample_ns"] > 0
    assert "gpu" not in record.record.facts


def test_a_question_that_breaks_the_worker_costs_no_record(executor: LocalExecutor) -> None:
    [record] = told(executor, [CELL], {"probe": "no such probe", "with": {}})
    assert isinstance(record, Finished)
    assert record.record.outcome is Outcome.OK


def test_where_nobody_has_measured_nobody_is_asked(executor: LocalExecutor) -> None:
    assert told(executor, [], OVERHEAD) == []
