"""The workload on the other side: one gradient estimate after another, each state handed on to the next call.

A gradient has been made when every tensor of it has existed: `items()` is consumed and each tensor dropped, so that an estimate
which never holds an n-vector need not hold one here.
"""

from typing import Any

import torch

from benchmarks.harness.settings import derived_seed
from estimators.estimator import Estimate, Estimator
from estimators.objective import Objective


class Gradient:
    """Estimates of one objective's gradient, drawn one after another.

    Attributes:
        state: what the last call returned; from `init` before the first.
    """

    def __init__(self, objective: Objective, estimator: Estimator, generator: torch.Generator) -> None:
        """Run `init`."""
        self.objective, self.estimator, self.generator = objective, estimator, generator
        self.state: Any = estimator.init(objective)

    def draw(self) -> Estimate:
        """The next estimate."""
        estimate, self.state = self.estimator.estimate(self.objective, self.state, generator=self.generator)
        return estimate

    def run(self, count: int) -> None:
        """Make `count` gradients, dropping each."""
        objective, estimate, generator = self.objective, self.estimator.estimate, self.generator
        for _ in range(count):
            gradient, self.state = estimate(objective, self.state, generator=generator)
            for formed in gradient.items():
                del formed  # before the next one is
            del gradient  # before the next one is made

    def restore(self) -> None:
        """Nothing: an estimate leaves everything as it was."""


def generator_for(seed: int, purpose: str, device: torch.device) -> torch.Generator:
    """A generator on `device` whose numbers depend on the seed and on what they are for."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose))
