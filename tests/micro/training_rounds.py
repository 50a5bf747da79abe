"""The training loop beside the same steps without it, in interleaved rounds of one process; writes times as JSON.

Run by `test_training_figures`: `training_rounds.py SECONDS`. The loop is the one of a run, its validations left out: it fetches
minibatches, reads the clock and keeps books around every step. The other side takes the same number of steps on one minibatch,
and does nothing else. `fetching` is the minibatches alone.
"""

import json
import random
import sys
from collections.abc import Callable

import torch

from benchmarks.harness import training
from benchmarks.harness.clock import clock_of, collector_off
from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.harness.rounds import Rounds, Step, paired_rounds
from benchmarks.problems.task import Scores, Task, build_task
from estimators.optim.registry import build
from estimators.registry import ESTIMATORS

MLP, STEPS = "mlp[depth=1]", 100  # two epochs of minibatches and more: each begins with a new order
FEWEST_ROUNDS = 30


class Work:
    """A function as a side of the rounds."""

    def __init__(self, work: Callable[[], object]) -> None:
        self.work = work

    def run(self, count: int) -> None:
        for _ in range(count):
            self.work()

    def restore(self) -> None:
        """Nothing: a training goes on from where it is."""


def stepper_of(task: Task, rule: str) -> training.Stepper:
    objective = task.problem.objective
    gradient = Gradient(objective, ESTIMATORS.build("backprop"), generator_for(0, "training", task.problem.device))
    return training.Stepper(gradient, build(rule, objective.parameters))


def loop(rule: str) -> Work:
    task = build_task(MLP)
    scores, stepper, clock = Scores(1.0, None), stepper_of(task, rule), clock_of(task.problem.device)
    bare = Task(task.problem, task.advance, lambda: scores, "")
    return Work(lambda: training.follow(bare, stepper, STEPS, 3.0, clock))


def steps(rule: str) -> Work:
    step = stepper_of(build_task(MLP), rule).step

    def work() -> None:
        for _ in range(STEPS):
            step()

    return Work(work)


def fetching() -> Work:
    advance = build_task(MLP).advance

    def work() -> None:
        for _ in range(STEPS):
            advance()

    return Work(work)


def main(seconds: float) -> None:
    torch.set_num_threads(1)
    sides = {f"{what.__name__}, {rule}": what(rule) for rule in ("sgd[lr=0.01]", "adam[lr=0.001]") for what in (loop, steps)}
    sides["fetching"] = fetching()

    def decide(rounds: Rounds, spent: int) -> Step:
        enough = len(rounds.samples["fetching"]) >= FEWEST_ROUNDS and spent > seconds * 1e9
        return Step.ENOUGH if enough else Step.GO_ON

    with collector_off():
        rounds = paired_rounds(sides, dict.fromkeys(sides, 1), clock_of(torch.device("cpu")), decide, random.Random(0))
    sys.stdout.write(json.dumps({name: (rounds.times(name) / STEPS).tolist() for name in sides}))


if __name__ == "__main__":
    main(float(sys.argv[1]))
