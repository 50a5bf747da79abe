"""A question at the end of the work: asked of a worker that has measured, and never in the way of its records."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.executors.events import Event, Finished, Found, Limits
from benchmarks.executors.local import LocalExecutor
from benchmarks.executors.process import Launch
from benchmarks.plan import Planned
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell, Outcome
from estimators.registry import ESTIMATORS

CELL = Planned(Cell(ESTIMATORS.canonical("backprop"), PROBLEMS.canonical("sphere[n=2]"), "memory"), 1, 0, 1.0)


@pytest.fixture
def executor(tmp_path: Path) -> Iterator[LocalExecutor]:
    launch = Launch({"effort": {}, "estimators_from": None}, tmp_path, tmp_path, "cpu", 1)
    with LocalExecutor(launch, Limits(60.0, 1 << 33)) as executor:
        yield executor


def told(executor: LocalExecutor, cells: list[Planned], question: dict[str, object]) -> list[Event]:
    events = executor.run(cells, lambda planned: {"budget": 0.1}, workers=1, last=question)
    return [event for event in events if isinstance(event, Finished | Found)]


def test_the_answer_comes_after_the_last_record(executor: LocalExecutor) -> None:
    record, answer = told(executor, [CELL], {"probe": "overhead", "with": {"device": "cpu"}})
    assert isinstance(record, Finished)
    assert record.record.outcome is Outcome.OK
    assert isinstance(answer, Found)
    assert answer.answer["sample_ns"] > 0


def test_a_question_that_breaks_the_worker_costs_no_record(executor: LocalExecutor) -> None:
    [record] = told(executor, [CELL], {"probe": "no such probe", "with": {}})
    assert isinstance(record, Finished)
    assert record.record.outcome is Outcome.OK


def test_where_nobody_has_measured_nobody_is_asked(executor: LocalExecutor) -> None:
    assert told(executor, [], {"probe": "overhead", "with": {"device": "cpu"}}) == []
