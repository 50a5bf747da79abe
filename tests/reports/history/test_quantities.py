"""What this suite tracks with asv is known by name and unit, so that a page shows each number as what it is."""

import inspect

from benchmarks import track_sweeps
from reports.history.quantities import KNOWN, TRACKERS, in_unit, tracked_by_asv


def test_every_tracker_of_the_suite_is_known_by_its_name_and_unit() -> None:
    methods = inspect.getmembers(track_sweeps.Width, lambda member: hasattr(member, "unit"))
    assert {(name, method.unit) for name, method in methods} == set(TRACKERS)
    assert set(TRACKERS.values()) == set(KNOWN)


def test_a_benchmark_of_the_same_name_with_another_unit_is_not_taken_for_it() -> None:
    assert tracked_by_asv("track_peak_bytes", "MB").name not in KNOWN
    assert tracked_by_asv("track_peak_bytes", "bytes") is KNOWN["peak_bytes"]


def test_units_have_ids_of_their_own() -> None:
    units = ["", "seconds", "bytes", "1 - cos", "1_-_cos", "<b>", "é"]
    names = [in_unit(unit).name for unit in units]
    assert len(set(names)) == len(units)
    assert all(name.replace("-", "").replace("_", "").isalnum() and name.isascii() for name in names)


def test_only_absolute_times_are_not_judged() -> None:
    assert [in_unit(unit).judged for unit in ("seconds", "ms", "bytes", "x base", "")] == [False, False, True, True, True]
