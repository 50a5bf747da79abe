"""The same rulers on a CUDA device: the clock waits for it, and peaks are the caching allocator's."""

import time

import pytest
import torch

from benchmarks.cell import Effort, measure_cell
from benchmarks.harness.clock import clock_of
from benchmarks.harness.memory import measure as measure_memory
from benchmarks.harness.multiple import measure as measure_cost
from benchmarks.harness.quality import measure as measure_quality
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import build_problem
from benchmarks.problems.registry import PROBLEMS
from benchmarks.records import Cell, Outcome
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.gpu
PERCEPTRON = "mlp[width=256,depth=2,data=synthetic]"


@pytest.fixture(autouse=True)
def _device():
    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device")


def values(measurement):
    return {metric.metric: metric.value for metric in measurement.metrics if metric.layer is None}


def test_the_clock_waits_for_what_was_submitted():
    matrix = torch.ones(4096, 4096, device="cuda")
    clock = clock_of(torch.device("cuda"))
    start = clock()
    for _ in range(20):
        matrix = matrix @ matrix * 0
    submitted = time.perf_counter_ns() - start
    assert clock() - start > submitted


def test_peaks_repeat_and_allocated_bytes_are_no_fewer_than_requested_ones():
    problem = build_problem(PERCEPTRON, device="cuda")
    results = [values(measure_memory(problem, ESTIMATORS.build("forward-gradient"), Settings())) for _ in range(3)]
    assert results[0] == results[1] == results[2]
    found, n = results[0], problem.objective.coordinates()
    assert 4 * n < found["peak_bytes"] <= found["allocated_peak_bytes"] <= found["reserved_peak_bytes"]
    assert found["kept_bytes"] == 0


def test_cost_and_quality_are_measured():
    problem = build_problem(PERCEPTRON, device="cuda")
    settings = Settings(precision=0.05, budget_s=2, draws=300, references={"backprop": ESTIMATORS.build("backprop")})
    estimator = ESTIMATORS.build("forward-gradient")
    assert values(measure_cost(problem, estimator, settings))["multiple"] > 1
    found = values(measure_quality(problem, estimator, settings))
    assert abs(found["cosine_z"]) < 5


def test_time_on_the_stream_and_busy_time_are_no_longer_than_the_wall_clocks():
    problem = build_problem(PERCEPTRON, device="cuda")
    measurement = measure_cost(problem, ESTIMATORS.build("backprop"), Settings(precision=0.05, budget_s=2))
    found = values(measurement)
    assert measurement.facts["l2"] == "warm"
    assert 0 < found["device_time"] < 1.2 * found["time"]
    assert found["kernel_launches"] > found["base_kernel_launches"] > 0
    assert found["launch_bound"] == pytest.approx(max(0.0, 1 - found["device_busy_time"] / found["time"]))
    assert "allocating" not in measurement.marks


def test_memory_is_told_apart_and_what_the_driver_counts_is_no_less_than_what_was_reserved():
    measurement = measure_memory(build_problem(PERCEPTRON, device="cuda"), ESTIMATORS.build("forward-gradient[k=64]"), Settings())
    found, missing = values(measurement), measurement.facts.get("missing", {})
    for name in ("nvml_process_bytes", "nvml_device_bytes"):
        assert (found[name] is None) == (name in missing)
        if found[name] is not None:
            assert found[name] >= found["reserved_peak_bytes"] > 0


@pytest.mark.parametrize("kind", ["cost", "memory"])
def test_a_cell_by_cuda_graph_stands_beside_itself(kind):
    estimator, problem = ESTIMATORS.canonical("forward-gradient[k=4]"), PROBLEMS.canonical(PERCEPTRON)
    cell = Cell(estimator, problem, kind, device="cuda", execution="cuda-graph")
    record = measure_cell(cell, Effort(precision=0.05, budget=2.0))
    assert (record.outcome, record.reason) == (Outcome.OK, "")
    assert record.facts["prepared"]["backend"] == "CUDA graph"
    found = {metric.metric: metric.value for metric in record.metrics}
    if kind == "cost":
        assert found["ratio_to_eager"] > 0
        assert found["prepare_time"] > 0
    else:
        assert found["peak_bytes"] > 0
