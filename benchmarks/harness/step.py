"""One step: by how much the loss falls along estimates e of the gradient g, each time with the step size that lowers it most.

φ(a) = f(θ - a e) is looked at along many independent estimates of one gradient, from one point. Two step sizes are best in their
own way: that of one estimate, which no method knows beforehand, and the learning rate that all have in common, which makes the
mean loss E φ(a) least. The decrease at that rate is what an estimate buys in expectation; the exact gradient with its own best
step stands beside it. Where f is a quadratic, as all rays show, closed forms stand beside the rate, the decrease, and the mean
decrease with each estimate's own step. Nothing is timed here. Intervals are over draws, within this process.

The number of draws is decided in stages, as for quality: a pilot, then as many as bring the standard error of the mean decrease,
each with its own step, to 5 % of it. Draws are kept, for the common rate is searched for afterwards along all of them.
"""

import math
from collections.abc import Callable

from benchmarks.harness import flops
from benchmarks.harness.base import Base
from benchmarks.harness.clock import Clock, clock_of
from benchmarks.harness.common_step import Common, Drawn, in_common
from benchmarks.harness.declared import declaration_of
from benchmarks.harness.draws import Array
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.rays import Rays, flat
from benchmarks.harness.rows import interval_row, row
from benchmarks.harness.settings import Settings
from benchmarks.harness.step_laws import law_rows
from benchmarks.problems.problem import Problem
from benchmarks.records import Measurement, Metric
from benchmarks.statistics import Interval, mean_interval, median_interval, standard_error
from estimators.estimator import Declaration, Estimator

PILOT_DRAWS = 64
DETERMINISTIC_DRAWS = 2  # as for quality: a second one shows whether it is
MAXIMUM_DRAWS = 4000
PRECISION = 0.05  # standard error of the mean decrease, relative to it
HELD_BYTES = 1 << 29  # of all draws together
DRAWING = 0.5  # of the budget; the search for the common rate takes about as long as drawing did


def measure(problem: Problem, estimator: Estimator, settings: Settings, clock: Clock | None = None) -> Measurement:
    """Take one step along many estimates.

    Args:
        problem: where the step begins.
        estimator: what gives the directions.
        settings: seed, budget, and the number of draws if it is fixed.
        clock: for the budget; of the problem's device where None.

    Raises:
        MissingCapability: the problem lacks what the estimator needs.
        ValueError: the gradient is zero, or an estimate is not finite.
    """
    rays, declaration = Rays(problem.objective), declaration_of(estimator, problem.objective)
    source = Gradient(problem.objective, estimator, generator_for(settings.seed, "step", problem.device))
    draws, reached = _draw(rays, source, declaration, settings, clock or clock_of(problem.device))
    common = in_common(rays, draws)
    searches = [rays.steepest, *draws.own, common.lowest]
    quadratic = rays.precise and all(found.parabola for found in searches if found.calls)
    metrics = [*_rows(rays, draws, common), _forwards(problem, estimator, declaration, settings)]
    if quadratic and declaration.stochastic and common.steps is not None:
        samples = {"best_step": common.steps, "decrease": common.decrease, "draw_decrease": draws.decrease}
        metrics += law_rows(rays, estimator, declaration, samples)
    return Measurement(
        metrics=tuple(metrics),
        marks=frozenset() if reached else frozenset({"imprecise"}),
        facts={
            "losses_in": "float64" if rays.precise else str(problem.dtype).removeprefix("torch."),
            "quadratic": quadratic,
            "ascending": int((draws.fall <= 0).sum()),
            "unbounded": sum(not found.bounded for found in searches),
        },
    )


