"""Cost: the runtime multiple, time of one gradient / time of one base forward pass, with what belongs to it.

The estimator's side is `estimate` and the consumption of its items; the base is timed in the same rounds, and so are backprop and
checkpointed backprop. A sample repeats base and estimator so that both last about as long as one call of the slower, at least 1
ms; the references, whose ratios are secondary, a quarter of that, and at least 0.5 ms. Preparing (`init`), the first call and the
steady state are separate numbers. A compiled estimator has itself in eager execution among the references; operations and
evaluations, which nobody sees within a compiled graph, are counted there, or not at all where it cannot be run; its traffic,
which is less, is not counted. Memory is not looked at here: time and memory never come from the same pass.

On a GPU the clock of all this is the wall clock, synchronised; `benchmarks.harness.device_time` adds what CUDA events and a
profiled call say. The allocator must not ask the driver for memory meanwhile, which takes as long as a small model: a mark says
where it did.
"""

import random
from collections.abc import Callable, Mapping
from typing import Any

import torch

from benchmarks.harness import device_time, flops, split
from benchmarks.harness.base import Base
from benchmarks.harness.clock import Clock, clock_of, collector_off, elapsed
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.rounds import SAMPLE_NS, Rounds, Side, Step, calibrate, inner_counts, next_step, paired_rounds
from benchmarks.harness.rows import interval_row, row
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from benchmarks.records import EAGER, Measurement, Metric
from benchmarks.statistics import Interval, median_interval
from estimators.estimator import Estimator
from estimators.objective import MissingCapability

REFERENCE_SHARE = 0.25  # of the sample length, for the sides whose ratios are secondary
REFERENCE_NS = 500_000  # but no shorter than this, or than the other samples


def measure(problem: Problem, estimator: Estimator, settings: Settings, clock: Clock | None = None) -> Measurement:
    """Measure what one gradient costs.

    Args:
        problem: what is differentiated; its base is what costs are divided by.
        estimator: what is measured.
        settings: precision, budget, seed and references.
        clock: of the problem's device where None.

    Raises:
        MissingCapability: the problem lacks what the estimator needs.
    """
    clock = clock or clock_of(problem.device)
    with collector_off():
        base = _base(problem)
        gradient, once = _first(problem, estimator, settings, clock)
        references, left_out = _references(problem, estimator, settings)
        sides: dict[str, Side] = {"base": base, "estimator": gradient, **references}
        rounds, allocating = _watched(sides, settings, clock, problem.device)
        stages = split.measure(base, gradient, rounds, settings, clock)
        instruments = device_time.instruments_of(problem.device)
        device = Measurement(()) if instruments is None else device_time.measure(base, gradient, rounds, settings, instruments)
    metrics = [
        *_ratios(rounds, estimator, settings.references),
        interval_row("time", median_interval(rounds.times("estimator")), count=len(rounds.samples["base"])),
        interval_row("base_time", median_interval(rounds.times("base")), count=len(rounds.samples["base"])),
        *once,
        *stages.metrics,
        *device.metrics,
        *_counts(problem, base, references.get(EAGER, gradient), settings, left_out),
    ]
    return Measurement(
        metrics=tuple(metrics),
        samples={**{name: list(values) for name, values in rounds.samples.items()}, **stages.samples, **device.samples},
        marks=frozenset({"imprecise"} if rounds.last is Step.IMPRECISE else ()) | allocating,
        facts={**_said(rounds, left_out), **_prepared(gradient), **stages.facts, **device.facts},
    )


def _said(rounds: Rounds, left_out: Mapping[str, str]) -> dict[str, Any]:
    return {"inner_counts": dict(rounds.counts), **({"references_left_out": dict(left_out)} if left_out else {})}


def _prepared(gradient: Gradient) -> dict[str, Any]:
    """What the estimator's state says of itself, where it does."""
    prepared = getattr(gradient.state, "prepared", None)
    return {} if prepared is None else {"prepared": prepared}


def _counts(problem: Problem, base: Base, gradient: Gradient, settings: Settings, left_out: Mapping[str, str]) -> list[Metric]:
    """What is counted, of eager execution; nothing where that cannot be run."""
    if EAGER in left_out:
        return []
    return flops.measure(problem, base, gradient, eager=EAGER not in settings.references)


