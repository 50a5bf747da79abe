"""An estimator of known cost, for checking the ruler: `gradgauge run quick -e 'tests/known_cost.py:CallsBase[m=5]'`."""

from dataclasses import dataclass

import torch

from estimators import Declaration, DenseEstimate, Estimate, Estimator, Objective


@dataclass(frozen=True)
class CallsBase(Estimator):
    """Evaluates the loss m times and returns zeros that `init` made: its runtime multiple is m.

    Args:
        m: number of evaluations, 0 or more.
    """

    m: int = 1

    def init(self, objective: Objective) -> DenseEstimate:
        """Make the zeros."""
        zeros = {name: torch.zeros_like(parameter) for name, parameter in objective.parameters.items()}
        return DenseEstimate(torch.zeros(()), zeros)

    def estimate(
        self, objective: Objective, state: DenseEstimate, *, generator: torch.Generator
    ) -> tuple[Estimate, DenseEstimate]:
        """Evaluate m times."""
        if self.m:
            with torch.no_grad():
                for _ in range(self.m):
                    objective.loss()
        return state, state

    def declaration(self, shapes: dict[str, tuple[int, ...]], batch: int | None) -> Declaration:
        """It is no estimate of the gradient, and says so."""
        return Declaration(stochastic=False, forward_multiple=self.m, forward_calls=self.m)
