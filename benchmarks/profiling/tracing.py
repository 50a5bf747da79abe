"""A few gradients under torch's profiler: the trace is written to a file, and nothing that is timed here enters a record's times.

In a worker of its own. The first gradients are made before, one more under the profiler before the first that counts, since its
start is slow; on a GPU the host waits for the device after the last one only, so that launches run ahead as they do without it.
Beside them, evaluations of the loss without tangents. Then, without the profiler, one gradient is counted, and on a GPU gradients
are made for a few seconds, for whoever reads NVML meanwhile.
"""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch.profiler import ProfilerActivity, profile, record_function

from benchmarks.harness.clock import clock_of, collector_off, elapsed
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.settings import derived_seed
from benchmarks.problems.problem import build_problem
from benchmarks.profiling.counting import count_by_phase, count_evaluation
from benchmarks.profiling.phases import marked, run_marked
from benchmarks.profiling.trace import EVALUATION, GRADIENT, MARK
from estimators.objective import Objective
from estimators.registry import ESTIMATORS

WARM = 3
"""Gradients before anything is profiled."""

MOST, LEAST = 10, 2
"""Gradients that are profiled, and evaluations beside them."""

SECONDS = 1.0
"""As long as the profiled gradients should last together, without the profiler; fewer are made of slow ones."""

IDLE, LOADED = 1.0, 4.0
"""Seconds before, and of, the stretch of gradients that NVML is read in."""


def read_profile(
    estimator: str, problem: str, *, device: str, dtype: str, seed: int, data_folder: str | None, trace: str
) -> dict[str, Any]:
    """Profile one estimator on one problem, in this process.

    Args:
        estimator: a spec.
        problem: a spec.
        device: `cpu` or `cuda`.
        dtype: a key of `benchmarks.problems.problem.DTYPES`.
        seed: of data, weights and draws.
        data_folder: where prepared data lie, or None.
        trace: the file to write, `.json.gz`.

    Returns:
        JSON values. `counts`: phase -> operations and bytes of a gradient; `evaluation`: those of an evaluation; `not_counted`:
        why there are none, or empty; `loaded_ns`: begin and end of the stretch of gradients, nanoseconds since 1970, or None.
    """
    folder = None if data_folder is None else Path(data_folder)
    built = build_problem(problem, device=device, dtype=dtype, seed=seed, data_folder=folder)
    own_seed = derived_seed(seed, f"{estimator} {problem}")
    gradient = Gradient(built.objective, ESTIMATORS.build(estimator), generator_for(own_seed, "profile", built.device))
    clock = clock_of(built.device)
    with collector_off():
        gradient.run(WARM)
        took = elapsed(clock, gradient.run, 1) / 1e9
        _write_trace(gradient, max(LEAST, min(MOST, int(SECONDS / took))), clock, Path(trace))
    loaded = _load(gradient, clock) if built.device.type == "cuda" else None
    return {**_counted(gradient), "loaded_ns": loaded}


def mark(phase: str) -> AbstractContextManager[Any]:
    """A range of the trace; see `benchmarks.profiling.phases.Mark`."""
    return record_function(MARK + phase)


def _write_trace(gradient: Gradient, count: int, synchronise: Callable[[], Any], path: Path) -> None:
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # it writes lines to standard error for every profile otherwise
    activities = [ProfilerActivity.CPU]
    if torch.cuda.is_available():
        activities.append(ProfilerActivity.CUDA)
    evaluate = _evaluation(gradient.objective)
    evaluate()
    # No shapes: the profiler would hold every tensor that vmap has wrapped, and memory would grow from gradient to gradient.
    with profile(activities=activities, profile_memory=True) as profiler, marked(gradient.objective, mark):
        run_marked(gradient, mark)
        synchronise()
        for _ in range(count):
            with mark(GRADIENT):
                run_marked(gradient, mark)
        synchronise()
        for _ in range(count):
            with mark(EVALUATION):
                evaluate()
        synchronise()
    profiler.export_chrome_trace(str(path))


def _evaluation(objective: Objective) -> Callable[[], Any]:
    """One evaluation of the loss without tangents and without a tape, as estimators evaluate it: at parameters handed in."""
    point = {name: parameter.detach() for name, parameter in objective.parameters.items()}

    def evaluate() -> None:
        with torch.no_grad():
            objective.loss(point)

    return evaluate


def _counted(gradient: Gradient) -> dict[str, Any]:
    """Operations and traffic by phase; what torch's counters cannot go through has none, with the reason."""
    try:
        found = count_by_phase(gradient)
        evaluation = count_evaluation(_evaluation(gradient.objective))
    except (NotImplementedError, RuntimeError, TypeError) as error:
        reason = f"{type(error).__name__}: {error}".partition("\n")[0][:200]
        return {"counts": {}, "evaluation": [0, 0], "not_counted": reason}
    counts = {phase: [counted.flops, counted.moved] for phase, counted in found.items()}
    return {"counts": counts, "evaluation": [evaluation.flops, evaluation.moved], "not_counted": ""}


def _load(gradient: Gradient, clock: Callable[[], int]) -> tuple[int, int]:
    """Idle, then gradients without a pause, then idle; when the stretch began and ended."""
    clock()
    time.sleep(IDLE)
    begin, end = time.time_ns(), time.monotonic() + LOADED
    while time.monotonic() < end:
        gradient.run(1)
        clock()
    stretch = (begin, time.time_ns())
    time.sleep(IDLE)
    return stretch
