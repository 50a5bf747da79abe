"""Absolute times stand side by side where verdicts about cost are forbidden, and only there."""

import itertools

import pytest

from benchmarks.records import Cell
from reports.compare import Rule, compare
from reports.compare.sections import sections


@pytest.fixture
def absolute(make_run, record_of):
    numbers = itertools.count()

    def find(base, new, ceilings=(None, None), **provenance):
        folders = [
            make_run(
                [
                    record_of(Cell(estimator, "mlp", "cost", process=process), multiple=3.0, **times)
                    for estimator, processes in of.items()
                    for process, times in enumerate(processes)
                ],
                name=f"{name}{next(numbers)}",
                provenance={"machine": "bench", **(provenance if name == "new" else {})},
                **({"ceilings": roof} if roof else {}),
            )
            for name, of, roof in (("base", base, ceilings[0]), ("new", new, ceilings[1]))
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


def ceilings(product: float, copy: float, device: str = "cpu") -> dict:
    """What a run's header holds of a device that multiplies and copies so fast, in operations and bytes a second."""
    return {"device": device, "dtype": "float32", "threads": 1, "copies": [[2**20, copy]], "products": [[512, product]]}


COUNTED = {"flops": 1e6, "operator_bytes": 1e5, "base_flops": 1e5, "base_operator_bytes": 1e5}


def test_each_time_has_its_share_of_what_its_own_device_does_at_best(absolute):
    base, new = ({"spsa": [{**times, **COUNTED}]} for times in (FAST, SLOW))
    [section] = absolute(base, new, machine="other", ceilings=(ceilings(5e9, 1e9), ceilings(1e9, 1e9)))
    # a gradient makes 10 operations a byte, and products are the nearer limit; the base makes 1, and copying is
    assert [line.values for line in section.lines] == [
        ("1.00 ms (10 %)", "4.00 ms (2.5 %)"),
        ("2.00 ms (10 %)", "8.00 ms (12 %)"),
    ]
    assert "BASE: fastest copy 1.00 GB/s" in section.reasons[0]
    assert "fastest matrix product 5.00 GFLOP/s (of 512 x 512 in float32)" in section.reasons[0]


def test_where_a_run_has_no_ceilings_of_its_device_no_share_is_shown(absolute):
    base, new = ({"spsa": [{**times, **COUNTED}]} for times in (FAST, SLOW))
    [section] = absolute(base, new, machine="other", ceilings=(ceilings(5e9, 1e9), None))
    assert section.lines[1].values == ("2.00 ms (10 %)", "8.00 ms")
    assert section.reasons[0].endswith("no ceilings were measured in NEW")
    [section] = absolute(base, new, machine="other", ceilings=(ceilings(5e9, 1e9, device="GPU-1"), None))
    assert section.lines[1].values == ("2.00 ms", "8.00 ms")
    assert section.reasons == ()
