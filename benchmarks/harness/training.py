"""Training: what an estimate buys, as the validation loss against steps, forward equivalents and seconds.

One step is an estimate on the next minibatch and an update rule that moves the parameters along it. The clock runs for the two of
them and stands while a minibatch is fetched or the model is validated. Every `INTERVALS`-th part of the steps the loss on the
samples kept back is taken, as it is, without smoothing. Forward equivalents are operations over those of one base forward pass on
a minibatch: those of an estimate are counted once, those of the rule as it reports them. With the loss some weights are looked
at (`benchmarks.harness.weights`). A loss that is no number, or far above the first, ends the training with the mark `diverged`: a
result, and no failure.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch

from benchmarks.harness import flops, weights
from benchmarks.harness.base import Base
from benchmarks.harness.clock import Clock, clock_of
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.rows import interval_row, row
from benchmarks.harness.settings import Settings
from benchmarks.problems.task import Scores, Task
from benchmarks.records import Measurement, Metric
from benchmarks.statistics import median_interval
from estimators.estimator import Estimator
from estimators.optim.registry import build
from estimators.optim.rule import Rule

INTERVALS = 50
"""Validations after the first, evenly spread over the steps; one after every step where there are fewer."""

BEYOND = 1e4
"""A loss that is so many times as large as the first one (or as 1, if that is more) will not come back."""


class Point(NamedTuple):
    """One validation.

    Attributes:
        step: how many steps were taken.
        seconds: that they took together.
        forwards: forward equivalents that they cost together; NaN where operations cannot be counted.
        scores: what the validation says.
        seen: what the weights are like, see `benchmarks.harness.weights`.
    """

    step: int
    seconds: float
    forwards: float
    scores: Scores
    seen: weights.Seen


@dataclass(frozen=True)
class Course:
    """A training as it went.

    Attributes:
        points: the validations, that before the first step included.
        step_ns: nanoseconds of each step.
    """

    points: tuple[Point, ...]
    step_ns: tuple[int, ...]

    @property
    def diverged(self) -> bool:
        """Whether it ended because the loss grew beyond all bounds."""
        return out_of_bounds(self.points[-1].scores.loss, self.points[0].scores.loss)


class Stepper:
    """One step after the other: an estimate of the objective as it is, and the rule that moves the parameters along it."""

    def __init__(self, gradient: Gradient, rule: Rule) -> None:
        """Keep both; the rule's parameters are those of the gradient's objective."""
        self.gradient, self.rule = gradient, rule

    def step(self) -> None:
        """Estimate, and move."""
        self.rule.step(self.gradient.draw(), objective=self.gradient.objective)


def measure(
    task: Task, estimator: Estimator, rule: str, steps: int, settings: Settings, clock: Clock | None = None
) -> Measurement:
    """Train once.

    Args:
        task: what is trained; its parameters change.
        estimator: what gives the directions.
        rule: spec of the update rule, learning rate included.
        steps: how many are taken unless the loss grows beyond all bounds.
        settings: the seed of the estimates.
        clock: of the problem's device where None.

    Raises:
        MissingCapability: the problem lacks what the estimator or the rule needs.
        SpecError: the rule is none.
    """
    problem = task.problem
    forwards = _forwards(task, estimator, settings)
    gradient = Gradient(problem.objective, estimator, generator_for(settings.seed, "training", problem.device))
    stepper = Stepper(gradient, build(rule, problem.objective.parameters))
    look = weights.watcher(problem.objective.parameters)
    course = follow(task, stepper, steps, forwards, clock or clock_of(problem.device), look)
    return Measurement(
        metrics=tuple(_metrics(course, task.chance)),
        samples={"step": list(course.step_ns[:: _stride(steps)])},
        marks=frozenset({"diverged"} if course.diverged else ()),
        facts={"task": task.data, "validated_every": _stride(steps)},
        series=_columns(course.points),
    )


def follow(task: Task, stepper: Stepper, steps: int, forwards: float, clock: Clock, look: weights.Look = weights.blind) -> Course:
    """The loop: fetch, step, and from time to time validate; only the step is timed.

    Args:
        task: what is trained.
        stepper: what a step is.
        steps: how many at most.
        forwards: operations of an estimate over those of a base forward pass.
        clock: of the task's device.
        look: at the weights, after each validation.
    """
    stride, spent, first = _stride(steps), 0, task.validate()
    points, step_ns = [Point(0, 0.0, 0.0, first, look(True))], []
    advance, step = task.advance, stepper.step
    for taken in range(1, steps + 1):
        advance()
        start = clock()
        lost = not _survived(step, task)
        step_ns.append(clock() - start)
        if taken % stride and taken != steps and not lost:
            continue
        spent += sum(step_ns[points[-1].step :])
        work = stepper.rule.work
        scores = Scores(math.nan, None) if lost else task.validate()
        seen = look(taken == steps or not len(points) % weights.SPARSER)
        points.append(Point(taken, spent / 1e9, work.directions * forwards + work.forward_equivalents, scores, seen))
        if out_of_bounds(points[-1].scores.loss, first.loss):
            break
    return Course(tuple(points), tuple(step_ns))


def out_of_bounds(loss: float, first: float) -> bool:
    """Whether a loss is no number, or so far above the first that no training comes back from it."""
    return not loss <= BEYOND * max(abs(first), 1.0)


def _survived(step: Callable[[], None], task: Task) -> bool:
    """Take a step; False where it raised because the parameters are no numbers any more, which linear algebra refuses."""
    try:
        step()
    except (ArithmeticError, RuntimeError, ValueError):
        parameters = task.problem.objective.parameters.values()
        if all(bool(torch.isfinite(parameter).all()) for parameter in parameters):
            raise
        return False
    return True


def _stride(steps: int) -> int:
    """Steps between two validations."""
    return max(1, steps // INTERVALS)


def _forwards(task: Task, estimator: Estimator, settings: Settings) -> float:
    """Forward equivalents of an estimate: operations over those of the base; where there are none, evaluations as declared.

    An estimate of its own is counted, so that the training begins with a fresh state.
    """
    problem = task.problem
    gradient = Gradient(problem.objective, estimator, generator_for(settings.seed, "operations", problem.device))
    counted = {metric.metric: metric.value for metric in flops.measure(problem, Base(problem), gradient)}
    found = counted.get("flop_multiple", counted["forward_calls"])
    return math.nan if found is None else float(found)


def _metrics(course: Course, chance: float | None) -> list[Metric]:
    points, scores = course.points, [point.scores for point in course.points]
    losses = [score.loss for score in scores if math.isfinite(score.loss)]
    accuracies = [score.accuracy for score in scores if score.accuracy is not None]
    last = None if course.diverged else scores[-1].loss
    accuracy = [row("final_accuracy", accuracies[-1]), row("best_accuracy", max(accuracies))] if accuracies else []
    return [
        row("initial_loss", scores[0].loss),
        row("final_loss", last),
        row("best_loss", min(losses) if losses else None),
        *([] if chance is None else [row("chance_loss", chance)]),
        *accuracy,
        row("steps_taken", points[-1].step),
        interval_row("step_time", median_interval(course.step_ns), count=len(course.step_ns)),
        row("training_time", sum(course.step_ns)),
        row("step_forwards", points[-1].forwards / points[-1].step),
    ]


def _columns(points: Sequence[Point]) -> dict[str, list[float | None]]:
    return {
        "step": [point.step for point in points],
        "seconds": [point.seconds for point in points],
        "forwards": [point.forwards for point in points],
        "loss": [point.scores.loss for point in points],
        "accuracy": [point.scores.accuracy for point in points],
        **{key: [point.seen[key] for point in points] for key in points[0].seen},
    }
