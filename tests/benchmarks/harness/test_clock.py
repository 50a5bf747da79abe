"""The clock and what surrounds it."""

import gc

import pytest
import torch

from benchmarks.harness.clock import clock_of, collector_off, elapsed


def test_elapsed_is_the_difference_of_two_readings_around_the_work():
    readings, done = iter([100, 350]), []
    assert elapsed(lambda: next(readings), done.append, 7) == 250
    assert done == [7]


def test_the_clock_of_the_processor_does_not_go_back():
    clock = clock_of(torch.device("cpu"))
    readings = [clock() for _ in range(100)]
    assert readings == sorted(readings)
    assert all(type(reading) is int for reading in readings)


def test_the_collector_rests_inside_and_works_again_afterwards_also_after_an_exception():
    def interrupted():
        with collector_off():
            assert not gc.isenabled()
            raise KeyboardInterrupt

    assert gc.isenabled()
    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert gc.isenabled()


def test_a_collector_that_was_off_stays_off():
    gc.disable()
    try:
        with collector_off():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
