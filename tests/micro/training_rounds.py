"""The training loop by its parts, and the same steps without it, in interleaved rounds of one process; writes times as JSON.

Run by `test_training_figures`: `training_rounds.py SECONDS`. Of a training of STEPS steps, its validations left out, `inside` is
what the loop's own clock says of estimate and rule, and `outside` all else: minibatches, the clock, the books. `alone` are as
many steps on one minibatch and nothing else: a fresh minibatch costs a step some microseconds of memory traffic, which is inside
of every training.
"""

import json
import random
import sys
import time

import torch

from benchmarks.harness import training
from benchmarks.harness.clock import clock_of, collector_off
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.task import Scores, Task, build_task
from estimators.optim.registry import build
from estimators.registry import ESTIMATORS

MLP, STEPS = "mlp[depth=1]", 500  # as the suite trains: twenty epochs of minibatches, and fifty lines of the books
RULES = ("sgd[lr=0.01]", "adam[lr=0.001]")


def stepper_of(task: Task, rule: str) -> training.Stepper:
    objective = task.problem.objective
    gradient = Gradient(objective, ESTIMATORS.build("backprop"), generator_for(0, "training", task.problem.device))
    return training.Stepper(gradient, build(rule, objective.parameters))


class Raced:
    """A training that goes on and on, in rounds of STEPS steps."""

    def __init__(self, rule: str) -> None:
        task, scores = build_task(MLP), Scores(1.0, None)
        self.task = Task(task.problem, task.advance, lambda: scores, "")
        self.stepper, self.clock = stepper_of(task, rule), clock_of(task.problem.device)
        self.alone = stepper_of(build_task(MLP), rule).step

    def round(self) -> dict[str, float]:
        """Nanoseconds of one step, by part."""
        start = self.clock()
        course = training.follow(self.task, self.stepper, STEPS, 3.0, self.clock)
        taken, inside = self.clock() - start, sum(course.step_ns)
        start = self.clock()
        for _ in range(STEPS):
            self.alone()
        return {"inside": inside / STEPS, "outside": (taken - inside) / STEPS, "alone": (self.clock() - start) / STEPS}


def main(seconds: float) -> None:
    torch.set_num_threads(1)
    raced, order = {rule: Raced(rule) for rule in RULES}, random.Random(0)
    found: dict[str, list[dict[str, float]]] = {rule: [] for rule in RULES}
    for race in raced.values():
        race.round()  # warms caches and allocators
    end = time.monotonic() + seconds
    with collector_off():
        while time.monotonic() < end:
            for rule in order.sample(RULES, len(RULES)):
                found[rule].append(raced[rule].round())
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main(float(sys.argv[1]))
