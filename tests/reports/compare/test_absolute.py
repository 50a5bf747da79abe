"""Absolute times stand side by side where verdicts about cost are forbidden, and only there."""

import itertools

import pytest

from benchmarks.records import Cell
from reports.compare import Rule, compare
from reports.compare.sections import sections


@pytest.fixture
def absolute(make_run, record_of):
    numbers = itertools.count()

    def find(base, new, **provenance):
        folders = [
            make_run(
                [
                    record_of(Cell(estimator, "mlp", "cost", process=process), multiple=3.0, **times)
                    for estimator, processes in of.items()
                    for process, times in enumerate(processes)
                ],
                name=f"{name}{next(numbers)}",
                provenance={"machine": "bench", **(provenance if name == "new" else {})},
            )
            for name, of in (("base", base), ("new", new))
        ]
        return [section for section in sections(compare(*folders, Rule())) if section.name == "absolute"]

    return find


FAST, SLOW = {"time": 2e6, "base_time": 1e6}, {"time": 8e6, "base_time": 4e6}


def test_another_machine_puts_times_side_by_side_without_a_verdict(absolute):
    [section] = absolute({"spsa": [FAST], "backprop": [FAST]}, {"spsa": [SLOW], "backprop": [SLOW]}, machine="other")
    assert [(line.estimator, *line.values, line.change, line.verdict) for line in section.lines] == [
        ("base forward pass", "1.00 ms", "4.00 ms", "4.00", "no verdict"),
        ("spsa", "2.00 ms", "8.00 ms", "4.00", "no verdict"),
        ("backprop", "2.00 ms", "8.00 ms", "4.00", "no verdict"),
    ]
    assert section.finding == "Absolute times of 2 cells stand side by side, without a verdict."


def test_on_one_machine_there_are_none(absolute):
    assert absolute({"spsa": [FAST]}, {"spsa": [SLOW]}) == []


def test_of_several_processes_the_median_is_shown(absolute):
    [section] = absolute({"spsa": [FAST, SLOW]}, {"spsa": [FAST]}, machine="other")
    assert section.lines[1].values == ("5.00 ms", "2.00 ms")


def test_a_time_that_is_missing_is_no_line(absolute):
    assert absolute({"spsa": [{}]}, {"spsa": [FAST]}, machine="other") == []
    [section] = absolute({"spsa": [{"time": 2e6}]}, {"spsa": [FAST]}, machine="other")
    assert [line.estimator for line in section.lines] == ["spsa"]
