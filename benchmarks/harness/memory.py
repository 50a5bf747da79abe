"""Memory: the exact peak of tensor bytes beyond parameters, buffers and batch, and what is kept between calls.

The baseline is taken before `init`; then come `init` and two estimates, the second with the state of the first, whose items are
formed one by one and dropped. On the CPU the peak is the sum of the allocator's events, the same bytes at every repeat, and a
dispatch-mode tracker counts it a second time; on CUDA it is the caching allocator's own count of requested bytes, beside which
stands what `benchmarks.harness.cuda_memory` tells apart. All of this after one call outside, so that tables cached once for a
process do not count: of the estimators here, 10 KiB for random signs. What libraries allocate for themselves does not count
either; the peak of the process, in a run of its own, holds it too (see `benchmarks.harness.resident`). Compiled estimators have
been compiled before (see `benchmarks.compiling`), and there is no tracker, which does not see what a compiled graph allocates. A
CUDA graph is captured in `init`: what it holds counts.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import torch

from benchmarks.harness import cuda_memory
from benchmarks.harness.allocations import Allocated, profiled, tracked
from benchmarks.harness.base import Base
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.probe import GpuProbe
from benchmarks.harness.resident import resident_peak
from benchmarks.harness.rows import row
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem
from benchmarks.records import EAGER, Measurement, Metric
from estimators.estimator import Estimator

CALLS = 2  # the second call meets what the first one kept
TRACKER_BYTES, TRACKER_SHARE = 1024, 0.001  # largest difference of the two counts that temporaries in kernels explain


def measure(problem: Problem, estimator: Estimator, settings: Settings) -> Measurement:
    """Measure what one estimator holds.

    Args:
        problem: what is differentiated.
        estimator: what is measured.
        settings: for the seed.

    Raises:
        MissingCapability: the problem lacks what the estimator needs.
    """
    base = Base(problem)

    def gradients() -> Gradient:
        gradient = Gradient(problem.objective, estimator, generator_for(settings.seed, "memory", problem.device))
        gradient.run(CALLS)
        return gradient

    gradients()
    base.run(1)
    once = partial(base.run, 1)
    if problem.device.type == "cpu":
        measurement = _on_cpu(gradients, once, compiled=EAGER in settings.references)
    else:
        measurement = on_cuda(gradients, once, problem.device)
    base.restore()
    return measurement


def _on_cpu(gradients: Callable[[], Any], base: Callable[[], Any], *, compiled: bool) -> Measurement:
    above, below = profiled(gradients), profiled(base)
    metrics = _rows(above, below, "allocator events")
    if (resident := resident_peak(gradients)) is not None:
        metrics.append(row("process_peak_bytes", resident, method="VmHWM"))
    if compiled:
        return Measurement(tuple(metrics))
    second = tracked(gradients)
    metrics.append(row("tracked_peak_bytes", second.peak, method="dispatch mode"))
    difference = second.peak - above.peak
    agrees = abs(difference) <= TRACKER_BYTES + TRACKER_SHARE * above.peak
    return Measurement(tuple(metrics), facts={"tracker_difference": difference, "tracker_agrees": agrees})


def on_cuda(gradients: Callable[[], Any], base: Callable[[], Any], device: torch.device) -> Measurement:
    """The rows of a CUDA device.

    Args:
        gradients: prepares and estimates; done before.
        base: one forward pass; done before.
        device: on which they run.
    """
    with GpuProbe() as probe:
        driver = cuda_memory.of_driver(probe, device)
        above, below = cuda_memory.increase(gradients, device, driver), cuda_memory.increase(base, device, driver)
    exact = _rows(above.allocator["requested"], below.allocator["requested"], "requested bytes of the caching allocator")
    apart = cuda_memory.measurement(above, below)
    said = {"allocator": torch.cuda.get_allocator_backend(), **apart.facts}
    return replace(apart, metrics=(*exact, *apart.metrics), facts=said)


def _rows(above: Allocated, below: Allocated, method: str) -> list[Metric]:
    rows = [
        row("peak_bytes", above.peak, method=method),
        row("kept_bytes", above.kept, method=method),
        row("base_peak_bytes", below.peak, method=method),
    ]
    if below.peak:
        rows.append(row("peak_multiple", above.peak / below.peak, method=method))
    return rows
