"""What both tools time: one estimate of every cell, consumed, on one thread. Imports torch: for the processes of the tools."""

import torch

from benchmarks.harness.gradient import Gradient, generator_for
from benchmarks.problems.problem import build_problem
from benchmarks.validation.cells import ESTIMATORS, PROBLEMS
from estimators.registry import build


def gradients() -> dict[str, Gradient]:
    """`ESTIMATOR on PROBLEM` -> what makes one gradient when it is told to `run(1)`."""
    torch.set_num_threads(1)
    torch.set_num_interop_threads(1)
    problems = {spec: build_problem(spec) for spec in PROBLEMS}
    return {
        f"{estimator} on {name}": Gradient(
            problem.objective, build(estimator), generator_for(0, f"{estimator} {name}", problem.device)
        )
        for name, problem in problems.items()
        for estimator in ESTIMATORS
    }
