"""The clock of a device, and the one function that reads it around a piece of work.

A clock is a function that returns nanoseconds once all work submitted to its device is done, so that nobody else needs to know
about synchronisation; tests hand in a clock of their own.
"""

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch

Clock = Callable[[], int]


def clock_of(device: torch.device) -> Clock:
    """The clock for work on `device`: the monotonic wall clock, read after a synchronisation where work is asynchronous."""
    if device.type == "cpu":
        return time.perf_counter_ns

    def synchronised() -> int:
        torch.accelerator.synchronize(device)
        return time.perf_counter_ns()

    return synchronised


def elapsed(clock: Clock, work: Callable[[int], None], count: int) -> int:
    """Nanoseconds that `work(count)` takes, which does its piece of work `count` times."""
    start = clock()
    work(count)
    return clock() - start


@contextmanager
def collector_off() -> Iterator[None]:
    """Keep the garbage collector from running meanwhile: a pause would fall on whichever side is being timed."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
