"""What a report says of GPUs while cells were measured: ranges of what was read, the longest share, and nothing for the CPU."""

import dataclasses
import itertools
from typing import Any

import pytest

from benchmarks.records import Cell
from reports import findings, frames

COST = Cell("backprop", "sphere[n=64]", "cost", device="GPU-aaaa")
OTHER = dataclasses.replace(COST, estimator="spsa[k=1]")
CALM = {"seconds": 2.0, "throttled_ns": {"power cap": 0, "power brake": 0}, "sm_mhz": [1980, 1980], "celsius": [40, 52]}
HOT = {"seconds": 2.0, "throttled_ns": {"power cap": 100_000_000, "power brake": 3}, "sm_mhz": [1980, 1700], "celsius": [52, 61]}
BLIND = {"seconds": 2.0, "throttled_ns": None, "sm_mhz": [None, None], "celsius": [None, None]}
DAMAGED = {"seconds": None, "throttled_ns": {"power cap": "much"}, "sm_mhz": 7, "celsius": ["warm", True]}
NAMED = {"nvml": {"uuid": "GPU-aaaa", "name": "NVIDIA H200"}}


@pytest.fixture
def said(make_run, record_of):
    """Every notice of a run in which two cells had these facts, as one text."""

    def say(*boards: Any, provenance: Any = NAMED, again: bool = False) -> str:
        records = [
            dataclasses.replace(record_of(cell, multiple=3.0), facts={} if board is None else {"gpu": board})
            for cell, board in zip((COST, OTHER), boards, strict=False)
        ]
        if again:
            records += [dataclasses.replace(one, cell=dataclasses.replace(one.cell, process=1)) for one in records]
        folder = make_run(records, name=f"run{next(number)}", provenance=provenance)
        return " ".join(one.text for one in findings.notices(frames.read([folder])))

    number = itertools.count()
    return say


def test_ranges_are_over_all_cells_and_the_share_is_the_longest(said) -> None:
    """0.1 s of 2 s is 5 %."""
    assert (
        "NVIDIA H200, before and after cells: its temperature was between 40 and 61 °C and "
        "its clock was between 1,700 and 1,980 MHz; its clock was held down for at most 5.0 % of a cell's time (power cap)."
    ) in said(CALM, HOT)


def test_of_cells_with_several_processes_it_is_said_that_the_last_one_counts(said) -> None:
    assert "before and after cells (the last process of each): its temperature" in said(CALM, CALM, again=True)


def test_a_clock_that_nothing_held_down_is_said_to_be_one(said) -> None:
    assert "its clock was 1,980 MHz; nothing held its clock down." in said(CALM, CALM)


def test_what_could_not_be_read_is_not_known(said) -> None:
    assert "neither temperature nor clock could be read; for how long its clock was held down is not known." in said(BLIND)
    assert "nothing held its clock down in the 1 of 2 cells for which that is known." in said(CALM, BLIND)


def test_on_the_cpu_nothing_is_said_and_damage_is_no_number(said) -> None:
    assert "before and after cells" not in said(None, provenance={})
    assert "GPU-aaaa, before and after cells: neither temperature" in said(DAMAGED, provenance={})