def measure_alone(problem: Problem, estimator: Estimator, settings: Settings, clock: Clock | None = None) -> Interval:
    """The runtime multiple and nothing else: the same rounds without references, stages and counts, in a fraction of the time.

    Args:
        problem: what is differentiated.
        estimator: what is measured.
        settings: precision, budget and seed.
        clock: of the problem's device where None.

    Raises:
        MissingCapability: the problem lacks what the estimator needs.
    """
    clock = clock or clock_of(problem.device)
    with collector_off():
        base = _base(problem)
        gradient, _ = _first(problem, estimator, settings, clock)
        rounds = _rounds({"base": base, "estimator": gradient}, settings, clock)
    return median_interval(rounds.ratios("estimator", "base"))


def _base(problem: Problem) -> Base:
    base = Base(problem)
    base.run(2)
    base.restore()
    return base


def _first(problem: Problem, estimator: Estimator, settings: Settings, clock: Clock) -> tuple[Gradient, list[Metric]]:
    """The estimator's side, with the times of `init` and of the first call."""
    generator = generator_for(settings.seed, "timing", problem.device)
    start = clock()
    gradient = Gradient(problem.objective, estimator, generator)
    prepare = clock() - start
    first = elapsed(clock, gradient.run, 1)
    return gradient, [row("prepare_time", prepare, count=1), row("first_call_time", first, count=1)]


def _references(problem: Problem, estimator: Estimator, settings: Settings) -> tuple[dict[str, Gradient], dict[str, str]]:
    """The references that can be timed here, warmed up, and why the others cannot."""
    sides: dict[str, Gradient] = {}
    left_out = {}
    for name, reference in settings.references.items():
        if reference == estimator:
            continue
        try:
            side = Gradient(problem.objective, reference, generator_for(settings.seed, name, problem.device))
            side.run(1)
        except (MissingCapability, MemoryError, RuntimeError) as error:
            left_out[name] = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        else:
            sides[name] = side
    return sides, left_out


def _watched(sides: Mapping[str, Side], settings: Settings, clock: Clock, device: torch.device) -> tuple[Rounds, frozenset[str]]:
    """The rounds, and a mark where the allocator of a GPU asked the driver for memory in one of them."""
    before: tuple[int, ...] = ()

    def begun() -> None:
        nonlocal before
        before = asked_of_the_driver(device)

    rounds = _rounds(sides, settings, clock, begun)
    return rounds, frozenset({"allocating"} if asked_of_the_driver(device) != before else ())


def asked_of_the_driver(device: torch.device) -> tuple[int, ...]:
    """How often a GPU's caching allocator has asked for memory, and given its own back to get some; nothing on the CPU."""
    if device.type != "cuda":
        return ()
    counts = torch.cuda.memory_stats(device)
    return tuple(int(counts.get(name, 0)) for name in ("num_device_alloc", "num_alloc_retries"))


def _rounds(sides: Mapping[str, Side], settings: Settings, clock: Clock, begun: Callable[[], None] = lambda: None) -> Rounds:
    single = {name: calibrate(side, clock) for name, side in sides.items()}
    full = max(single["base"], single["estimator"], SAMPLE_NS)
    secondary = min(full, max(REFERENCE_SHARE * full, REFERENCE_NS))
    lengths = {name: full if name in ("base", "estimator") else secondary for name in sides}
    decide: Callable[[Rounds, int], Step] = lambda rounds, spent: next_step(  # noqa: E731
        rounds.ratios("estimator", "base"), spent, precision=settings.precision, budget_ns=settings.budget_s * 1e9
    )
    return paired_rounds(sides, inner_counts(single, lengths), clock, decide, random.Random(settings.seed), settings.pause, begun)


def _ratios(rounds: Rounds, estimator: Estimator, references: Mapping[str, Estimator]) -> list[Metric]:
    count = len(rounds.samples["base"])
    method = "median of paired ratios"
    rows = [interval_row("multiple", median_interval(rounds.ratios("estimator", "base")), method=method, count=count)]
    for name, reference in references.items():
        metric = f"ratio_to_{name.replace('-', '_')}"
        if reference == estimator:
            rows.append(interval_row(metric, Interval(1.0, 1.0, 1.0), method="itself"))
        elif name in rounds.samples:
            ratio = median_interval(rounds.ratios("estimator", name))
            rows.append(interval_row(metric, ratio, method=method, count=count))
    return rows
