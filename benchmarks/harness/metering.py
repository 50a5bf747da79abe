"""A window of work between two ticks of a counter of energy: the loop that takes the looks for `benchmarks.harness.windows`.

At either end the counter is looked at again and again while the work goes on, until it is seen to move; in between it is left
alone, so that looking costs the work nothing. Where work is only submitted (on a GPU) a look falls into a stretch of it, which is
then waited for. The power drawn at the moment is read now and then, where it can be: its integral is a second opinion.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from benchmarks.harness.rounds import Side
from benchmarks.harness.windows import Look, Tick, Window, between, integrated, tick

BETWEEN_LOOKS_NS = 2_000_000
"""How long the work between two looks for a tick lasts, unless one piece takes longer."""

BETWEEN_POWERS_NS = 100_000_000
"""The same between two readings of the power: a sensor renews its value about as often."""

PATIENCE_NS = 3_000_000_000
"""A counter that has not moved for so long does not count."""


class CounterError(Exception):
    """The counter does not move, or cannot be read any more."""


class EnergyCounter(Protocol):
    """A counter of the energy that a device has drawn."""

    @property
    def name(self) -> str:
        """For records."""

    @property
    def resolution(self) -> int:
        """µJ, of its last digit."""

    def microjoules(self) -> int | None:
        """Its value; None where it cannot be read."""

    def watts(self) -> float | None:
        """The power drawn now; None where that cannot be read."""


class Idle:
    """No work, see `benchmarks.harness.rounds.Side`: a piece is a millisecond of sleep."""

    PIECE_NS: Final = 1e6

    def __init__(self, sleep: Callable[[float], None]) -> None:
        """Keep what sleeps."""
        self._sleep = sleep

    def run(self, count: int) -> None:
        """Sleep."""
        self._sleep(count * self.PIECE_NS / 1e9)

    def restore(self) -> None:
        """Nothing has changed."""


@dataclass(frozen=True)
class Meter:
    """What a window is taken with.

    Attributes:
        counter: of energy.
        finish: waits until all submitted work is done.
        now: monotonic time, ns.
        sleep: for so many seconds.
    """

    counter: EnergyCounter
    finish: Callable[[], object]
    now: Callable[[], int] = time.perf_counter_ns
    sleep: Callable[[float], None] = time.sleep

    def finished(self) -> int:
        """Monotonic time, ns, once all submitted work is done."""
        self.finish()
        return self.now()


@dataclass(frozen=True)
class Metered:
    """One window of one side.

    Attributes:
        window: between the ticks.
        integral: joules by the integral of the power; None where that could not be read.
        reading: ns that readings took between the ticks, and until they were seen.
    """

    window: Window
    integral: float | None
    reading: int

    @property
    def over_power(self) -> float | None:
        """Energy by the counter over that by the power."""
        return self.window.microjoules / 1e6 / self.integral if self.integral else None


def metered(load: Side, single: float, meter: Meter, seconds: float) -> Metered | None:
    """Take one window.

    Args:
        load: the work, warm.
        single: ns of one piece, about.
        meter: with what.
        seconds: it lasts from its first tick to the first one after so many.

    Returns:
        None where it is to be thrown away: the counter fell meanwhile.

    Raises:
        CounterError: the counter does not move, or cannot be read.
    """
    course = _Course(load, meter)
    first = course.until_a_tick(_pieces(BETWEEN_LOOKS_NS, single))
    powers, before = [], course.reading
    while meter.now() - first.until < seconds * 1e9:
        powers.append(course.power(_pieces(BETWEEN_POWERS_NS, single)))
    last = course.until_a_tick(_pieces(BETWEEN_LOOKS_NS, single))
    load.restore()
    window = between(first, last, meter.counter.resolution)
    if window is None:
        return None
    read = [(at, watts) for at, watts in powers if watts is not None]
    return Metered(window, integrated(read, (first.until, last.since)), course.reading - before)


def _pieces(length: int, single: float) -> int:
    return max(1, round(length / single))


class _Course:
    """How far a window has come: pieces of work done, ns spent reading."""

    def __init__(self, load: Side, meter: Meter) -> None:
        self._load, self._meter = load, meter
        self._done = self.reading = 0

    def until_a_tick(self, pieces: int) -> Tick:
        before = self._look(pieces)
        start = before.ended
        while before.ended - start < PATIENCE_NS:
            after = self._look(pieces)
            if (found := tick(before, after)) is not None:
                return found
            before = after
        raise CounterError(f"{self._meter.counter.name} has not moved for {PATIENCE_NS / 1e9:g} s")

    def power(self, pieces: int) -> tuple[int, float | None]:
        """The power while so many pieces are done, and when it was read."""
        self._load.run(pieces)
        begun = self._meter.now()
        watts = self._meter.counter.watts()
        at = self._meter.now()
        self._finished(pieces, at - begun)
        return at, watts

    def _look(self, pieces: int) -> Look:
        self._load.run(pieces)
        begun = self._meter.now()
        value = self._meter.counter.microjoules()
        ended = self._meter.now()
        if value is None:
            raise CounterError(f"{self._meter.counter.name} cannot be read any more")
        look = Look(begun, ended, self._done, self._done + pieces, value)
        self._finished(pieces, ended - begun)
        return look

    def _finished(self, pieces: int, reading: int) -> None:
        self._meter.finish()
        self._done += pieces
        self.reading += reading
