"""Where a run comes from, in words: nested values by their path, sizes as sizes, nothing that could act on the page."""

from benchmarks.records.ceilings import Ceilings
from reports.frames import Run
from reports.provenance import origin

HEADER = {
    "run": "r",
    "suite": "quick",
    "cells": [{"estimator": "backprop"}],
    "options": {"threads": 1, "measures": ["cost", "memory"], "data": "", "resume": None, "dry": False, "shards": []},
    "provenance": {"machine": "bench", "gpu": [{"name": "H200", "total_bytes": 1024}], "word": "a\u202eb"},
    "noise_floor": {"half_width": 0.01},
}


def test_what_was_asked_is_told_apart_from_where_it_was_measured() -> None:
    found = origin(Run("r", HEADER, ()))
    assert dict(found.asked) == {
        "run": "r",
        "suite": "quick",
        "options.threads": "1",
        "options.measures": "cost, memory",
        "options.data": "(empty)",
        "options.resume": "none",
        "options.dry": "no",
        "options.shards": "none",
    }
    assert dict(found.measured_on) == {
        "machine": "bench",
        "gpu.0.name": "H200",
        "gpu.0.total_bytes": "1.00 KiB",
        "word": "a\\u202eb",
        "noise_floor.half_width": "0.01",
    }


def test_the_ceilings_of_the_device_are_where_it_was_measured_and_not_what_was_asked() -> None:
    seen = Ceilings("cpu", "float32", 1, ((4096, 10e9), (1 << 26, 4e9)), ((256, 50e9),)).to_json()
    found = origin(Run("r", {"suite": "quick", "ceilings": seen}, ()))
    assert found.asked == (("suite", "quick"),)
    assert dict(found.measured_on) == {
        "ceilings.fastest copy": "10.0 GB/s (of 4.00 KiB)",
        "ceilings.copy of the largest array": "4.00 GB/s (of 64.0 MiB)",
        "ceilings.fastest matrix product": "50.0 GFLOP/s (of 256 x 256 in float32)",
    }
    assert origin(Run("r", {"suite": "quick", "ceilings": {"copies": []}}, ())).measured_on == ()


def test_a_run_that_says_nothing_has_nothing() -> None:
    assert origin(Run("r", {}, ())).measured_on == ()
