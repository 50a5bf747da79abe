"""How many threads are safe: a small dense base with 1, 2, ... threads in turns, how fast and how steady it is with each.

Where more threads want to run than cores are free, they wait for each other at every operation: a few calls then take many times
as long as the others ("stalls"), which ruins a median as easily as a mean. Imported by the driver too, so torch is imported where
it is used.
"""

import random
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.doctor.finding import Finding, Level, share

STALL = 3.0
"""A call that takes so many times the median of a single thread is a stall."""

TOLERATED = 0.01
"""Share of calls that may stall."""

WORTH = 1.1
"""More threads are worth naming from so many times the speed."""

_WIDTH, _BATCH, _LAYERS = 256, 64, 4
_CALLS = 4  # in a row, after one that is not kept


@dataclass(frozen=True)
class Steadiness:
    """One number of threads.

    Attributes:
        threads: of torch, within an operation.
        median_ns: of a call.
        stalls: share of calls that stalled.
        calls: how many were timed.
    """

    threads: int
    median_ns: float
    stalls: float
    calls: int


def counts(usable: float) -> list[int]:
    """The numbers of threads to try: powers of two up to the cores that may be used, and that number."""
    cores = max(1, int(usable))
    return sorted({2**i for i in range(cores.bit_length()) if 2**i <= cores} | {cores})


def read_threads(device: str, threads: Sequence[int], seconds: float) -> dict[str, list[int]]:
    """Time the base with each number of threads in turns, in shuffled order.

    Args:
        device: where the base runs; `cpu`, or `cuda`, whose driver threads matter as well.
        threads: numbers of threads.
        seconds: that all of it may take; every number has at least one turn.

    Returns:
        Number of threads, as text -> nanoseconds of each call.
    """
    import torch

    from benchmarks.harness.clock import clock_of

    before = torch.get_num_threads()
    clock = clock_of(torch.device(device))
    weights = [torch.randn(_WIDTH, _WIDTH, device=device) / _WIDTH**0.5 for _ in range(_LAYERS)]
    inputs = torch.randn(_BATCH, _WIDTH, device=device)

    def call() -> int:
        start, hidden = clock(), inputs
        for weight in weights:
            hidden = (hidden @ weight).relu()
        return clock() - start

    times: dict[int, list[int]] = {count: [] for count in threads}
    order, end = random.Random(0), time.monotonic() + seconds
    with torch.no_grad():
        while not all(times.values()) or time.monotonic() < end:
            for count in order.sample(list(threads), len(threads)):
                torch.set_num_threads(count)
                call()
                times[count] += [call() for _ in range(_CALLS)]
    torch.set_num_threads(before)
    return {str(count): values for count, values in times.items()}


def steadiness(times: Mapping[str, Iterable[int]]) -> list[Steadiness]:
    """What the times of each number of threads come to, fewest threads first; stalls are told by the fewest."""
    calls = {int(count): list(values) for count, values in times.items()}
    limit = STALL * median(calls[min(calls)])
    return [
        Steadiness(count, median(values), sum(one > limit for one in values) / len(values), len(values))
        for count, values in sorted(calls.items())
    ]


def thread_finding(found: Sequence[Steadiness], threads: int) -> Finding:
    """Which numbers of threads are safe, and whether the one that is asked for is.

    Args:
        found: of each number tried; one of them is `threads`.
        threads: that measured processes use.
    """
    first = found[0]
    safe = [one for one in found if one.stalls <= TOLERATED]
    asked = next(one for one in found if one.threads == threads)
    best = min(safe, key=lambda one: one.median_ns, default=first)
    said = "; ".join(_said(one, first) for one in found)
    facts = {"tried": [vars(one) for one in found], "safe": [one.threads for one in safe], "threads": threads}
    if asked not in safe:
        if not safe:
            advice = "Free the cores first: even a single thread is held up here."
        else:
            advice = f"Measure with --threads {max(one.threads for one in safe)} or fewer, or free the cores."
        return Finding("threads", Level.CAUTION if threads == 1 else Level.BAD, said, advice, facts)
    advice = f"Measure with --threads {threads}."
    if asked.median_ns > WORTH * best.median_ns:
        advice += f" --threads {best.threads} is as steady here, and faster in work of that size."
    return Finding("threads", Level.FINE, said, advice, facts)


def _said(one: Steadiness, first: Steadiness) -> str:
    speed = f"{one.median_ns / 1e6:.3g} ms" if one is first else f"{first.median_ns / one.median_ns:.2g} times as fast"
    stalls = f"{share(one.stalls)} of calls stall" if one.stalls else "no call stalls"
    return f"{one.threads} thread{'s' if one.threads > 1 else ''}: {speed}, {stalls}"
