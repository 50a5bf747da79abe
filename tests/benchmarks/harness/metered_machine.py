"""A machine that draws power: what it has drawn and done by any moment is known exactly, and time passes only as it works.

Work is submitted and done afterwards, as on a GPU: `run` returns at once, and `finish` lets time pass until all of it is done.
Reading the counter of energy lets some time pass too, in which what was submitted goes on.
"""

from bisect import bisect_right
from random import Random

from benchmarks.harness.counters import BoardCounter
from benchmarks.harness.metering import Meter
from benchmarks.harness.probe import GpuProbe
from tests.benchmarks.harness.fake_nvml import FakeGpu, FakeNvml

IDLE_WATTS = 80.0


class Machine:
    """One GPU behind NVML, and its own account of what it drew.

    Attributes:
        looks: (seconds, µJ) of every look at the counter.
    """

    def __init__(self, step: float = 0.1, cost: float = 0.0, *, biased: float = 1.0, resets: tuple[float, ...] = ()) -> None:
        """Begin at time 0, idle.

        Args:
            step: seconds between two steps of the counter.
            cost: seconds that a reading takes at most; each takes another part of it.
            biased: what the power that is read is multiplied with.
            resets: times at which the counter begins again.
        """
        self.gpu = FakeGpu(step=step, joules=self.joules, watts=lambda at: biased * self.watts(at), resets=resets)
        self.nvml = FakeNvml(self.gpu, cost=cost)
        self.step = step
        self._spans: list[tuple[float, float, float, int]] = []  # begin, end, watts, pieces
        self._begins: list[float] = []
        self._totals: list[tuple[float, float]] = []  # joules above idle, and pieces, before each span
        self.looks: list[tuple[float, int]] = []
        machine, lasting = self, Random(0)

        class Logged(BoardCounter):
            def microjoules(self) -> int | None:
                machine.nvml.cost = cost * lasting.random()
                value = super().microjoules()
                assert value is not None
                machine.looks.append((machine.nvml.now, value))
                return value

        self.counter = Logged(GpuProbe(self.nvml).__enter__(), self.gpu.uuid)

    def meter(self) -> Meter:
        """What windows are taken with here."""
        return Meter(self.counter, self.finish, lambda: round(1e9 * self.nvml.now), self.nvml.sleep)

    def submit(self, seconds: float, watts: float, pieces: int) -> None:
        """Work that begins when what was submitted before is done."""
        begin = max(self.nvml.now, self._spans[-1][1] if self._spans else 0.0)
        done = self._done(begin) if self._spans else (0.0, 0.0)
        self._spans.append((begin, begin + seconds, watts, pieces))
        self._begins.append(begin)
        self._totals.append(done)

    def finish(self) -> None:
        """Let time pass until all work is done."""
        if self._spans:
            self.nvml.now = max(self.nvml.now, self._spans[-1][1])

    def joules(self, at: float) -> float:
        """Drawn by a moment."""
        return IDLE_WATTS * at + self._done(at)[0]

    def pieces(self, at: float) -> float:
        """Done by a moment, with the part of the one that was under way."""
        return self._done(at)[1]

    def watts(self, at: float) -> float:
        """Drawn at a moment."""
        place = bisect_right(self._begins, at) - 1
        return self._spans[place][2] if place >= 0 and at < self._spans[place][1] else IDLE_WATTS

    def between_ticks(self) -> tuple[float, float]:
        """The moments of the first step of the counter that was seen and of the last one."""
        changes = [after[0] for before, after in zip(self.looks, self.looks[1:], strict=False) if before[1] != after[1]]
        first, last = (int(at / self.step + 1e-9) * self.step for at in (changes[0], self.looks[-1][0]))
        return first, last

    def _done(self, at: float) -> tuple[float, float]:
        place = bisect_right(self._begins, at) - 1
        if place < 0:
            return 0.0, 0.0
        begin, end, watts, pieces = self._spans[place]
        share = min(1.0, (at - begin) / (end - begin))
        joules, count = self._totals[place]
        return joules + share * (end - begin) * (watts - IDLE_WATTS), count + share * pieces


class Work:
    """A side whose pieces take so long and so much power, each a little different.

    Attributes:
        restored: how often its traces were removed.
    """

    def __init__(self, machine: Machine, seconds: float, watts: float, noise: float = 0.0, seed: int = 0) -> None:
        """Nothing is submitted yet."""
        self.machine, self.seconds, self.watts, self.noise = machine, seconds, watts, noise
        self.restored, self._random = 0, Random(seed)

    def run(self, count: int) -> None:
        """Submit so many pieces."""
        lasting = self.seconds * (1 + self.noise * self._random.uniform(-1, 1))
        self.machine.submit(count * lasting, self.watts * (1 + self.noise * self._random.uniform(-1, 1)), count)

    def restore(self) -> None:
        """Count."""
        self.restored += 1
