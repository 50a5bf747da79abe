"""Energy of one piece of work from a counter that moves in steps: arithmetic alone, no clock and no device.

    energy of a piece = (value at the last tick - value at the first) / pieces of work done between the two

A tick is when the counter is seen to have moved. A window that begins and ends with one holds no part of a step, so that what is
left of the step's error (which is 4 % of five seconds for a counter that moves every 0.1 s) is the work done between the two
looks that enclose each tick. Nobody knows how much of that belongs to the window: the middle is taken, and the bound says how far
off that may be. The bound holds for the reading of the counter, not for the sensor behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

SHORTEST_S = 1.0
"""A window is no shorter: a step of 0.1 s at either end would be 20 % of it, were a tick missed."""

WINDOW_S = 5.0
"""How long a window is unless the budget is short of it."""

FEWEST_ROUNDS, MOST_ROUNDS = 3, 10
"""Windows of each side: three have an interval, and more than ten heat the device for little."""

REST_S, WARM_S = 1.0, 0.5
"""Before each window: idle, then the work it is about to measure, so that all begin alike."""

APART_S = 0.2
"""Before each window a pause of up to so many seconds is drawn, so that windows do not fall in step with the sensor."""

_AROUND_S = REST_S + WARM_S + APART_S
_NS = 1e9


class Schedule(NamedTuple):
    """How a budget is spent.

    Attributes:
        rounds: windows of each side.
        seconds: of a window, at least.
    """

    rounds: int
    seconds: float

    def total(self, sides: int) -> float:
        """Seconds that it takes with so many sides, the idle one included."""
        return self.rounds * sides * (self.seconds + _AROUND_S)


def schedule(budget: float, sides: int) -> Schedule | None:
    """As many rounds of full windows as fit, or the fewest with shorter ones; None where those would be too short.

    Args:
        budget: seconds for all windows.
        sides: whose energy is measured in turn, the idle device included.

    Example:
        >>> schedule(budget=150.0, sides=4)
        Schedule(rounds=5, seconds=5.0)
        >>> schedule(budget=10.0, sides=4) is None
        True
    """
    rounds = int(budget / Schedule(1, WINDOW_S).total(sides))
    if rounds >= FEWEST_ROUNDS:
        return Schedule(min(rounds, MOST_ROUNDS), WINDOW_S)
    seconds = budget / (FEWEST_ROUNDS * sides) - _AROUND_S
    return Schedule(FEWEST_ROUNDS, seconds) if seconds >= SHORTEST_S else None


@dataclass(frozen=True)
class Look:
    """One look at the counter.

    Attributes:
        begun: ns, before it was read.
        ended: ns, after.
        least: pieces of work that were done when it was read, at least.
        most: the same, at most.
        microjoules: its value.
    """

    begun: int
    ended: int
    least: int
    most: int
    microjoules: int


@dataclass(frozen=True)
class Tick:
    """A tick, between two looks.

    Attributes:
        since: ns, not before.
        until: ns, not after.
        least: pieces of work done by then, at least.
        most: the same, at most.
        microjoules: the counter's value from then on.
    """

    since: int
    until: int
    least: int
    most: int
    microjoules: int


def tick(before: Look, after: Look) -> Tick | None:
    """The tick between two looks, one right after the other; None where the counter has not moved."""
    if before.microjoules == after.microjoules:
        return None
    return Tick(before.begun, after.ended, before.least, after.most, after.microjoules)


class Bounded(NamedTuple):
    """A number and how far off it may be."""

    value: float
    bound: float


@dataclass(frozen=True)
class Window:
    """What lies between two ticks.

    Attributes:
        microjoules: by which the counter moved.
        resolution: µJ, of its last digit.
        least: pieces of work done meanwhile, at least.
        most: the same, at most.
        shortest: ns between the ticks, at least.
        longest: the same, at most.
    """

    microjoules: int
    resolution: int
    least: int
    most: int
    shortest: int
    longest: int

    @property
    def pieces(self) -> float:
        """Pieces of work, as far as is known."""
        return (self.least + self.most) / 2

    @property
    def seconds(self) -> float:
        """How long it lasted, as far as is known."""
        return (self.shortest + self.longest) / 2 / _NS

    def of_a_piece(self) -> Bounded:
        """Joules of one piece of work."""
        return self._per(self.least, self.most)

    def power(self) -> Bounded:
        """Watts."""
        return self._per(self.shortest / _NS, self.longest / _NS)

    def above(self, idle: Bounded) -> Bounded:
        """Joules of one piece of work above those of a device that draws `idle` watts meanwhile."""
        whole = self.of_a_piece()
        lasted = self.seconds / self.pieces
        longest, shortest = self.longest / _NS / self.least, self.shortest / _NS / self.most
        unsure = idle.bound * longest + idle.value * max(longest - lasted, lasted - shortest)
        return Bounded(whole.value - idle.value * lasted, whole.bound + unsure)

    def _per(self, least: float, most: float) -> Bounded:
        joules, digit = self.microjoules / 1e6, self.resolution / 1e6
        value = joules / ((least + most) / 2)
        return Bounded(value, max((joules + digit) / least - value, value - (joules - digit) / most))


def between(first: Tick, last: Tick, resolution: int) -> Window | None:
    """What lies between two ticks; None where the counter fell (its driver was loaded again), or no work was surely done.

    Args:
        first: where the window begins.
        last: where it ends.
        resolution: µJ, of the counter's last digit.
    """
    moved, least, shortest = last.microjoules - first.microjoules, last.least - first.most, last.since - first.until
    if moved <= 0 or least <= 0 or shortest <= 0:
        return None
    return Window(moved, resolution, least, last.most - first.least, shortest, last.until - first.since)


def integrated(powers: Sequence[tuple[int, float]], window: tuple[int, int]) -> float | None:
    """Joules that powers read now and then add up to, from reading to reading along straight lines.

    Args:
        powers: (ns, watts), in order.
        window: ns of its beginning and its end; beyond the outermost readings power is taken to be theirs.

    Returns:
        None where there are fewer than two readings in it.
    """
    begin, end = window
    inside = [(at, watts) for at, watts in powers if begin <= at <= end]
    if len(inside) < 2:
        return None
    line = [(begin, inside[0][1]), *inside, (end, inside[-1][1])]
    return sum((b - a) / _NS * (x + y) / 2 for (a, x), (b, y) in pairwise(line))
