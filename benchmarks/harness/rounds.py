"""Rounds: several sides timed one after another, in shuffled order, again and again, until a decision says stop.

A round times each side once; a side does its piece of work a fixed number of times, its inner count. What happens between sides
(putting buffers back) is outside the clock. Ratios are taken round by round, so that whatever slows the machine for longer than
a round slows both of their terms. Between two rounds others may be let by (see `Pause`).
"""

import random
from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.harness.clock import Clock, elapsed
from benchmarks.statistics import median_interval

MINIMUM_ROUNDS = 15  # fewer give an interval no better than the two extremes or so
LOOK_BITS = 6  # the precision is looked at after every round, from 64 rounds on after every second, from 128 every fourth, ...
SAMPLE_NS = 1_000_000  # shortest sample: timer and loop, 1.6 us together, are less than 0.2 % of it
CALIBRATION_NS = 200_000  # a calibrating run this long is long enough
CALIBRATION_RUNS = 5  # the fastest counts
CALIBRATION_LIMIT_NS = 20_000_000  # work so slow that a few runs take longer is calibrated by fewer


Pause = Callable[[], bool]
"""Called between two rounds: may wait while others run, and tells whether it did. Its time counts for nothing."""


class Side(Protocol):
    """One of the things compared: does its work `count` times, and can put back what that changed."""

    def run(self, count: int) -> None:
        """Do the piece of work `count` times."""

    def restore(self) -> None:
        """Put back what the work changed; outside the clock."""


class Step(Enum):
    """What to do after a round."""

    GO_ON = "go on"
    ENOUGH = "enough"
    IMPRECISE = "imprecise"


@dataclass(frozen=True)
class Rounds:
    """What was timed.

    Attributes:
        samples: side -> nanoseconds of each round.
        counts: side -> how often its work was done in each sample.
        last: why it ended: enough, or imprecise.
    """

    samples: Mapping[str, Sequence[int]]
    counts: Mapping[str, int]
    last: Step

    def times(self, side: str) -> NDArray[np.float64]:
        """Nanoseconds of one piece of work, in each round."""
        return np.asarray(self.samples[side], dtype=np.float64) / self.counts[side]

    def ratios(self, above: str, below: str) -> NDArray[np.float64]:
        """Time of one side over that of another, in each round."""
        quotients: NDArray[np.float64] = self.times(above) / self.times(below)
        return quotients


def next_step(ratios: NDArray[np.float64], spent_ns: int, *, precision: float, budget_ns: float) -> Step:
    """Whether to go on, from the ratios so far.

    Enough when the 95 % interval of their median is at most ± `precision` of it; looking again and again makes the interval
    cover a little less often than it says. Imprecise when another round would pass the budget.

    Args:
        ratios: of the rounds so far.
        spent_ns: time these rounds took.
        precision: relative half-width asked for.
        budget_ns: time that all rounds may take; the first is always made.
    """
    count = len(ratios)
    every = 1 << max(0, count.bit_length() - LOOK_BITS)
    look = count >= MINIMUM_ROUNDS and count % every == 0
    if look and median_interval(ratios).relative_half_width <= precision:
        return Step.ENOUGH
    return Step.IMPRECISE if count and spent_ns * (1 + 1 / count) > budget_ns else Step.GO_ON


def paired_rounds(
    sides: Mapping[str, Side],
    counts: Mapping[str, int],
    clock: Clock,
    decide: Callable[[Rounds, int], Step],
    order: random.Random,
    pause: Pause = lambda: False,
    begun: Callable[[], None] = lambda: None,
) -> Rounds:
    """Time rounds until `decide` ends them; one round before the first is made and not kept, to warm caches and allocators.

    After a pause, too, a round is made and not kept.

    Args:
        sides: name -> what is timed.
        counts: name -> inner count.
        clock: of the device all sides run on.
        decide: from the rounds so far and the nanoseconds they took to the next step.
        order: shuffles the sides of each round.
        pause: between two rounds.
        begun: called when everything is warm, before the first round that is kept.
    """
    names = list(sides)
    samples = {name: array("q") for name in names}
    _warm(sides, counts)
    begun()
    start, step, away = clock(), Step.GO_ON, 0
    while step is Step.GO_ON:
        order.shuffle(names)
        for name in names:
            samples[name].append(elapsed(clock, sides[name].run, counts[name]))
            sides[name].restore()
        end = clock()
        step = decide(Rounds(samples, counts, step), end - start - away)
        if step is Step.GO_ON and pause():
            _warm(sides, counts)
            away += clock() - end
    return Rounds({name: values.tolist() for name, values in samples.items()}, counts, step)


def _warm(sides: Mapping[str, Side], counts: Mapping[str, int]) -> None:
    for name, side in sides.items():
        side.run(counts[name])
        side.restore()


def calibrate(side: Side, clock: Clock) -> float:
    """Nanoseconds of one piece of work: the fastest of a few runs, each long enough to be believed.

    One run alone may fall into a pause, and a wrong inner count makes samples of unequal length, whose ratio is off wherever the
    processor is shared: a scheduler interrupts the longer ones more.
    """
    count = 1
    took = elapsed(clock, side.run, count)
    while took < CALIBRATION_NS and count < 1 << 20:
        count *= 2
        took = elapsed(clock, side.run, count)
    fastest = spent = took
    for _ in range(CALIBRATION_RUNS - 1):
        if spent > CALIBRATION_LIMIT_NS:
            break
        took = elapsed(clock, side.run, count)
        fastest, spent = min(fastest, took), spent + took
    side.restore()
    return max(fastest / count, 1.0)


def inner_counts(single: Mapping[str, float], length: Mapping[str, float]) -> dict[str, int]:
    """How often each side does its work in a sample, so that the sample lasts about as long as it should.

    Args:
        single: side -> nanoseconds of one piece of work.
        length: side -> nanoseconds that a sample should last.
    """
    return {name: max(1, round(length[name] / time)) for name, time in single.items()}
