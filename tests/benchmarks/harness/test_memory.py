"""What an estimator holds, against figures computed by hand."""

from dataclasses import dataclass

import pytest
import torch

from benchmarks.harness.memory import measure
from benchmarks.harness.settings import Settings
from benchmarks.problems.problem import Problem, build_problem
from estimators import Declaration, DenseEstimate, Estimator, FunctionObjective
from estimators.registry import ESTIMATORS

N, FLOAT = 1000, 4


def problem():
    point = torch.ones(N, requires_grad=True)
    objective = FunctionObjective(lambda x: (x**2).sum(), point)
    return Problem("f", objective, objective.loss, tuple, torch.device("cpu"), torch.float32, "", N * FLOAT)


@dataclass(frozen=True)
class Hoards(Estimator):
    """Keeps n numbers from `init`, holds n more while it works, returns n, and keeps n of those of the last call."""

    def init(self, objective):
        return [torch.empty(N)]

    def estimate(self, objective, state, *, generator):
        scratch = torch.empty(N)
        result = torch.empty(N)
        del scratch
        return DenseEstimate(objective.parameters["x"].detach()[0], {"x": result}), [state[0], result]

    def declaration(self, shapes, batch):
        return Declaration()


def metrics(measurement):
    return {metric.metric: metric.value for metric in measurement.metrics}


def exactly(measurement):
    """What is counted to the byte."""
    return {name: value for name, value in metrics(measurement).items() if name != "process_peak_bytes"}


def test_what_is_kept_between_calls_counts_and_the_second_call_meets_it():
    found = metrics(measure(problem(), Hoards(), Settings()))
    assert found["kept_bytes"] == 2 * N * FLOAT
    assert found["peak_bytes"] == found["tracked_peak_bytes"] == 4 * N * FLOAT  # init's, the first result, scratch, the second
    assert found["base_peak_bytes"] == N * FLOAT + FLOAT
    assert found["peak_multiple"] == found["peak_bytes"] / found["base_peak_bytes"]


@pytest.mark.parametrize("spec", ["backprop", "forward-gradient", "multi-tangent[k=4]", "spsa", "checkpointed-backprop"])
def test_peaks_repeat_to_the_byte_and_both_counters_agree(spec):
    perceptron = build_problem("mlp[width=16,depth=2,batch=8,data=synthetic[features=8,classes=3]]")
    results = [measure(perceptron, ESTIMATORS.build(spec), Settings()) for _ in range(3)]
    first = metrics(results[0])
    assert all(exactly(result) == exactly(results[0]) for result in results)
    assert first["kept_bytes"] == 0
    assert results[0].facts["tracker_difference"] == first["tracked_peak_bytes"] - first["peak_bytes"]


@pytest.mark.parametrize("spec", ["backprop", "forward-gradient", "multi-tangent[k=4]", "spsa"])
def test_the_counters_agree_within_what_kernels_hide(spec):
    perceptron = build_problem("mlp[width=64,depth=2,batch=8,data=synthetic[features=8,classes=3]]")
    assert measure(perceptron, ESTIMATORS.build(spec), Settings()).facts["tracker_agrees"]


def test_buffers_are_as_before():
    perceptron = build_problem("mlp[width=16,depth=1,batch=8,data=synthetic[features=8,classes=3]]")
    before = [buffer.clone() for buffer in perceptron.buffers()]
    measure(perceptron, ESTIMATORS.build("backprop"), Settings())
    assert all(map(torch.equal, perceptron.buffers(), before))
