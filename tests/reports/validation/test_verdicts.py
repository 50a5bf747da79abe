"""Trials are judged by the rule of `compare`, repetition by repetition, and what they come to is counted."""

import json
import math
from dataclasses import replace

import pytest

from benchmarks.doctor.noise import NoiseFloor, Place
from benchmarks.records import Cell
from estimators.registry import ESTIMATORS
from reports.compare import compare
from reports.validation.summary import figures, pooled, spreads
from reports.validation.verdicts import BASE, EQUAL, PLANTED, Trials

FLOOR = NoiseFloor(Place("bench", "cpu", "cpu", 1, "torch"), "2026-01-01T00:00:00+00:00", 0.005, 0.005, 20, 6, 4)
LIMIT = 0.04
NOISE = (0.004, -0.006, 0.001, 0.003, -0.005, 0.002)  # of the logarithm, process by process
STARTED = "2026-01-01T00:{:02}:00+00:00"


def _records(record_of, shift, sign, processes):
    """Two cells, `shift` slower; the second is twice as noisy. Sides of another sign have the opposite noise."""
    for number, estimator in enumerate(("backprop", "spsa")):
        for process in range(processes):
            value = 3 * math.exp(shift + sign * (1 + number) * NOISE[process])
            cell = Cell(ESTIMATORS.canonical(estimator), "sphere[n=64]", "cost", process=process)
            yield replace(record_of(cell, multiple=value), started=STARTED.format(process))


@pytest.fixture
def folder(make_run, record_of, tmp_path):
    """Two repetitions, the first with planted slowdowns that came out exactly; the second was interrupted."""
    shifts = {BASE: 0.0, EQUAL: 0.0, "planted-L": math.log1p(LIMIT), "planted-2L": math.log1p(2 * LIMIT)}
    for repetition in range(2):
        (tmp_path / f"repetition-0{repetition}").mkdir()
        for side, shift in shifts.items():
            processes = 6 if repetition == 0 else 5
            if repetition == 0 or side in (BASE, EQUAL):
                make_run(
                    _records(record_of, shift, -1 if side == BASE else 1, processes), name=f"repetition-0{repetition}/{side}"
                )
    note = {"noise_floor": FLOOR.to_json(), "processes": 6, "limit": LIMIT}
    (tmp_path / "trials.json").write_text(json.dumps(note))
    return tmp_path


def test_only_comparisons_measured_to_their_end_are_judged(folder):
    judged = list(Trials.read(folder).judged())
    assert [(one.repetition, one.side) for one in judged] == [(0, side) for side in (EQUAL, *PLANTED) for _ in range(2)]


def test_verdicts_are_those_of_compare(folder):
    trials = Trials.read(folder)
    for side in (EQUAL, *PLANTED):
        rows = compare(folder / "repetition-00" / BASE, folder / "repetition-00" / side, trials.rule).rows
        expected = [(row.pair.estimator, row.verdict, row.difference) for row in rows]
        found = [(one.row.pair.estimator, one.row.verdict, one.row.difference) for one in trials.judged() if one.side == side]
        assert found == expected


def test_equal_code_and_slowdowns_are_counted_by_what_they_were_called(folder):
    trials = Trials.read(folder)
    found = figures(list(trials.judged()), trials.floor, trials.limit, trials.processes)
    equal, once, twice = found["sides"]
    assert (equal["slower"], equal["faster"], equal["comparisons"]) == (0, 0, 2)
    assert (once["slower"], twice["slower"]) == (2, 2)
    assert once["same"] == twice["same"] == 0
    assert once["mean_ratio"] == pytest.approx(1 + LIMIT, rel=1e-3)
    assert twice["planted"] == 2 * LIMIT


def test_the_spread_of_a_cell_is_that_of_its_processes(folder):
    trials = Trials.read(folder)
    judged = list(trials.judged())
    differences = [2 * noise for noise in NOISE]  # the sides differ by twice the noise of a process
    expected = math.sqrt(sum((x - sum(differences) / 6) ** 2 for x in differences) / 5)
    quiet, noisy = spreads(judged, trials.floor, 6)
    assert (quiet.processes, noisy.processes) == pytest.approx((expected / math.sqrt(2), 2 * expected / math.sqrt(2)), rel=1e-6)
    both = pooled([one for one in judged if one.side == EQUAL], trials.floor, 6)
    assert both.spread == pytest.approx(expected * math.sqrt((1 + 4) / 2), rel=1e-6)
    assert (both.degrees, both.pairs, both.cells) == (10, 5, 2)
