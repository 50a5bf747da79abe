"""A training is plain descent step by step, is timed without its surroundings, and ends where the loss leaves all bounds."""

import math
from dataclasses import dataclass, field

import pytest
import torch

from benchmarks.harness import training
from benchmarks.harness.settings import Settings
from benchmarks.problems.task import Scores, Task, build_task
from benchmarks.records import Measurement
from estimators.optim.rule import Work
from estimators.registry import ESTIMATORS

MLP = "mlp[depth=1,width=8,batch=16]"


def _trained(problem: str, estimator: str, rule: str, steps: int) -> Measurement:
    return training.measure(build_task(problem), ESTIMATORS.build(estimator), rule, steps, Settings())


def _value(measured: Measurement, name: str) -> float | None:
    return next(metric.value for metric in measured.metrics if metric.metric == name)


def test_backprop_with_sgd_is_descent_written_out() -> None:
    task, steps, lr = build_task(MLP), 6, 0.1
    expected = [task.validate().loss]
    for _ in range(steps):
        task.advance()
        parameters = list(task.problem.objective.parameters.values())
        gradients = torch.autograd.grad(task.problem.objective.loss(), parameters)
        with torch.no_grad():
            for parameter, gradient in zip(parameters, gradients, strict=True):
                parameter -= lr * gradient
        expected.append(task.validate().loss)
    measured = _trained(MLP, "backprop", f"sgd[lr={lr}]", steps)
    assert measured.series["loss"] == pytest.approx(expected, rel=1e-6)
    assert measured.series["step"] == list(range(steps + 1))
    assert _value(measured, "final_loss") == pytest.approx(expected[-1], rel=1e-6)


@dataclass
class _Rule:
    work: Work = field(default_factory=Work)


@dataclass
class _Stepper:
    """Takes ten ticks a step and no time else."""

    ticks: list[int]
    rule: _Rule = field(default_factory=_Rule)

    def step(self) -> None:
        self.ticks[0] += 10
        self.rule.work += Work(directions=1, forwards=2)


def _course(steps: int, losses: list[float] | None = None) -> training.Course:
    """A training whose minibatches and validations take a thousand ticks each."""
    ticks, left = [0], list(losses or [])

    def wait() -> None:
        ticks[0] += 1000

    def validate() -> Scores:
        wait()
        return Scores(left.pop(0) if left else 1.0, None)

    task = Task(build_task("sphere[n=2]").problem, wait, validate, "")
    return training.follow(task, _Stepper(ticks), steps, forwards=3.0, clock=lambda: ticks[0])  # type: ignore[arg-type]


@pytest.mark.parametrize("steps", [1, 7, 120, 125])
def test_only_steps_are_timed_and_the_last_one_is_validated(steps: int) -> None:
    course = _course(steps)
    stride = max(1, steps // training.INTERVALS)
    places = [*range(0, steps + 1, stride), *([steps] if steps % stride else [])]
    assert [point.step for point in course.points] == places
    assert [point.seconds for point in course.points] == [pytest.approx(10e-9 * place) for place in places]
    assert [point.forwards for point in course.points] == [5.0 * place for place in places]
    assert course.step_ns == (10,) * steps


@pytest.mark.parametrize("bad", [math.nan, math.inf, 2 * training.BEYOND])
def test_a_loss_beyond_all_bounds_ends_the_training(bad: float) -> None:
    course = _course(20, [0.5, 0.4, bad])
    assert course.diverged
    assert course.points[-1].step == 2


def test_a_loss_that_only_grows_a_while_does_not() -> None:
    course = _course(3, [0.5, 100.0, 3.0, 0.1])
    assert not course.diverged
    assert course.points[-1].step == 3


def test_a_rate_far_too_large_is_a_result_and_no_failure() -> None:
    measured = _trained("sphere[n=4]", "backprop", "sgd[lr=100.0]", 50)
    assert measured.marks == {"diverged"}
    assert _value(measured, "final_loss") is None
    assert _value(measured, "best_loss") == 4.0
    assert (_value(measured, "steps_taken") or 50) < 50


def test_an_estimate_that_refuses_what_is_no_number_has_diverged() -> None:
    measured = _trained("sphere[n=4]", "multi-tangent[k=4]", "sgd[lr=1e30]", 50)
    assert measured.marks == {"diverged"}


def test_forward_equivalents_are_those_of_the_estimate_and_the_rule() -> None:
    plain = _trained(MLP, "backprop", "sgd[lr=0.01]", 3)
    first, second = 64 * 8, 8 * 10  # products of the forward pass; backward makes both again, and the second once more
    assert _value(plain, "step_forwards") == pytest.approx((2 * (first + second) + second) / (first + second))
    kept = _trained(MLP, "backprop", "keep-stepping[lr=0.01,max_steps=1]", 3)
    assert (_value(kept, "step_forwards") or 0) > (_value(plain, "step_forwards") or 0)


def test_a_regression_has_a_loss_and_no_accuracy() -> None:
    measured = _trained("linear-regression[features=3,batch=32]", "backprop", "sgd[lr=0.1]", 200)
    assert set(measured.series["accuracy"]) == {None}
    assert (_value(measured, "final_loss") or 1.0) < 1e-6


def test_the_same_seed_trains_the_same() -> None:
    first, second = (_trained(MLP, "forward-gradient", "sgd[lr=0.01]", 5).series["loss"] for _ in range(2))
    assert first == second
