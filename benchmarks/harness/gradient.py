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
        for _ in range(count):
            self._once()

    def restore(self) -> None:
        """Nothing: an estimate leaves everything as it was."""

    def _once(self) -> None:
        for _ in self.draw().items():
            pass


def generator_for(seed: int, purpose: str, device: torch.device) -> torch.Generator:
    """A generator on `device` whose numbers depend on the seed and on what they are for."""
    return torch.Generator(device).manual_seed(derived_seed(seed, purpose))
