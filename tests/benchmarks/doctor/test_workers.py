"""A worker that dies, hangs or does not start is said to, and none is left behind."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from benchmarks.doctor.workers import Crew, LostError
from benchmarks.executors.events import StartError
from benchmarks.executors.process import Launch
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell
from estimators.registry import ESTIMATORS


def launch(folder: Path, **variables: str) -> Launch:
    return Launch({"effort": {}, "estimators_from": None}, folder, folder, "cpu", 1, variables)


@pytest.fixture(scope="module")
def crew(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Crew]:
    with Crew(launch(tmp_path_factory.mktemp("crew"))) as crew:
        yield crew


def test_a_worker_answers_and_one_that_breaks_is_told_with_its_last_words(crew: Crew) -> None:
    first, second = crew.start(2)
    assert crew.facts["torch"]["threads"] == 1
    reading = crew.ask(first, {"probe": "overhead", "with": {"device": "cpu"}}, 60)
    assert reading["sample_ns"] > 0
    with pytest.raises(LostError, match=r"the worker .*: KeyError: 'no such probe'"):
        crew.ask(second, {"probe": "no such probe", "with": {}}, 60)
    with pytest.raises(LostError, match=r"no answer within 0\.1 s"):
        crew.ask(first, {"probe": "threads", "with": {"device": "cpu", "threads": [1], "seconds": 60}}, 0.1)
    pids = (first.pid, second.pid)
    crew.dismiss(first)
    crew.dismiss(second)
    assert not any(psutil.pid_exists(pid) for pid in pids)


def test_two_workers_take_turns_at_one_reading_and_neither_is_left_waiting(crew: Crew, monkeypatch) -> None:
    pair = crew.start(2)
    told = []
    for worker in pair:
        monkeypatch.setattr(worker, "tell", lambda message, worker=worker, tell=worker.tell: (told.append(worker), tell(message)))
    cell = Cell(ESTIMATORS.canonical("backprop"), PROBLEMS.canonical("sphere[n=2]"), "cost", "cpu")
    asked = {"probe": "equal code", "with": {"cell": cell.to_json(), "precision": 1e-9, "budget": 0.3}, "turn": 0.05}
    found = crew.ask_in_turns(pair, asked, 60)
    assert min(found) > 0
    first, second = pair
    assert told[:6] == [first, second, second, first, first, second]
    assert abs(told.count(first) - told.count(second)) <= 1
    for worker in pair:
        crew.dismiss(worker)


def test_a_worker_that_does_not_start_is_a_start_error(tmp_path: Path) -> None:
    with Crew(launch(tmp_path, PYTHONHOME=str(tmp_path))) as crew, pytest.raises(StartError, match="a worker did not start"):
        crew.start(1)


def test_driver_and_command_import_no_torch() -> None:
    code = (
        "import sys, benchmarks.doctor.examination, gradgauge.doctoring; print({'torch', 'pandas', 'scipy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"
