"""How far a long series of measurements has come, in lines for whoever waits."""

import sys
import time
from collections.abc import Callable
from datetime import datetime

EVERY = 20.0
"""Seconds between two lines."""

Say = Callable[[str], None]


class Pace:
    """Tells how much is done and how long the rest will take at the pace so far; what was done before it began does not count."""

    def __init__(self, total: int, done: int, say: Say, clock: Callable[[], float] = time.monotonic) -> None:
        """Begin.

        Args:
            total: pieces of work in all.
            done: of them, already.
            say: takes a line.
            clock: in seconds.
        """
        self._total, self._before, self._say, self._clock = total, done, say, clock
        self._start = self._said = clock()

    def show(self, done: int, what: str) -> None:
        """Say how far it has come, unless that was said a moment ago.

        Args:
            done: pieces of work.
            what: is being worked on.
        """
        now = self._clock()
        if done <= self._before or now - self._said < EVERY:
            return
        self._said, spent = now, now - self._start
        left = spent / (done - self._before) * (self._total - done)
        self._say(f"{what}: {done} of {self._total}, {spent / 60:.1f} min so far, about {left / 60:.1f} left")


def say(line: str) -> None:
    """Print a line with the time of day, at once."""
    sys.stdout.write(f"{datetime.now():%H:%M:%S} {line}\n")
    sys.stdout.flush()
