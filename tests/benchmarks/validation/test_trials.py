"""Trials are measured in turns, judged by what `gradgauge compare` says, kept when interrupted, and never measured twice."""

import json
from dataclasses import replace

import pytest

from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.records import RunFolder
from benchmarks.request import Request
from benchmarks.validation.trials import BASE, EQUAL, LIMIT, PLANTED, Trials, run, standard
from reports.validation.verdicts import Trials as Judge

FLOOR = NoiseFloor(Place("here", "cpu", "cpu", 1, "torch"), "2026-01-01T00:00:00+00:00", 0.02, 0.02, 20, 6, 4)
TINY = Request(
    suite="custom",
    estimators=("spsa",),
    problems=("sphere",),
    measures=("cost",),
    processes=2,
    precision=0.5,
    budget=0.02,
    timeout=LIMIT,  # a machine that is busy with other tests may be slow
)


@pytest.fixture(scope="module")
def trials(tmp_path_factory):
    """Two cells in two processes a side, measured for real; the noise floor is at hand."""
    made = Trials(tmp_path_factory.mktemp("trials"), TINY, 1)
    assert run(made, lambda: FLOOR, lambda line: None) == 0
    return made


def _records(path):
    return RunFolder.open(path).records()[0]


def test_every_side_measures_the_same_cells_with_code_of_its_own(trials):
    sides = trials.sides(0)
    assert list(sides) == [BASE, EQUAL, *PLANTED]
    assert len({frozenset(record.cell for record in _records(path)) for path in sides.values()}) == 1
    digests = [RunFolder.open(path).header()["provenance"]["estimators"]["digest"] for path in sides.values()]
    assert digests[0] == digests[1]
    assert len(set(digests)) == 3


def test_sides_take_turns_cell_by_cell_forward_and_back(trials):
    cells = {}
    for side, path in trials.sides(0).items():
        for record in _records(path):
            if record.cell.kind == "cost":
                cells.setdefault((record.cell.process, record.cell.estimator), []).append((record.started, side))
    orders = [[side for _, side in sorted(started)] for started in sorted(map(sorted, cells.values()))]
    forward = [BASE, EQUAL, *PLANTED]
    assert orders == [forward, forward[::-1], forward[::-1], forward]


def test_what_was_planted_is_what_the_noise_floor_would_find(trials):
    assert json.loads(trials.note.read_text())["limit"] == pytest.approx(FLOOR.detection_limit(2))


def test_every_comparison_is_judged(trials):
    judged = list(Judge.read(trials.folder).judged())
    assert [(one.side, one.planted) for one in judged] == [
        (side, pytest.approx(times * FLOOR.detection_limit(2)))
        for side, times in zip((EQUAL, *PLANTED), (0, 1, 2), strict=True)
        for _ in range(2)
    ]
    assert all(one.row.in_pairs for one in judged)


def test_what_is_measured_is_not_measured_again(trials):
    before = [_records(path) for path in trials.sides(0).values()]

    def unwanted():
        raise AssertionError("the noise floor is known")

    assert run(trials, unwanted, lambda line: None) == 0
    assert [_records(path) for path in trials.sides(0).values()] == before


def test_what_is_missing_is_measured_beside_what_is_there(trials, tmp_path):
    lost = trials.sides(0)[EQUAL] / "records.jsonl"
    lines = lost.read_bytes().splitlines(keepends=True)
    lost.write_bytes(b"".join(lines[:-1]))
    kept = _records(trials.sides(0)[EQUAL])
    assert run(trials, lambda: FLOOR, lambda line: None) == 0
    assert _records(trials.sides(0)[EQUAL])[: len(kept)] == kept
    assert len(_records(trials.sides(0)[EQUAL])) == len(lines)


def test_the_trials_that_are_kept_compare_twenty_cells_by_six_processes(tmp_path):
    made = standard(tmp_path, 10)
    assert made.request.processes == 6
    assert [len(made.sides(repetition)) for repetition in range(10)] == [4, 2] * 5
    assert len(replace(made, repetitions=1).request.estimators) * len(made.request.problems) == 20
