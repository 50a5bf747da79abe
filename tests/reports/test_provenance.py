"""Where a run comes from, in words: nested values by their path, sizes as sizes, nothing that could act on the page."""

from reports.frames import Run
from reports.provenance import origin

HEADER = {
    "run": "r",
    "suite": "quick",
    "cells": [{"estimator": "backprop"}],
    "options": {"threads": 1, "measures": ["cost", "memory"], "resume": None, "dry": False, "shards": []},
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


def test_a_run_that_says_nothing_has_nothing() -> None:
    assert origin(Run("r", {}, ())).measured_on == ()