def more_draws(decrease: Array, limit: int) -> int:
    """How many draws are still wanted; 0 when the mean decrease is known well enough or the limit is reached.

    Args:
        decrease: [N] of the draws so far, each with its own best step.
        limit: no more than this many altogether.
    """
    count = len(decrease)
    if count < min(PILOT_DRAWS, limit):
        return min(PILOT_DRAWS, limit) - count
    goal, error = PRECISION * float(decrease.mean()), standard_error(decrease)
    if error <= goal or count >= limit:
        return 0
    wanted = count * (error / goal) ** 2 if goal else math.inf
    return max(1, math.ceil(min(wanted, limit)) - count)


def _draw(rays: Rays, source: Gradient, declaration: Declaration, settings: Settings, clock: Clock) -> tuple[Drawn, bool]:
    """Draw until no more is wanted or can be held, or the budget is spent; whether all wanted was drawn."""
    end, draws = clock() + settings.budget_s * 1e9 * DRAWING, Drawn(rays.loss)
    wanted = _wanted(draws, settings.draws if declaration.stochastic else DETERMINISTIC_DRAWS, _held(source))
    spent = False
    while not spent and (left := wanted()) > 0:
        for _ in range(left):
            direction = flat(tensor for _, tensor in source.draw().items())
            fall, squared = rays.along(direction)
            if not math.isfinite(squared):
                raise ValueError(f"estimate {len(draws) + 1} is not finite (NaN or infinity)")
            draws.add(direction, fall, squared, rays.search(direction))
            if spent := (len(draws) >= DETERMINISTIC_DRAWS and clock() > end):
                break
    if settings.draws is not None and declaration.stochastic:
        return draws, len(draws) >= settings.draws
    return draws, standard_error(draws.decrease) <= PRECISION * float(draws.decrease.mean())


def _wanted(draws: Drawn, fixed: int | None, held: int) -> Callable[[], int]:
    """How many more draws there should be, of which no more than `held` can be kept."""
    if fixed is not None:
        return lambda: min(fixed, held) - len(draws)
    return lambda: more_draws(draws.decrease, min(MAXIMUM_DRAWS, held))


def _held(source: Gradient) -> int:
    """How many estimates can be kept."""
    one = sum(parameter.nbytes for parameter in source.objective.parameters.values())
    return max(DETERMINISTIC_DRAWS, HELD_BYTES // one)


def _rows(rays: Rays, draws: Drawn, common: Common) -> list[Metric]:
    count, scale = len(draws), abs(rays.loss)
    rate, decrease = common.rate, common.expected_decrease
    relative = None if not scale else _over(decrease, scale)
    calls = sum(found.calls for found in draws.own) / count
    return [
        row("loss", rays.loss),
        interval_row("best_step", rate, method="minimum of the mean loss", count=count),
        interval_row("decrease", decrease, method="mean of draws", count=count),
        row("relative_decrease", None, method="the loss is 0")
        if relative is None
        else interval_row("relative_decrease", relative, method="mean of draws", count=count),
        interval_row("draw_step", median_interval(draws.steps), method="median of draws", count=count),
        interval_row("draw_decrease", mean_interval(draws.decrease), method="mean of draws", count=count),
        row("gradient_step", rays.steepest.step),
        row("gradient_decrease", rays.loss - rays.steepest.value),
        row("search_calls", calls, method="mean of draws", count=count),
    ]


def _forwards(problem: Problem, estimator: Estimator, declaration: Declaration, settings: Settings) -> Metric:
    """Forward equivalents of one estimate: operations as counted, or as declared where the problem has no matrix product."""
    gradient = Gradient(problem.objective, estimator, generator_for(settings.seed, "operations", problem.device))
    counted = {metric.metric: metric for metric in flops.measure(problem, Base(problem), gradient)}
    if "flop_multiple" not in counted and declaration.forward_multiple is not None:
        return row("estimate_forwards", declaration.forward_multiple, method="declared")
    found = counted.get("flop_multiple", counted["forward_calls"])
    return row("estimate_forwards", found.value, method=found.method)


def _over(interval: Interval, scale: float) -> Interval:
    low, high = (None if end is None else end / scale for end in (interval.low, interval.high))
    return Interval(interval.value / scale, low, high)
