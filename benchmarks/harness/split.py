"""The split of one gradient into drawing, derivative and aggregation, each as a multiple of the base.

In a pass of its own, beside the base: an estimator that has stages runs them one at a time, the clock read between them. The
parts need not add up to the multiple, which is measured without these interruptions.
"""

from collections import Counter

from benchmarks.harness.base import Base
from benchmarks.harness.clock import Clock, elapsed
from benchmarks.harness.gradient import Gradient
from benchmarks.harness.rounds import Rounds, Step
from benchmarks.harness.rows import interval_row
from benchmarks.harness.settings import Settings
from benchmarks.records import METRICS, Measurement
from benchmarks.statistics import median_interval

MINIMUM_ROUNDS, MAXIMUM_ROUNDS = 6, 15  # six are the fewest with an interval
BUDGET_SHARE = 0.03  # of the cell's budget, once there are enough for an interval


def measure(base: Base, gradient: Gradient, main: Rounds, settings: Settings, clock: Clock) -> Measurement:
    """Time the stages.

    Args:
        base: timed in the same rounds.
        gradient: its estimator's `stages` are run, on its state.
        main: the rounds of the whole; their inner counts are used again.
        settings: for the budget.
        clock: of the device.

    Returns:
        Metrics, samples and inner counts; all empty where the estimator has no stages.
    """
    counts = {"base": main.counts["base"], "stages": main.counts["estimator"]}
    names = tuple(_stages(gradient, clock, 1))
    if not names:
        return Measurement(())
    samples: dict[str, list[int]] = {"base": [], **{name: [] for name in names}}
    start, done = clock(), 0
    while not _ended(done, clock() - start, settings.budget_s * 1e9):
        samples["base"].append(elapsed(clock, base.run, counts["base"]))
        base.restore()
        spent = _stages(gradient, clock, counts["stages"])
        for name in names:
            samples[name].append(spent[name])
        done += 1
    paired = Rounds(samples, {"base": counts["base"], **dict.fromkeys(names, counts["stages"])}, Step.ENOUGH)
    metrics = [
        interval_row(f"{name}_multiple", median_interval(paired.ratios(name, "base")), method="own pass", count=done)
        for name in names
        if f"{name}_multiple" in METRICS
    ]
    kept = {f"split_{name}": values for name, values in samples.items()}
    return Measurement(tuple(metrics), kept, facts={"split_inner_counts": counts})


def _ended(done: int, spent_ns: int, budget_ns: float) -> bool:
    """Whether enough rounds were made, or as many as the budget allows; one is always made."""
    allowed = BUDGET_SHARE * budget_ns if done >= MINIMUM_ROUNDS else budget_ns
    return done >= MAXIMUM_ROUNDS or (done > 0 and spent_ns >= allowed)


def _stages(gradient: Gradient, clock: Clock, count: int) -> Counter[str]:
    """Nanoseconds of each stage over `count` estimates."""
    spent: Counter[str] = Counter()
    for _ in range(count):
        last = clock()
        for name in gradient.estimator.stages(gradient.objective, gradient.state, generator=gradient.generator):
            now = clock()
            spent[name] += now - last
            last = now
    return spent
