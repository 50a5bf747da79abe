"""A population of perturbed members beside as many plain forward passes in one batch, in interleaved rounds of one process.

Run by `test_population_figures`: `population_rounds.py MEMBERS SECONDS` writes times as JSON. `base` is the forward pass of the
784-1024-1024-10 perceptron on a batch so many times as large as the suites' (64); all else estimates a gradient on that batch.
"""

import json
import sys

import torch

from benchmarks.harness.clock import collector_off
from benchmarks.harness.rounds import Side
from benchmarks.problems.problem import build_problem
from tests.micro.directional_rounds import PROBLEMS, Work, gradient, measured

FEWEST_ROUNDS = 7


def sides_of(members: int) -> dict[str, Side]:
    problem = build_problem(PROBLEMS["mlp"])
    objective = problem.objective
    inputs, targets = objective.inputs.repeat(members, 1), objective.targets.repeat(members)

    @torch.no_grad()
    def together() -> None:
        objective.loss_function(objective.module(inputs), targets)

    @torch.no_grad()
    def one_by_one() -> None:
        for _ in range(members):
            objective.loss_function(objective.module(objective.inputs), objective.targets)

    return {
        "base": Work(together),
        "plain, one by one": Work(one_by_one),
        "eggroll": gradient(problem, f"eggroll[members={members}]"),
        "eggroll, rank 4": gradient(problem, f"eggroll[members={members},rank=4]"),
        "low rank, one by one": gradient(problem, f"mezo[k={members // 2},directions=low-rank]"),
        "fzoo": gradient(problem, f"fzoo[k={members}]"),
    }


def main(members: int, seconds: float) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)
    sides = sides_of(members)
    with collector_off():
        rounds = measured(sides, seconds, FEWEST_ROUNDS)
    sys.stdout.write(json.dumps({name: rounds.times(name).tolist() for name in sides}))


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
