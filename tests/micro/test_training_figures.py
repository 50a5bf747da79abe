"""What the training loop adds to estimate and rule on a small perceptron, and the steps a quick training figure is made of."""

import time

import pytest

from benchmarks.harness import training
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.task import build_task
from estimators.optim.registry import build
from estimators.registry import ESTIMATORS

pytestmark = pytest.mark.micro
MLP, STEPS = "mlp[depth=1]", 500


def _stepper(task, estimator="backprop", rule="sgd[lr=0.01]"):
    objective = task.problem.objective
    gradient = Gradient(objective, ESTIMATORS.build(estimator), generator_for(0, "training", task.problem.device))
    return training.Stepper(gradient, build(rule, objective.parameters))


def loop():
    """The loop as it runs, its validations left out: minibatches, clock, book-keeping, estimate and rule."""
    task = build_task(MLP)
    stepper, scores = _stepper(task), training.Scores(1.0, None)
    bare = training.Task(task.problem, task.advance, lambda: scores, "")
    return lambda: training.follow(bare, stepper, STEPS, 3.0, time.perf_counter_ns)


def steps_alone():
    """Estimate and rule on one minibatch, and nothing else."""
    stepper = _stepper(build_task(MLP))

    def run():
        for _ in range(STEPS):
            stepper.step()

    return run


@pytest.mark.parametrize("side", [loop, steps_alone])
def test_what_the_loop_adds(benchmark, side):
    benchmark.group = f"{STEPS} steps of backprop by sgd, {MLP}"
    course = benchmark(side())
    if course is not None:
        benchmark.extra_info["of which within steps, ms"] = round(sum(course.step_ns) / 1e6, 1)


@pytest.mark.parametrize("rule", ["sgd", "adam", "fromage"])
@pytest.mark.parametrize("estimator", ["backprop", "forward-gradient", "multi-tangent[k=4]", "spsa"])
def test_a_training_step(benchmark, estimator, rule):
    benchmark.group = f"one training step, {MLP}"
    benchmark(_stepper(build_task(MLP), estimator, rule).step)
