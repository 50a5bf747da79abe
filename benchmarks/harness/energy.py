"""Energy: joules of one gradient, of one base forward pass and of one gradient by backprop, in all and above the idle device.

    energy of a gradient         = counter between two ticks / gradients made between them
    energy above the idle device = the same - power of the idle device x time of a gradient

A round takes one window (see `benchmarks.harness.windows`) of each side, the idle device among them, in shuffled order; each
begins after a rest, some of the work it is about to measure, and a pause of random length. A number is the mean over the windows;
its interval says how they scatter, its bound how far off the reading of the counter may be. It is the energy of what the counter
counts: a GPU's whole board without its host, or the processor's packages without memory and power supply. Where the work mostly
waits for the processor, most of its energy is that of an idle GPU: the share of the time in which it worked stands beside it.
The garbage collector works as ever: minutes without it would pile up what estimates leave behind.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import torch

from benchmarks.harness import device_time
from benchmarks.harness.base import Base
from benchmarks.harness.clock import clock_of
from benchmarks.harness.counters import counter_of
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.metering import CounterError, EnergyCounter, Idle, Meter, Metered, metered
from benchmarks.harness.rounds import Side, calibrate
from benchmarks.harness.rows import interval_row, row
from benchmarks.harness.settings import Settings
from benchmarks.harness.windows import APART_S, FEWEST_ROUNDS, REST_S, SHORTEST_S, WARM_S, Bounded, Schedule, schedule
from benchmarks.problems.problem import Problem
from benchmarks.records import ENERGY, Measurement, Metric
from benchmarks.statistics import Interval, mean_interval
from estimators.estimator import Estimator
from estimators.objective import MissingCapability

BACKPROP = "backprop"
"""The one reference whose energy is measured beside that of an estimator."""

DISPUTE = 0.05
"""Counter and integrated power ought to agree so closely; where they do not, a record is marked."""

ATTEMPTS = 3
"""At a window, until it is not thrown away."""

_IDLE = "idle"
_PREFIX = {"estimator": "", "base": "base_", BACKPROP: "backprop_"}
_NO_POWER = "the power could not be read beside the counter"
_METHOD = "mean of windows"


@dataclass(frozen=True)
class Taken:
    """The windows of every side that count.

    Attributes:
        windows: side -> one for each round.
        discarded: windows that were thrown away, for the counter fell meanwhile.
    """

    windows: Mapping[str, Sequence[Metered]]
    discarded: int

    def idle(self) -> Bounded:
        """Watts of the idle device."""
        powers = [one.window.power() for one in self.windows[_IDLE]]
        return Bounded(fmean(power.value for power in powers), fmean(power.bound for power in powers))

    def each(self, side: str, *, above: Bounded | None = None) -> list[Bounded]:
        """Joules of one piece of a side's work in each window; above a device that draws `above` watts, where it is given."""
        windows = [one.window for one in self.windows[side]]
        return [window.of_a_piece() if above is None else window.above(above) for window in windows]


def measure(
    problem: Problem,
    estimator: Estimator,
    settings: Settings,
    open_counter: Callable[[torch.device], AbstractContextManager[EnergyCounter]] = counter_of,
    meter_of: Callable[[EnergyCounter, torch.device], Meter] = lambda counter, device: Meter(counter, clock_of(device)),
) -> Measurement:
    """Measure what one gradient takes in energy.

    Args:
        problem: what is differentiated.
        estimator: what is measured.
        settings: budget, precision, seed, and backprop among the references.
        open_counter: of a device.
        meter_of: what windows are taken with.

    Raises:
        MissingCapability: the problem lacks what the estimator needs; or there is no counter that counts this device's work
            alone; or the budget is too short for windows that mean anything.
    """
    with open_counter(problem.device) as counter:
        sides = _sides(problem, estimator, settings)
        planned = schedule(settings.budget_s, len(sides) + 1)
        if planned is None:
            least = Schedule(FEWEST_ROUNDS, SHORTEST_S).total(len(sides) + 1)
            reason = f"windows of {SHORTEST_S:g} s at least take {least:.0f} s, and the budget is {settings.budget_s:g} s"
            raise MissingCapability(ENERGY, f"{reason}: --budget")
        try:
            taken = take(sides, planned, meter_of(counter, problem.device), random.Random(settings.seed))
        except CounterError as error:
            raise MissingCapability(ENERGY, str(error)) from None
        instruments = device_time.instruments_of(problem.device)
        busy = None if instruments is None else instruments.busy(sides["estimator"])
    return summary(taken, planned, counter.name, settings.precision, busy)


def _sides(problem: Problem, estimator: Estimator, settings: Settings) -> dict[str, Side]:
    """What takes turns, each warmed up once: a gradient by backprop only where the estimator is another one."""
    gradient = Gradient(problem.objective, estimator, generator_for(settings.seed, ENERGY, problem.device))
    sides: dict[str, Side] = {"base": Base(problem), "estimator": gradient}
    reference = settings.references.get(BACKPROP)
    if reference is not None and reference != estimator:
        sides[BACKPROP] = Gradient(problem.objective, reference, generator_for(settings.seed, BACKPROP, problem.device))
    for side in sides.values():
        side.run(1)
        side.restore()
    return sides


def take(sides: Mapping[str, Side], planned: Schedule, meter: Meter, order: random.Random) -> Taken:
    """Take all windows, one of each side in a round.

    Args:
        sides: name -> work; `base`, `estimator`, perhaps `backprop`.
        planned: how many windows, and how long.
        meter: with what.
        order: shuffles the sides of each round, and draws the pauses.

    Raises:
        CounterError: the counter does not move, falls again and again, or cannot be read.
    """
    single = {name: calibrate(side, meter.finished) for name, side in sides.items()}
    everyone, single = {**sides, _IDLE: Idle(meter.sleep)}, {**single, _IDLE: Idle.PIECE_NS}
    windows: dict[str, list[Metered]] = {name: [] for name in everyone}
    names, discarded = list(everyone), 0
    for _ in range(planned.rounds):
        order.shuffle(names)
        for name in names:
            for _ in range(ATTEMPTS):
                _settle(everyone[name], single[name], meter, order.uniform(0, APART_S))
                found = metered(everyone[name], single[name], meter, planned.seconds)
                if found is not None:
                    break
                discarded += 1
            else:
                raise CounterError(f"{meter.counter.name} fell back {ATTEMPTS} times in a row")
            windows[name].append(found)
    return Taken(windows, discarded)


def _settle(side: Side, single: float, meter: Meter, apart: float) -> None:
    """Rest, do some of the work, and pause."""
    meter.sleep(REST_S)
    side.run(max(1, round(WARM_S * 1e9 / single)))
    meter.finish()
    side.restore()
    meter.sleep(apart)


def summary(taken: Taken, planned: Schedule, counter: str, precision: float, busy: device_time.Busy | None = None) -> Measurement:
    """The rows of windows.

    Args:
        taken: the windows.
        planned: what was asked of them.
        counter: its name.
        precision: relative half-width of an interval, and relative bound, beyond which a record is marked `imprecise`.
        busy: what one gradient keeps a GPU busy with; None on the CPU.
    """
    idle, missing = taken.idle(), dict[str, str]()
    metrics = [metric for side in taken.windows if side in _PREFIX for metric in _joules(taken, side, idle)]
    metrics += _ratios(taken)
    metrics += [
        interval_row("idle_power", mean_interval([one.window.power().value for one in taken.windows[_IDLE]]), method=_METHOD),
        row("energy_windows", planned.rounds),
    ]
    beside = [one.over_power for side in _PREFIX for one in taken.windows.get(side, ())]
    agreement = [share for share in beside if share is not None]
    if agreement:
        metrics.append(interval_row("energy_over_power", mean_interval(agreement), method=_METHOD, count=len(agreement)))
    else:
        metrics.append(row("energy_over_power", None))
        missing["energy_over_power"] = _NO_POWER
    if busy is not None:
        share = _busy_share(busy, taken.windows["estimator"])
        metrics.append(row("energy_busy", share, method="one profiled call over the windows"))
        if share is None:
            missing["energy_busy"] = device_time.UNSEEN
    return Measurement(
        metrics=tuple(metrics),
        samples=_samples(taken),
        marks=_marks(metrics, agreement, precision),
        facts={"energy": _said(taken, planned, counter), **({"missing": missing} if missing else {})},
    )


def _joules(taken: Taken, side: str, idle: Bounded) -> list[Metric]:
    rows = []
    for name, each in (("energy", taken.each(side)), ("energy_net", taken.each(side, above=idle))):
        interval = mean_interval([one.value for one in each])
        rows.append(interval_row(f"{_PREFIX[side]}{name}", interval, method=_METHOD, count=len(each)))
        rows.append(
            row(f"{_PREFIX[side]}{name}_bound", fmean(one.bound for one in each), method="work between the looks at ticks")
        )
    return rows


def _ratios(taken: Taken) -> list[Metric]:
    above = [one.value for one in taken.each("estimator")]
    found = []
    for metric, side in (("energy_multiple", "base"), ("energy_ratio_to_backprop", BACKPROP)):
        if side in taken.windows:
            below = [one.value for one in taken.each(side)]
            interval = mean_interval([a / b for a, b in zip(above, below, strict=True)])
            found.append(interval_row(metric, interval, method="mean of paired ratios", count=len(above)))
    return found


def _busy_share(busy: device_time.Busy, windows: Sequence[Metered]) -> float | None:
    if not busy.kernels:
        return None
    return min(1.0, fmean(busy.nanoseconds * one.window.pieces / (1e9 * one.window.seconds) for one in windows))


def _marks(metrics: Sequence[Metric], agreement: Sequence[float], precision: float) -> frozenset[str]:
    found = {metric.metric: metric for metric in metrics}
    energy, bound = found["energy"], found["energy_bound"].value
    assert energy.value is not None
    assert bound is not None
    scatter = Interval(energy.value, energy.low, energy.high).relative_half_width
    imprecise = max(scatter, bound / energy.value) > precision
    disputed = bool(agreement) and abs(fmean(agreement) - 1) > DISPUTE
    return frozenset(name for name, holds in (("imprecise", imprecise), ("disputed", disputed)) if holds)


def _samples(taken: Taken) -> dict[str, list[int]]:
    """The windows themselves: side and field -> one integer for each."""
    fields = ("microjoules", "least", "most", "shortest", "longest")
    return {
        f"{side}_{name}": [getattr(one.window, name) for one in each] for side, each in taken.windows.items() for name in fields
    }


def _said(taken: Taken, planned: Schedule, counter: str) -> dict[str, Any]:
    """What it was measured by, for records; `reading_share`: of the time, in which something was read while the work went on."""
    working = [one for side, each in taken.windows.items() if side != _IDLE for one in each]
    reading = sum(one.reading for one in working) / sum(1e9 * one.window.seconds for one in working)
    said = {"counter": counter, "seconds": planned.seconds, "rounds": planned.rounds, "discarded": taken.discarded}
    return {**said, "reading_share": round(reading, 6)}
